"""The messages of one request become facts in one transaction: what returned is on disk.

mapped ──► record(facts, edges) ── also ──► identifiers, sealed
unreadable ──► dead letters, in the same transaction
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from time import monotonic
from typing import Any

import orjson

from xiaohe import jobs
from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.clock import utc_now
from xiaohe.ledger import stream
from xiaohe.ledger.stream import Fact
from xiaohe.people import identifiers, keys
from xiaohe.sources import names
from xiaohe.sources.segment import dead, mapping, messages
from xiaohe.sources.segment.dead import Letter
from xiaohe.sources.segment.desk import Desk, Mapped, Value
from xiaohe.sources.segment.messages import LARGEST_EVENT
from xiaohe.sources.segment.reasons import Reason, Unreadable
from xiaohe.sources.writekeys import Writer

# Edges and identifiers that this process put down lately: they are stated with every event of a person.
MOST_REMEMBERED = 200_000
# Numbers and lists stand on whole days; orders of today show in them after midnight, those of former days soon.
REFRESH = "traits.refresh"
REFRESH_AFTER = timedelta(hours=1)


@dataclass(frozen=True)
class Taken:
    """What became of the messages of one request."""

    facts: int
    duplicates: int
    unreadable: int


class _Lately:
    """A set that forgets everything when it is full: what it does not know is only stated again."""

    def __init__(self) -> None:
        self._known: set[Any] = set()

    def __contains__(self, each: Any) -> bool:
        return each in self._known

    def add(self, some: Sequence[Any]) -> None:
        if len(self._known) + len(some) > MOST_REMEMBERED:
            self._known.clear()
        self._known.update(some)


_lately: dict[bytes, _Lately] = {}
_asked_until: dict[bytes, float] = {}
_items: dict[tuple[bytes, str], dict[str, int]] = {}


def take(
    raws: Sequence[Any],
    writer: Writer,
    now: datetime,
    *,
    sent_at: datetime | None = None,
    may_be_large: bool = True,
) -> Taken:
    """Record messages as they came; raises InboxFull with nothing kept. `may_be_large`: one may pass 32 KB."""
    desk = desk_of(writer, now)
    mapped: list[Mapped] = []
    letters: list[Letter] = []
    for raw in raws:
        try:
            if type(raw) is not dict:
                raise Unreadable(Reason.NOT_AN_OBJECT)
            raw = messages.with_id(raw)
            if may_be_large and len(orjson.dumps(raw)) > LARGEST_EVENT:
                raise Unreadable(Reason.TOO_LARGE)
            message = messages.read(raw, sent_at=sent_at, now=now)
            mapped.append(mapping.facts_of(message, desk))
        except Unreadable as unreadable:
            letters.append(dead.letter(raw, unreadable.reason, sent_at=sent_at, now=now))
    if not letters:
        return record(mapped, now)
    with control.write():
        taken = record(mapped, now)
        dead.keep(writer.id, letters, now)
    return Taken(taken.facts, taken.duplicates, len(letters))


def desk_of(writer: Writer, now: datetime) -> Desk:
    return Desk(
        source=writer.source,
        platform=writer.platform,
        currency=writer.currency,
        hashed=keys.hasher(),
        now=now,
        custom=names.types_of(writer.id),
        items=_items.setdefault((workspace.current().secret("hash"), writer.platform), {}),
    )


def record(mapped: Sequence[Mapped], now: datetime) -> Taken:
    """Put down what messages say, and what they say of people with it."""
    lately = _lately.setdefault(workspace.current().secret("hash"), _Lately())
    facts = [fact for each in mapped for fact in each.facts]
    own = len(facts)
    edges: dict[tuple[str, str], Fact] = {}
    values: dict[Value, None] = {}
    for each in mapped:
        for edge in each.edges:
            if (edge.source, edge.key) not in lately:
                edges[edge.source, edge.key] = edge
        for value in each.values:
            if value not in lately:
                values[value] = None
    facts += edges.values()
    recorded = stream.record(facts, now, also=_also(list(values), facts[:own], now))
    lately.add([*edges, *values])
    new = sum(recorded.new[:own])
    return Taken(new, own - new, 0)


def _also(
    values: Sequence[Value], facts: Sequence[Fact], now: datetime
) -> Callable[[stream.Recorded], None] | None:
    """What goes into the same commit; None if nothing does."""
    place = workspace.current().secret("hash")
    is_due = monotonic() >= _asked_until.get(place, 0.0)
    has_orders = is_due and any(fact.type.startswith("order.") for fact in facts)
    if not values and not has_orders:
        return None

    def also(_recorded: stream.Recorded) -> None:
        identifiers.remember(values, now)
        if has_orders:
            jobs.enqueue(REFRESH, dedupe=f"{REFRESH}:events", run_at=utc_now() + REFRESH_AFTER)
            # Asked for again within the hour it would be joined to that one: it need not be asked for.
            _asked_until[place] = monotonic() + REFRESH_AFTER.total_seconds()

    return also
