"""Who may send events: sources and their write keys.

A key is shown once and stored as a hash. A rotated key goes on for a while, so that apps in the field can change over;
a revoked one is refused within `REMEMBERED_SECONDS` by every process. Each change is noted in the audit.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from hashlib import sha256
from time import monotonic

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.shop import audit, queries
from xiaohe.shop.models import AuditAct
from xiaohe.sources.models import Bucket, Source, SourceKind, WriteKey

GRACE = timedelta(hours=24)
REMEMBERED_SECONDS = 2.0
MOST_REMEMBERED = 1_000
# Whose users and orders, if nothing else is said: sources of one platform speak of the same ones.
PLATFORM = "segment"
# What a browser states as its page's origin: scheme, host and perhaps a port.
_ORIGIN = re.compile(r"https?://[^\s/?#@]+")


@dataclass(frozen=True)
class Writer:
    """What a request needs to know of the source whose key it carries."""

    id: int
    source: str
    platform: str
    currency: str
    origins: tuple[str, ...]
    events_per_second: int | None


_known: dict[tuple[str, str], tuple[float, Writer | None]] = {}


def add(
    kind: str,
    name: str,
    now: datetime,
    *,
    platform: str = PLATFORM,
    origins: Sequence[str] = (),
    events_per_second: int | None = None,
    user_id: int | None = None,
) -> tuple[Source, str]:
    """A new source and its write key, which is told here and never again."""
    if kind not in SourceKind.values:
        raise BadInput("unknown_kind", _("There is no kind of source named %(kind)s."), kind=kind)
    name, platform = name.strip(), platform.strip().casefold()
    if not name or len(name) > 80 or not platform or ":" in platform or len(platform) > 40:
        raise BadInput("bad_name", _("A source needs a name of at most 80 characters."))
    allowed = [each.strip().rstrip("/").casefold() for each in origins]
    if not all(_ORIGIN.fullmatch(each) for each in allowed):
        raise BadInput("bad_origin", _("An origin is written like https://shop.example."))
    with control.write():
        if Source.objects.filter(name=name).exists():
            raise Conflict("name_taken", _("There is a source named %(name)s already."), name=name)
        source = Source.objects.create(
            kind=kind,
            name=name,
            platform=platform,
            origins=allowed,
            events_per_second=events_per_second,
            created_at=now,
        )
        _note(AuditAct.ADDED, source, now, user_id)
        return source, _new_key(source, now)


def rotate(
    which: str, now: datetime, grace: timedelta = GRACE, *, user_id: int | None = None
) -> tuple[Source, str, datetime]:
    """A new key; the old ones go on until the returned instant."""
    source, until = one(which), now + grace
    with control.write():
        running = source.keys.filter(Q(expires_at__isnull=True) | Q(expires_at__gt=until))
        running.update(expires_at=until)
        key = _new_key(source, now)
        _note(AuditAct.ROTATED, source, now, user_id)
    _known.clear()
    return source, key, until


def revoke(which: str, now: datetime, *, user_id: int | None = None) -> Source:
    """No key of this source is taken any more; its facts stay. Safe to repeat."""
    source = one(which)
    with control.write():
        source.revoked_at = source.revoked_at or now
        source.save(update_fields=["revoked_at"])
        _note(AuditAct.DISABLED, source, now, user_id)
    _known.clear()
    return source


def limit(which: str, events_per_second: int | None) -> Source:
    """How many events a second this source may send; None: as many as it likes."""
    source = one(which)
    with control.write():
        source.events_per_second = events_per_second
        source.save(update_fields=["events_per_second"])
        Bucket.objects.filter(source_id=source.pk).delete()
    _known.clear()
    return source


def all_sources() -> list[Source]:
    return list(Source.objects.order_by("id"))


def one(which: str) -> Source:
    """The source of this name or number."""
    found = Source.objects.filter(name=which).first()
    if found is None and which.isdigit():
        found = Source.objects.filter(pk=int(which)).first()
    if found is None:
        raise NotFound("no_such_source", _("There is no source named %(name)s."), name=which)
    return found


def old_key_until(source: Source, now: datetime) -> datetime | None:
    """How long a key that was changed goes on; None if there is none such."""
    going = source.keys.filter(expires_at__gt=now).order_by("-expires_at").first()
    return None if going is None else going.expires_at


def platforms() -> list[str]:
    return sorted(Source.objects.order_by().values_list("platform", flat=True).distinct())


def writer_of(key: str, now: datetime) -> Writer | None:
    """Whose key this is; None if it is nobody's. Remembered for moments, so that not every request asks."""
    hashed = _hash(key)
    place = (str(workspace.current().home), hashed)
    known = _known.get(place)
    if known is not None and known[0] > monotonic():
        return known[1]
    found = _look_up(hashed, now)
    if len(_known) >= MOST_REMEMBERED:
        _known.clear()
    _known[place] = (monotonic() + REMEMBERED_SECONDS, found)
    return found


def writer_for(source: Source) -> Writer:
    return Writer(
        id=source.pk,
        source=source.as_source,
        platform=source.platform,
        currency=queries.the_shop().currency,
        origins=tuple(source.origins),
        events_per_second=source.events_per_second,
    )


def _look_up(hashed: str, now: datetime) -> Writer | None:
    running = Q(expires_at__isnull=True) | Q(expires_at__gt=now)
    key = (
        WriteKey.objects.select_related("source")
        .filter(running, key_hash=hashed, source__revoked_at__isnull=True)
        .first()
    )
    return None if key is None else writer_for(key.source)


def _new_key(source: Source, now: datetime) -> str:
    key = secrets.token_urlsafe(24)
    WriteKey.objects.create(source=source, key_hash=_hash(key), created_at=now)
    return key


def _note(act: AuditAct, source: Source, now: datetime, user_id: int | None) -> None:
    audit.record(act, now=now, user_id=user_id, page=source.as_source, people=0)


def _hash(key: str) -> str:
    # 192 random bits need no salt and no slow hash.
    return sha256(key.encode()).hexdigest()
