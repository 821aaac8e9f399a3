"""The zone table as it stands: the founding case's classification, with what the shop has changed.

The register of accounts alone decides what is private (three of three). A row here that names a kind of account is
therefore carried into the register: making it private gives its accounts all three flags, taking that back takes
free reach from them. Single accounts can then be set apart in the register.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import NotFound
from xiaohe.shop.models import Account, AccountKind, ZoneRow
from xiaohe.shop.taxonomy import ACCOUNT, TRAFFIC, Zone, default_zones, platform_of

Flags = tuple[bool, bool, bool]
# What a link can hang on: only these rows say something about accounts.
KINDS = {f"{ACCOUNT}:{kind.value}": kind for kind in AccountKind}


@dataclass(frozen=True)
class Change:
    """What one edit changed, as much as is needed to put it back."""

    key: str
    zone: Zone
    accounts: dict[int, Flags]


def table() -> dict[str, Zone]:
    """Every row by its key, changed or as it ships."""
    zones = default_zones()
    for row in ZoneRow.objects.all():
        if row.key in zones:
            zones[row.key] = Zone(row.zone)
    return zones


def zone_of_traffic(source: str) -> Zone:
    """The zone of somebody who is known from a platform and follows us nowhere; unlisted platforms are public."""
    return table().get(f"{TRAFFIC}:{platform_of(source)}", Zone.PUBLIC)


def classify(key: str, zone: Zone) -> Change:
    """Put a row into another zone; the accounts of its kind follow. Returns what stood before."""
    defaults = default_zones()
    if key not in defaults:
        raise NotFound("no_such_zone_row", _("There is no such row in the zone table."))
    with store.write():
        before = Change(key, table()[key], _flags(key))
        _set(key, zone, defaults[key])
        if key in KINDS and before.zone != zone:
            _carry(KINDS[key], zone)
    return before


def put_back(change: Change) -> None:
    """Undo one edit: the row and the flags of each account as they were."""
    with store.write():
        _set(change.key, change.zone, default_zones()[change.key])
        for account, (owned, free_reach, reusable) in change.accounts.items():
            Account.objects.filter(pk=account).update(
                owned=owned, free_reach=free_reach, reusable=reusable
            )


def default_flags(kind: AccountKind, shipped: Flags) -> Flags:
    """The flags of a new account of this kind, once its row has been changed; else those it ships with."""
    row = ZoneRow.objects.filter(pk=f"{ACCOUNT}:{kind.value}").first()
    if row is None:
        return shipped
    return (True, True, True) if row.zone == Zone.PRIVATE else (shipped[0], False, shipped[2])


def _set(key: str, zone: Zone, default: Zone) -> None:
    if zone == default:
        ZoneRow.objects.filter(pk=key).delete()
    else:
        ZoneRow.objects.update_or_create(key=key, defaults={"zone": zone.value})


def _flags(key: str) -> dict[int, Flags]:
    if key not in KINDS:
        return {}
    accounts = Account.objects.filter(kind=KINDS[key].value)
    return {each.pk: (each.owned, each.free_reach, each.reusable) for each in accounts}


def _carry(kind: AccountKind, zone: Zone) -> None:
    accounts = Account.objects.filter(kind=kind.value)
    if zone is Zone.PRIVATE:
        accounts.update(owned=True, free_reach=True, reusable=True)
    else:
        accounts.update(free_reach=False)


def zone_of_account(account: Account, zones: dict[str, Zone]) -> Zone:
    """Private if three of three; else what the row of its kind says, and never private."""
    if account.is_private:
        return Zone.PRIVATE
    said = zones.get(f"{ACCOUNT}:{account.kind}", Zone.MIXED)
    return Zone.MIXED if said is Zone.PRIVATE else said
