"""Endpoints and their secrets: add, change the secret, switch off and on, remove and bring back. Secrets are told once, then stay sealed."""

from __future__ import annotations

import base64
import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext_lazy as _

from xiaohe.channels.models import Direction, Endpoint, OffReason
from xiaohe.channels.webhook import address, events, signature
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.kernel.store import write
from xiaohe.shop import audit, vault
from xiaohe.shop.models import AuditAct

SECRET, URL = "webhook.secret", "webhook.url"
# Both secrets hold so long after a change, if nothing else is said.
GRACE = timedelta(hours=24)
LONGEST_GRACE = timedelta(days=30)
_PLATFORM = re.compile(r"[a-z0-9_]{1,32}")


class NoSuchEndpoint(NotFound):
    def __init__(self, endpoint_id: str) -> None:
        super().__init__("no_such_endpoint", _("There is no webhook %(id)s."), id=endpoint_id)


class Removed(Conflict):
    """Nothing can be done with an endpoint that was removed, but to bring it back."""

    def __init__(self, name: str) -> None:
        super().__init__(
            "removed", _("The webhook %(name)s was removed. Bring it back first."), name=name
        )


@dataclass(frozen=True)
class Added:
    """A new endpoint and its secret, which is never told again."""

    id: str
    secret: str


def add_inbound(
    name: str,
    now: datetime,
    *,
    platform: str = "",
    secret: str | None = None,
    user_id: int | None = None,
) -> Added:
    """A door of ours: others POST to /hooks/<id>. With `platform`, its customers and orders are that platform's."""
    if platform and not _PLATFORM.fullmatch(platform):
        raise BadInput("platform", _("A platform is named in small letters, like taobao."))
    return _added(
        Endpoint(direction=Direction.IN, name=name, platform=platform), now, secret, user_id
    )


def add_outbound(
    name: str,
    url: str,
    types: Sequence[str],
    now: datetime,
    *,
    private: bool = False,
    batched: bool = False,
    secret: str | None = None,
    user_id: int | None = None,
) -> Added:
    """Somebody's URL, to be told of these types; refused if it lies where webhooks do not go."""
    target = address.target_of(url, private=private)
    try:
        address.resolve(target, private=private)
    except (OSError, UnicodeError):
        # A name that does not exist yet may exist when there is something to say.
        pass
    one = Endpoint(
        direction=Direction.OUT,
        name=name,
        url=vault.seal(url, URL),
        types=events.checked(types),
        private=private,
        batched=batched,
    )
    return _added(one, now, secret, user_id)


def _added(one: Endpoint, now: datetime, secret: str | None, user_id: int | None) -> Added:
    one.name = one.name.strip()
    if not one.name or len(one.name) > 80:
        raise BadInput("name", _("A webhook has a name of 1 to 80 characters."))
    told = _told(secret)
    one.id = f"{one.direction}_{_random_id()}"
    one.created_at = now
    one.secret = vault.seal(told, SECRET)
    with write():
        one.save(force_insert=True)
        _note(AuditAct.ADDED, one.id, now, user_id)
    return Added(one.id, told)


def rotate(
    endpoint_id: str,
    now: datetime,
    *,
    grace: timedelta = GRACE,
    secret: str | None = None,
    user_id: int | None = None,
) -> str:
    """Give an endpoint a new secret and tell it; until the grace is over the old one holds too."""
    if not timedelta(0) <= grace <= LONGEST_GRACE:
        raise BadInput("grace", _("An old secret holds for at most 30 days more."))
    told = _told(secret)
    with write():
        one = present(locked(endpoint_id))
        one.old_secret = one.secret if grace else None
        one.old_until = now + grace if grace else None
        one.secret = vault.seal(told, SECRET)
        one.save(update_fields=["secret", "old_secret", "old_until"])
        _note(AuditAct.ROTATED, one.id, now, user_id)
    return told


def disable(
    endpoint_id: str,
    now: datetime,
    *,
    why: OffReason = OffReason.BY_HAND,
    user_id: int | None = None,
) -> bool:
    """Switch an endpoint off; what waits for it stays where it is. False if it was off already."""
    with write():
        one = locked(endpoint_id)
        if not one.is_on:
            return False
        one.off_reason, one.off_at = why.value, now
        one.save(update_fields=["off_reason", "off_at"])
        _note(AuditAct.DISABLED, one.id, now, user_id)
    return True


