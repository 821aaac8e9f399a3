"""How many people could be compared in a year, which decides how: 10 % held out, or wait a week."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import ibis

from xiaohe.autopilot.proposals import DUE_FROM
from xiaohe.stats.holdout import Design, design_for
from xiaohe.traits.occasions import occasions

YEAR_DAYS = 365


def eligible_a_year(read: Any, on: date) -> int:
    """Distinct due cycles of the last 365 days of people who are linked now.

    A cycle counts if it reached r = 0.9 before its next purchase, on today's cycle length: what each length
    was at the time would need the state of every past day, and only the order of size matters here.
    """
    orders, rhythm = read.table("orders"), read.table("rhythm")
    linked = rhythm.filter(rhythm.linked & rhythm.cycle.notnull()).select("person", "cycle")
    days = occasions(orders.filter(orders.valid))
    days = days.filter(days.rhythmic).select("person", "on").inner_join(linked, "person")
    in_time = ibis.window(group_by=days.person, order_by=days.on)
    days = days.mutate(next_on=days.on.lead().over(in_time))
    wait = (days.cycle * DUE_FROM).ceil().cast("int64")
    due_on = (days.on + wait.as_interval("D")).cast("date")
    reached = days.mutate(due_on=due_on)
    reached = reached.filter(
        (reached.due_on <= on)
        & (reached.due_on > on - timedelta(days=YEAR_DAYS))
        & (reached.next_on.isnull() | (reached.next_on > reached.due_on))
    )
    return int(read.scalar(reached.aggregate(n=reached.count())) or 0)


def design(read: Any, on: date, *, share: float) -> Design:
    """How this shop compares at present."""
    return design_for(eligible_a_year(read, on), share)
