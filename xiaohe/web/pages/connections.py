"""Connections: who tells us what happens elsewhere, and who is told what happens here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.channels.models import Direction, Endpoint
from xiaohe.channels.webhook import endpoints
from xiaohe.channels.webhook.facts import source_of
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.errors import RetryLater
from xiaohe.sources import arrivals, writekeys
from xiaohe.sources.arrivals import Lately
from xiaohe.sources.models import Source
from xiaohe.sources.segment import dead
from xiaohe.web.pages import read_keys, unread, webhooks
from xiaohe.web.pages.read_keys import KeyLine
from xiaohe.web.pages.unread import UnreadLine
from xiaohe.web.pages.webhooks import HookLine
from xiaohe.web.phrases import since
from xiaohe.web.templatetags.xiaohe import moment

WEEK = timedelta(days=7)
# A count is beside the point of the page: it may not hold it up.
COUNTING_SECONDS = 3.0
SHOWN_UNREAD = 5


@dataclass(frozen=True)
class SourceLine:
    id: int
    name: str
    said: str
    is_open: bool


@dataclass(frozen=True)
class ConnectionsPage:
    sentence: str
    sources: tuple[SourceLine, ...]
    ways_in: tuple[HookLine, ...]
    ways_out: tuple[HookLine, ...]
    removed: tuple[HookLine, ...]
    read_keys: tuple[KeyLine, ...]
    unread: tuple[UnreadLine, ...]
    unread_count: int

    @property
    def is_empty(self) -> bool:
        return not (self.sources or self.ways_in or self.ways_out or self.read_keys)


@dataclass(frozen=True)
class SourcePage:
    id: int
    name: str
    sentence: str
    is_open: bool
    platform: str
    origins: tuple[str, ...]
    limit: int | None
    old_key: str
    unread: str


def page(now: datetime, calendar: ShopCalendar) -> ConnectionsPage:
    sources, ends = writekeys.all_sources(), endpoints.listing()
    told = _told(sources, ends, now, calendar)
    ways_in = [each for each in ends if each.direction == Direction.IN]
    count = unread.count()
    return ConnectionsPage(
        sentence=_joined(_sentence(sources, ways_in, ends, told, now), _unread(count)),
        sources=tuple(
            SourceLine(
                each.pk,
                each.name,
                _source_said(each, told, now),
                each.revoked_at is None,
            )
            for each in sources
        ),
        ways_in=tuple(
            webhooks.line(each, _lately_said(told, source_of(each), now), now) for each in ways_in
        ),
        ways_out=tuple(
            webhooks.line(each, webhooks.last_said(each, now), now)
            for each in ends
            if each.direction == Direction.OUT
        ),
        removed=tuple(webhooks.removed_line(each, now) for each in endpoints.removed()),
        read_keys=read_keys.lines(now),
        unread=unread.lines(SHOWN_UNREAD, now),
        unread_count=count,
    )


def source_page(number: int, now: datetime, calendar: ShopCalendar) -> SourcePage:
    one = writekeys.one(str(number))
    told = _told([one], [], now, calendar)
    is_open = one.revoked_at is None
    sentence = _("%(name)s may not send any more.") % {"name": one.name}
    if is_open:
        sentence = _sentence([one], [], [], told, now)
    until = writekeys.old_key_until(one, now) if is_open else None
    letters = dead.counts().get(one.pk, 0)
    return SourcePage(
        id=one.pk,
        name=one.name,
        sentence=sentence,
        is_open=is_open,
        platform="" if one.platform == writekeys.PLATFORM else one.platform,
        origins=tuple(one.origins),
        limit=one.events_per_second,
        old_key=""
        if until is None
        else _("The old key goes on until %(until)s.") % {"until": moment(until)},
        unread=_unread(letters),
    )


def in_webhook_said(one: Endpoint, now: datetime, calendar: ShopCalendar) -> str:
    """When others last told us by this webhook, and how much."""
    return _lately_said(_told([], [one], now, calendar), source_of(one), now)


# ---------------------------------------------------------------- counted


def _told(
    sources: Iterable[Source], ends: Iterable[Endpoint], now: datetime, calendar: ShopCalendar
) -> Mapping[str, Lately] | None:
    """What each of them told in seven days; None if it could not be counted in time."""
    names = [each.as_source for each in sources]
    names += [source_of(each) for each in ends if each.direction == Direction.IN]
    today = calendar.start_of(calendar.day_of(now))
    try:
        return arrivals.lately(
            names, today=today, week=today - WEEK + timedelta(days=1), timeout=COUNTING_SECONDS
        )
    except RetryLater:
        return None


def _sentence(
    sources: list[Source],
    ways_in: list[Endpoint],
    ends: list[Endpoint],
    told: Mapping[str, Lately] | None,
    now: datetime,
) -> str:
    asking = sum(each.is_open for each in read_keys.lines(now))
    if not (sources or ends) and asking:
        return ngettext(
            "%(count)d program may ask what is known here.",
            "%(count)d programs may ask what is known here.",
            asking,
        ) % {"count": asking}
    if not (sources or ends):
        return _("Nothing is connected yet. A web shop or app can tell Xiaohe what happens there.")
    open_in = [each.name for each in sources if each.revoked_at is None]
    open_in += [each.name for each in ways_in if each.is_on]
    open_out = sum(each.is_on for each in ends if each.direction == Direction.OUT)
    if not open_in and open_out:
        return ngettext(
            "%(count)d program is told what happens here.",
            "%(count)d programs are told what happens here.",
            open_out,
        ) % {"count": open_out}
    if not open_in:
        return _("Everything that was connected is switched off.")
    if told is None:
        return ngettext(
            "%(count)d connection tells us what happens.",
            "%(count)d connections tell us what happens.",
            len(open_in),
        ) % {"count": len(open_in)}
    return _told_sentence(open_in, told, now)


def _told_sentence(names: list[str], told: Mapping[str, Lately], now: datetime) -> str:
    today = sum(each.today for each in told.values())
    ago = since(max(each.last for each in told.values()), now) if told else ""
    slots = {"name": names[0], "events": f"{today:,}", "ago": ago}
    if not told and len(names) == 1:
        return _("%(name)s is connected; no event has come in the last seven days.") % slots
    if not told:
        return _("No event has come in the last seven days.")
    if not today:
        return _("No event came in today yet; the last one came %(ago)s.") % slots
    if len(names) == 1:
        return (
            ngettext(
                "%(name)s sent %(events)s event today, %(ago)s.",
                "%(name)s sent %(events)s events today; the last one %(ago)s.",
                today,
            )
            % slots
        )
    return (
        ngettext(
            "%(events)s event came in today, %(ago)s.",
            "%(events)s events came in today; the last one %(ago)s.",
            today,
        )
        % slots
    )


def _source_said(one: Source, told: Mapping[str, Lately] | None, now: datetime) -> str:
    said = [_lately_said(told, one.as_source, now)]
    if one.events_per_second is not None:
        said.append(_("at most %(count)d a second") % {"count": one.events_per_second})
    return " · ".join(filter(None, said))


def _lately_said(told: Mapping[str, Lately] | None, source: str, now: datetime) -> str:
    if told is None:
        return ""
    if source not in told:
        return _("nothing in the last seven days")
    lately = told[source]
    return _("%(ago)s · %(today)s today · %(week)s in seven days") % {
        "ago": since(lately.last, now),
        "today": f"{lately.today:,}",
        "week": f"{lately.week:,}",
    }


def _unread(count: int) -> str:
    if not count:
        return ""
    return ngettext(
        "%(count)s event could not be read.", "%(count)s events could not be read.", count
    ) % {"count": f"{count:,}"}


def _joined(first: str, second: str) -> str:
    return _("%(first)s %(second)s") % {"first": first, "second": second} if second else first
