"""One way in for whoever asks with text: a slug or a rule, now or before a shop day. Commands and programs ask here.

asked = Asked.of("g06", now)            kept and quick
asked = Asked.of("linked", now, on=D)   as it was before D, from the facts
asked.count() · asked.page(...) · asked.explain(person)
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa

from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import engine
from xiaohe.segments import explain, queries, state
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain import Explanation
from xiaohe.segments.explain.told import NobodyKnown
from xiaohe.segments.query.world import at_start_of
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.state import Count, generation, logged, past
from xiaohe.segments.text import RuleError, parse
from xiaohe.traits import state as traits

# No attribute is called so.
LIKE_A_SLUG = re.compile(r"[a-z]+-[a-z0-9-]+|g\d+")


# Days about which something can be asked: every window and cycle from them is one of the calendar, and soon reckoned.
FIRST_DAY, AHEAD = date(1990, 1, 1), timedelta(400)


class NoSuchDay(BadInput):
    def __init__(self, last: date) -> None:
        from django.utils.translation import gettext_lazy as _

        told = _("Days from %(first)s to %(last)s can be asked about.")
        super().__init__("no_such_day", told, first=FIRST_DAY.isoformat(), last=last.isoformat())


class NoSuchColumn(BadInput):
    def __init__(self, name: str) -> None:
        from difflib import get_close_matches

        from django.utils.translation import gettext_lazy as _

        near = get_close_matches(name, list(ATTRIBUTES), n=1)
        told = _("“%(name)s” is nothing that is known of people.")
        if near:
            told = _("“%(name)s” is nothing that is known of people. Did you mean “%(meant)s”?")
        super().__init__("no_such_column", told, name=name, meant=near[0] if near else "")


def rule_of(asked: str) -> Rule:
    """The rule of a segment named by its slug, or of the text itself; raises RuleError, NoSuchSegment."""
    known = queries.rules()
    if asked.strip() in known:
        return known[asked.strip()]
    try:
        return parse(asked, queries.vocabulary())
    except RuleError:
        if LIKE_A_SLUG.fullmatch(asked.strip()):
            queries.segment(asked.strip())
        raise


@dataclass(frozen=True)
class Page:
    """Some people in the order of their ids, with the columns asked for; `next` is where the page after it begins."""

    rows: list[dict[str, Any]]
    next: int | None


@dataclass(frozen=True)
class Asked:
    """`on` None: at `now`; else as it was before that shop day. Raises NoSuchDay."""

    rule: Rule
    now: datetime
    on: date | None = None

    def __post_init__(self) -> None:
        last = self.now.date() + AHEAD
        if self.on is not None and not FIRST_DAY <= self.on <= last:
            raise NoSuchDay(last)

    @classmethod
    def of(cls, asked: str, now: datetime, on: date | None = None) -> Asked:
        return cls(rule_of(asked), now, on)

    def count(self) -> Count:
        if self.on is None:
            return state.current(self.now).count(self.rule)
        return Count.of(len(self._ids()))

    def page(
        self, columns: Sequence[str] = (), *, limit: int | None = 50, after: int | None = None
    ) -> Page:
        """The people whose ids come after `after`; raises NoSuchColumn."""
        for name in columns:
            if name not in ATTRIBUTES:
                raise NoSuchColumn(name)
        ids = sorted(self._ids())
        if after is not None:
            ids = [each for each in ids if each > after]
        some = ids if limit is None else ids[:limit]
        is_last = len(some) == len(ids)
        return Page(self._rows(some, columns), None if is_last or not some else some[-1])

    def explain(self, person: int) -> Explanation:
        # Ids have 63 bits; no engine takes more.
        if not 0 <= person < 2**63:
            raise NobodyKnown(person)
        return explain.explain(person, self.rule, self.now, on=self.on)

    def _ids(self) -> list[int]:
        if self.on is None:
            return [int(each) for each in state.current(self.now).ids(self.rule)]
        with engine.reading() as read:
            found: list[int] = past.fitting(self._world(read), self.rule).tolist()
        return found

    def _rows(self, people: Sequence[int], columns: Sequence[str]) -> list[dict[str, Any]]:
        if not columns or not people:
            return [{"person": each} for each in people]
        if self.on is None:
            found = state.current(self.now).rows(people, columns)
        else:
            with engine.reading() as read:
                told = self._world(read).attributes().select("person", *columns)
                wanted = read.register("asked_people", pa.table({"person": list(people)}))
                found = read.run(told.semi_join(wanted, "person"))
        by_id = {row["person"]: row for row in found.to_pylist()}
        return [by_id.get(each, {"person": each}) for each in people]

    def _world(self, read: engine.Reading) -> Any:
        assert self.on is not None
        return at_start_of(
            read,
            traits.as_of(self.on),
            self.on,
            segment=queries.rules().__getitem__,
            logged_from=logged.first_days(generation.newest()),
        )
