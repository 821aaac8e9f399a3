"""What contacting took, in money and minutes.

Costs that tables state (ad spend, bait, print: they say what for) are what bringing people over took, not what
contacting them did: those belong to the sources. Here count costs entered by hand, and whatever is staff's time.

Minutes are measured, not estimated: the gaps between consecutive taps of a shop day, each counted up to five
minutes (a longer one is a pause), plus minutes somebody entered as cost.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby, pairwise

from xiaohe.ledger import engine
from xiaohe.shop.queries import calendar
from xiaohe.touch.models import Tap

PAUSE = timedelta(minutes=5)
BY_HAND = "xiaohe"
# What tables of costs say that brought people over; what they do not name is nobody's contacting either.
BROUGHT_OVER = frozenset({"ads", "bait", "print", "other"})


@dataclass(frozen=True)
class Cost:
    """What contacting took: minor units of the shop's currency, and minutes."""

    amount: int
    minutes: int


def cost(since: date, until: date) -> Cost:
    """Money and minutes of shop days [since, until)."""
    money, entered = _recorded_cost(since, until)
    return Cost(money, minutes_of_taps(since, until) + entered)


def minutes_of_taps(since: date, until: date) -> int:
    """Minutes at the list: gaps between taps of one shop day, up to five minutes each."""
    rows = Tap.objects.filter(on__gte=since, on__lt=until).order_by("on", "at", "id")
    total = timedelta()
    for _on, taps in groupby(rows.values_list("on", "at"), key=lambda row: row[0]):
        moments = [at for _day, at in taps]
        total += sum((min(b - a, PAUSE) for a, b in pairwise(moments)), timedelta())
    return round(total.total_seconds() / 60)


def _recorded_cost(since: date, until: date) -> tuple[int, int]:
    days = calendar()
    with engine.reading() as read:
        facts = read.facts
        costs = facts.filter(
            (facts.type == "cost.recorded")
            & (facts.occurred_at >= days.start_of(since))
            & (facts.occurred_at < days.start_of(until))
        )
        rows = read.run(costs.select("source", "amount", "props")).to_pylist()
    told = [(row, json.loads(row["props"] or "{}")) for row in rows]
    contacting = [
        (row["amount"] or 0, int(props.get("minutes", 0)))
        for row, props in told
        if row["source"] == BY_HAND or props.get("what") not in BROUGHT_OVER
    ]
    return sum(money for money, _spent in contacting), sum(spent for _money, spent in contacting)
