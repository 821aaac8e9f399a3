"""Days and instants that stand in a question: of another day it is the same question, compiled once.

Today's question differs from yesterday's in nothing but its days, and to compile it takes longer than to answer it of a
small shop. So every day in it is given another that stands for it (of a later instant a later one, so that the
compiler finds the same earliest and latest among them), and in what was compiled they are put back.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from functools import lru_cache

import ibis
from ibis.expr import operations as ops

from xiaohe.ledger.engine.demand import Demand, Span
from xiaohe.ledger.engine.moment import MOMENT
from xiaohe.ledger.instants import to_us

# Years that nobody asks about; a question that has their numbers in it otherwise is taken as it is.
_DAY, _INSTANT = date(7919, 1, 10), datetime(7907, 1, 10, tzinfo=UTC)
_STANDING = re.compile(r"MAKE_(?:DATE|TIMESTAMP|TIMESTAMPTZ)\((?:7919|7907), [^()]*\)")
_LEFT = re.compile(r"\b(?:7919|7907)\b")
# As many as a year has days.
_MOST = 300


@dataclass(frozen=True)
class Dated:
    """A question of days that stand for others, and for which."""

    question: ibis.Expr
    meant: Mapping[ops.Literal, ops.Literal]

    def sql(self, told: str) -> str | None:
        """SQL of the question, of the days that are meant; None: one of them is not to be found again."""
        spelt = {_spelt(standing): _spelt(each) for standing, each in self.meant.items()}
        found = _STANDING.sub(lambda each: spelt[each.group()], told)
        return None if _LEFT.search(found) else found

    def demand(self, told: Demand) -> Demand:
        """What the question asks for, at the instants that are meant."""
        if told.span is None:
            return told
        meant = {
            to_us(_instant(standing)): to_us(_instant(each))
            for standing, each in self.meant.items()
            if isinstance(each.value, datetime)
        }
        low, high = (
            None if end is None else meant.get(end, end) for end in (told.span.low, told.span.high)
        )
        return replace(told, span=Span(low, high))


def dated(question: ibis.Expr) -> Dated | None:
    """The same question for every day; None where it names no day, or has to be taken as it is."""
    root = question.op()
    found = root.find(ops.Literal)
    if any(isinstance(each.value, str) and "MAKE_" in each.value for each in found):
        return None
    instants = [each for each in found if isinstance(each.value, datetime) and each.value != MOMENT]
    days = [
        each
        for each in found
        if isinstance(each.value, date) and not isinstance(each.value, datetime)
    ]
    if (not instants and not days) or max(len(instants), len(days)) > _MOST:
        return None
    standing = {
        each: each.copy(value=_DAY + timedelta(number)) for number, each in enumerate(days)
    } | _in_order(instants)
    meant = {other: each for each, other in standing.items()}
    return Dated(root.replace(standing).to_expr(), meant)


def _in_order(instants: Iterable[ops.Literal]) -> dict[ops.Literal, ops.Literal]:
    """Of the same instant the same, of a later one a later."""
    ordered = sorted({_instant(each) for each in instants})
    place = {instant: _INSTANT + timedelta(number) for number, instant in enumerate(ordered)}
    found = {}
    for each in instants:
        other, zone = place[_instant(each)], each.value.tzinfo
        found[each] = each.copy(
            value=other.replace(tzinfo=None) if zone is None else other.astimezone(zone)
        )
    return found


def _instant(literal: ops.Literal) -> datetime:
    """The engine's own time zone is UTC."""
    value: datetime = literal.value
    return value if value.tzinfo else value.replace(tzinfo=UTC)


@lru_cache(maxsize=4096)
def _spelt(literal: ops.Literal) -> str:
    told = str(ibis.to_sql(literal.to_expr(), dialect="duckdb"))
    # SELECT MAKE_…(…) AS "…"
    return told[told.index("MAKE_") : told.index(")") + 1]
