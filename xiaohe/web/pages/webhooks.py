"""Webhooks in words: where they go, what was sent last, why one is switched off."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.channels.models import DeliveryState, Direction, Endpoint, OffReason
from xiaohe.channels.webhook import endpoints, events, letters, store
from xiaohe.channels.webhook.store import Row
from xiaohe.ledger.instants import from_us
from xiaohe.web.phrases import since

SHOWN_DELIVERIES = 10
OFF = {
    OffReason.BY_HAND: gettext_lazy("%(name)s is switched off."),
    OffReason.GONE: gettext_lazy("%(name)s is switched off: it answered that it is gone (410)."),
    OffReason.FAILING: gettext_lazy("%(name)s is switched off: nothing got through for five days."),
    OffReason.OVERRUN: gettext_lazy("%(name)s is switched off: too many messages waited for it."),
}
STATES = {
    DeliveryState.WAITING: gettext_lazy("waiting"),
    DeliveryState.SENDING: gettext_lazy("on its way"),
    DeliveryState.UNKNOWN: gettext_lazy("perhaps arrived; sent again"),
    DeliveryState.DELIVERED: gettext_lazy("arrived"),
    DeliveryState.GIVEN_UP: gettext_lazy("given up"),
}
# Why a try ended without an answer; codes of channels.webhook.post and deliver.
WHY = {
    "forbidden_address": gettext_lazy("the address lies in this network"),
    "bad_url": gettext_lazy("the address cannot be used"),
    "no_such_host": gettext_lazy("there is no such host"),
    "tls": gettext_lazy("its certificate does not hold"),
    "timeout": gettext_lazy("no answer in time"),
    "refused": gettext_lazy("nobody listens there"),
    "connection": gettext_lazy("the connection broke"),
    "unsealable": gettext_lazy("its secret cannot be opened here"),
    "unknown": gettext_lazy("nobody knows whether it arrived"),
}
# What the form offers by name; everything else can be typed.
OFFERED = (
    (events.EVERY_FACT, gettext_lazy("everything that happens")),
    ("order.*", gettext_lazy("orders")),
    ("link.*", gettext_lazy("new and lost friends")),
    ("task.*", gettext_lazy("what you did about today’s list")),
    (events.IMPORT_COMMITTED, gettext_lazy("a file was read")),
    (events.IMPORT_UNDONE, gettext_lazy("a file was taken back")),
)


@dataclass(frozen=True)
class HookLine:
    id: str
    name: str
    said: str
    is_on: bool


@dataclass(frozen=True)
class Sent:
    """One delivery."""

    id: int
    type: str
    ago: str
    said: str
    is_bad: bool


@dataclass(frozen=True)
class HookPage:
    id: str
    name: str
    sentence: str
    is_in: bool
    is_on: bool
    is_removed: bool
    where: str
    types: tuple[str, ...]
    platform: str
    waiting: int
    given_up: int
    unread: int
    sent: tuple[Sent, ...]


def line(one: Endpoint, said: str, now: datetime) -> HookLine:
    if one.is_on and one.failing_since is not None:
        said = _failing(one, now)
    return HookLine(one.id, one.name, said if one.is_on else off_said(one), one.is_on)


def removed_line(one: Endpoint, now: datetime) -> HookLine:
    assert one.retired_at is not None
    said = _("removed %(ago)s") % {"ago": since(one.retired_at, now)}
    return HookLine(one.id, one.name, said, is_on=True)


def last_said(one: Endpoint, now: datetime) -> str:
    """How the last message to an endpoint went."""
    found = store.listed(one.id, None, 1)
    if not found:
        return _("nothing was sent yet")
    return f"{since(from_us(found[0].created_us), now)} · {_went(found[0])}"


def off_said(one: Endpoint) -> str:
    return str(OFF[OffReason(one.off_reason)]) % {"name": one.name}


def page(endpoint_id: str, told: str, now: datetime) -> HookPage:
    """One webhook; `told` is what came in by it lately."""
    one = endpoints.one(endpoint_id)
    is_in = one.direction == Direction.IN
    counts = store.counts()
    return HookPage(
        id=one.id,
        name=one.name,
        sentence=_sentence(one, told, now),
        is_in=is_in,
        is_on=one.is_on,
        is_removed=one.retired_at is not None,
        where=f"/hooks/{one.id}" if is_in else shown_url(endpoints.url_of(one)),
        types=tuple(_type(each) for each in one.types),
        platform=one.platform,
        waiting=sum(counts.get((one.id, each.value), 0) for each in _OPEN),
        given_up=counts.get((one.id, DeliveryState.GIVEN_UP.value), 0),
        unread=letters.open_counts().get(one.id, 0),
        sent=()
        if is_in
        else tuple(_sent(each, now) for each in store.listed(one.id, None, SHOWN_DELIVERIES)),
    )


def shown_url(url: str) -> str:
    """A URL without its path's end, which may be a password."""
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}/" + (
        "…" if parts.path.strip("/") or parts.query else ""
    )


def answer_said(status: int | None, why: str | None) -> str:
    if status is not None:
        return _("answered %(status)d") % {"status": status}
    return str(WHY.get(why or "", why or ""))


_OPEN = (DeliveryState.WAITING, DeliveryState.SENDING, DeliveryState.UNKNOWN)


def _type(name: str) -> str:
    return str(dict(OFFERED).get(name, name))


def _sentence(one: Endpoint, told: str, now: datetime) -> str:
    if one.retired_at is not None:
        ago = since(one.retired_at, now)
        return _("%(name)s was removed %(ago)s.") % {"name": one.name, "ago": ago}
    if not one.is_on:
        return off_said(one)
    if one.direction == Direction.IN:
        return _("%(name)s tells us: %(told)s.") % {"name": one.name, "told": told}
    if one.failing_since is not None:
        return _("Nothing gets through to %(name)s, first noticed %(ago)s.") % {
            "name": one.name,
            "ago": since(one.failing_since, now),
        }
    return _("%(name)s is told what happens here: %(told)s.") % {
        "name": one.name,
        "told": last_said(one, now),
    }


def _failing(one: Endpoint, now: datetime) -> str:
    assert one.failing_since is not None
    return _("nothing gets through, first noticed %(ago)s") % {"ago": since(one.failing_since, now)}


def _sent(row: Row, now: datetime) -> Sent:
    tries = ""
    if row.attempts > 1:
        tries = ngettext("%(count)d try", "%(count)d tries", row.attempts) % {"count": row.attempts}
    return Sent(
        row.id,
        row.type,
        since(from_us(row.created_us), now),
        " · ".join(filter(None, [_went(row), tries])),
        is_bad=row.state == DeliveryState.GIVEN_UP,
    )


def _went(row: Row) -> str:
    state = DeliveryState(row.state)
    answer = answer_said(row.status, row.why) if row.status or row.why else ""
    if state is DeliveryState.DELIVERED:
        answer = ""
    return " · ".join(filter(None, [str(STATES[state]), answer]))
