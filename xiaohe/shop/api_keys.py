"""Keys with which the merchant's own programs ask: told once, stored as a hash, each for what it says and nothing else."""

from __future__ import annotations

import secrets
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum
from hashlib import sha256
from time import monotonic

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import workspace
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.kernel.store import write
from xiaohe.shop import audit
from xiaohe.shop.models import ApiKey, AuditAct

REMEMBERED_SECONDS = 2.0
MOST_REMEMBERED = 1_000
# How long an old key goes on, so that programs can change over.
GRACE = timedelta(hours=24)


class Scope(StrEnum):
    """What a key may do."""

    SEGMENTS_READ = "segments:read"
    SEGMENTS_WRITE = "segments:write"


@dataclass(frozen=True)
class Caller:
    """Whose key a request carries."""

    id: int
    name: str
    scopes: frozenset[str]

    @property
    def as_page(self) -> str:
        """How the audit names it."""
        return f"API key {self.id}"


_known: dict[tuple[str, str], tuple[float, Caller | None]] = {}


def add(
    name: str, scopes: Iterable[str], now: datetime, *, user_id: int | None = None
) -> tuple[ApiKey, str]:
    """A new key, which is told here and never again."""
    name, scopes = " ".join(name.split()), sorted(set(scopes))
    if not name or len(name) > 80:
        raise BadInput("bad_name", _("A key needs a name of at most 80 characters."))
    strange = [each for each in scopes if each not in list(Scope)]
    if strange or not scopes:
        known = ", ".join(Scope)
        raise BadInput("bad_scope", _("A key may do one or more of: %(known)s."), known=known)
    key = _new_key()
    with write():
        if ApiKey.objects.filter(name=name).exists():
            raise Conflict("name_taken", _("There is a key named %(name)s already."), name=name)
        row = ApiKey.objects.create(
            name=name, key_hash=_hash(key), scopes=scopes, created_at=now, created_by=user_id
        )
        audit.record(AuditAct.ADDED, now=now, user_id=user_id, page=_page(row), people=0)
    return row, key


def revoke(which: str, now: datetime, *, user_id: int | None = None) -> ApiKey:
    """Refused from now on, within `REMEMBERED_SECONDS` by every process. Safe to repeat."""
    row = one(which)
    with write():
        row.revoked_at = row.revoked_at or now
        row.save(update_fields=["revoked_at"])
        audit.record(AuditAct.DISABLED, now=now, user_id=user_id, page=_page(row), people=0)
    _known.clear()
    return row


def restore(which: str, now: datetime, *, user_id: int | None = None) -> ApiKey:
    """Taken again as it was before it was revoked: the key itself is the same. Safe to repeat."""
    row = one(which)
    with write():
        row.revoked_at = None
        row.save(update_fields=["revoked_at"])
        audit.record(AuditAct.ENABLED, now=now, user_id=user_id, page=_page(row), people=0)
    _known.clear()
    return row


def rotate(
    which: str, now: datetime, grace: timedelta = GRACE, *, user_id: int | None = None
) -> tuple[ApiKey, str]:
    """A new key, told here and never again; the old one goes on for `grace`, one before it no longer."""
    row, key = one(which), _new_key()
    if row.revoked_at is not None:
        raise Conflict(
            "key_revoked", _("%(name)s was taken away; bring it back first."), name=row.name
        )
    with write():
        row.old_hash, row.old_until = row.key_hash, now + grace
        row.key_hash = _hash(key)
        row.save(update_fields=["key_hash", "old_hash", "old_until"])
        audit.record(AuditAct.ROTATED, now=now, user_id=user_id, page=_page(row), people=0)
    _known.clear()
    return row, key


def all_keys() -> list[ApiKey]:
    return list(ApiKey.objects.order_by("id"))


def one(which: str) -> ApiKey:
    """The key of this name or number."""
    found = ApiKey.objects.filter(name=which).first()
    if found is None and which.isdigit():
        found = ApiKey.objects.filter(pk=int(which)).first()
    if found is None:
        raise NotFound("no_such_key", _("There is no key named %(name)s."), name=which)
    return found


def caller_of(key: str) -> Caller | None:
    """Whose key this is; None if it is nobody's. Remembered for moments, so that not every request asks."""
    hashed = _hash(key)
    place = (str(workspace.current().home), hashed)
    known = _known.get(place)
    if known is not None and known[0] > monotonic():
        return known[1]
    is_it = Q(key_hash=hashed) | Q(old_hash=hashed, old_until__gt=utc_now())
    row = ApiKey.objects.filter(is_it, revoked_at__isnull=True).first()
    found = None if row is None else Caller(row.pk, row.name, frozenset(row.scopes))
    if len(_known) >= MOST_REMEMBERED:
        _known.clear()
    _known[place] = (monotonic() + REMEMBERED_SECONDS, found)
    return found


def _page(row: ApiKey) -> str:
    return f"API key {row.pk}"


def _new_key() -> str:
    return "xh_" + secrets.token_urlsafe(24)


def _hash(key: str) -> str:
    # 192 random bits need no salt and no slow hash.
    return sha256(key.encode()).hexdigest()