def enable(endpoint_id: str, now: datetime, *, user_id: int | None = None) -> bool:
    """Switch an endpoint on again; what waited for it goes out. False if it was on."""
    with write():
        one = present(locked(endpoint_id))
        if one.is_on:
            return False
        one.off_reason, one.off_at, one.failing_since, one.quiet_until_us = "", None, None, 0
        one.save(update_fields=["off_reason", "off_at", "failing_since", "quiet_until_us"])
        _note(AuditAct.ENABLED, one.id, now, user_id)
    return True


def retire(endpoint_id: str, now: datetime, *, user_id: int | None = None) -> bool:
    """Remove an endpoint: it stops at once and is listed no more; its log stays. False if it was removed already."""
    with write():
        one = locked(endpoint_id)
        if one.retired_at is not None:
            return False
        one.retired_at = now
        one.save(update_fields=["retired_at"])
        _note(AuditAct.DISABLED, one.id, now, user_id)
    return True


def bring_back(endpoint_id: str, now: datetime, *, user_id: int | None = None) -> bool:
    """Take back a removal: on or off as it was, and what waited waits still. False if it was not removed."""
    with write():
        one = locked(endpoint_id)
        if one.retired_at is None:
            return False
        one.retired_at = None
        one.save(update_fields=["retired_at"])
        _note(AuditAct.ENABLED, one.id, now, user_id)
    return True


def present(one: Endpoint) -> Endpoint:
    """The same one; raises Removed if it was removed."""
    if one.retired_at is not None:
        raise Removed(one.name)
    return one


def learn_names(endpoint_id: str, names: set[str]) -> None:
    """Remember custom names an endpoint brought, inside the caller's transaction."""
    one = locked(endpoint_id)
    one.names = sorted({*one.names, *names})
    one.save(update_fields=["names"])


# ---------------------------------------------------------------- reads


def one(endpoint_id: str) -> Endpoint:
    """One endpoint; raises NoSuchEndpoint."""
    found = Endpoint.objects.filter(pk=endpoint_id).first()
    if found is None:
        raise NoSuchEndpoint(endpoint_id)
    return found


def named(word: str) -> Endpoint:
    """The endpoint of an id, or of a name that only one has (removed ones come last); raises NoSuchEndpoint."""
    of_name = Endpoint.objects.filter(name=word)
    found = (
        list(Endpoint.objects.filter(pk=word))
        or list(of_name.filter(retired_at=None)[:2])
        or list(of_name[:2])
    )
    if len(found) != 1:
        raise NoSuchEndpoint(word)
    return found[0]


def locked(endpoint_id: str) -> Endpoint:
    """One endpoint that nobody else changes until our transaction ends."""
    found = Endpoint.objects.select_for_update().filter(pk=endpoint_id).first()
    if found is None:
        raise NoSuchEndpoint(endpoint_id)
    return found


def listing() -> list[Endpoint]:
    """All that were not removed."""
    return list(Endpoint.objects.filter(retired_at=None).order_by("created_at", "id"))


def removed() -> list[Endpoint]:
    """Those that can be brought back, the latest first."""
    return list(Endpoint.objects.exclude(retired_at=None).order_by("-retired_at", "id"))


def outbound() -> list[Endpoint]:
    """Endpoints that want to be told now."""
    return list(
        Endpoint.objects.filter(direction=Direction.OUT, off_reason="", retired_at=None).order_by(
            "id"
        )
    )


def secrets_of(one: Endpoint, now: datetime) -> list[str]:
    """The secrets that hold now, the newest first."""
    found = [vault.unseal(one.secret, SECRET)]
    if one.old_secret is not None and one.old_until is not None and now < one.old_until:
        found.append(vault.unseal(one.old_secret, SECRET))
    return found


def url_of(one: Endpoint) -> str:
    return vault.unseal(one.url, URL) if one.url is not None else ""


def _told(secret: str | None) -> str:
    if secret is None:
        return signature.new_secret()
    # Kept in the one spelling that other programs read.
    return signature.PREFIX + base64.b64encode(signature.key_of(secret)).decode()


def _random_id() -> str:
    return base64.b32encode(secrets.token_bytes(10)).decode().lower()


def _note(act: AuditAct, endpoint_id: str, now: datetime, user_id: int | None) -> None:
    audit.record(act, now=now, user_id=user_id, page=f"webhook {endpoint_id}", people=0)
