"""What moves with the day while nothing happens: expressions of columns that stay, and a day.

`known` is a table with the columns of STAYING; `on` a day, as a value or a column. So the same lines tell today's stage,
and the one of any later day. What moves because facts grow old (net_365, promo_share, replies …) is asked anew of a
world of that day.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from datetime import date, timedelta
from types import SimpleNamespace
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.segments.attributes.cuts import HALF_YEAR, Cuts, passed
from xiaohe.stats import readiness, stages
from xiaohe.stats.rfm import BEST
from xiaohe.stats.rhythm import DUE_FROM, OVER_FROM
from xiaohe.stats.stages import Stage
from xiaohe.traits.stage import stage as stage_of_buyers

STAYING = (
    "bought_on", "last_on", "cycle", "occasions", "shop_cycle", "shop_last_on", "linked", "linked_since",
    "last_signal_on", "referred_on",
)  # fmt: skip
MOVING = ("days_since", "ratio", "due", "stage", "link_days", "promoter", "recency_score")
PROMOTER_DAYS = HALF_YEAR


def moving(known: ir.Table, on: Any, cuts: Cuts) -> dict[str, Any]:
    """The attributes of MOVING on day `on`, as columns."""
    since = _days(on, known.last_on)
    ratio = since / known.cycle
    return {
        "days_since": since,
        "ratio": ratio,
        "due": ((ratio >= DUE_FROM) & (ratio < OVER_FROM)).fill_null(False),
        "stage": stage(known, on, cuts),
        "link_days": ibis.ifelse(known.linked, _days(on, known.linked_since), ibis.null("int64")),
        "promoter": (_days(on, known.referred_on) <= PROMOTER_DAYS).fill_null(False),
        "recency_score": _recency(known, on, cuts),
    }


def stage(known: ir.Table, on: Any, cuts: Cuts) -> Any:
    """Exactly one stage: of buyers by their rhythm; of others by links and signals."""
    since = _days(on, known.shop_last_on)
    buyers: Any = SimpleNamespace(
        occasions=known.occasions,
        cycle=known.shop_cycle,
        days_since=since,
        ratio=since / known.shop_cycle,
    )
    heard = (_days(on, known.last_signal_on) <= stages.SIGNAL_DAYS).fill_null(False)
    return ibis.cases(
        (known.bought_on.notnull(), stage_of_buyers(buyers, cuts.may_return)),
        (known.linked | heard, ibis.literal(Stage.PROSPECT.value)),
        else_=Stage.PASSER_BY.value,
    )


def _recency(known: ir.Table, on: Any, cuts: Cuts) -> Any:
    values = cuts.values("recency")
    if not values:
        return ibis.null("int64")
    score = BEST - passed(_days(on, known.bought_on), values)
    return ibis.ifelse(known.bought_on.notnull(), score, ibis.null("int64"))


def _days(on: Any, since: Any) -> Any:
    day = ibis.literal(on) if isinstance(on, date) else on
    return day.delta(since, unit="day").cast("int64")


def turns(row: Mapping[str, Any], on: date) -> list[date]:
    """The days after `on` on which one of the published lines is passed, if nothing happens; `row` has STAYING."""
    found: set[date] = set()
    for cycle, last in (
        (row["cycle"], row["last_on"]),
        (row["shop_cycle"], row["shop_last_on"]),
    ):
        if last is not None:
            found |= {last + timedelta(days) for days in _lines(cycle)}
    if row["linked_since"] is not None and row["linked"]:
        line = next(each for each in readiness.TRUST if each.code == "link_days")
        found |= {row["linked_since"] + timedelta(int(days)) for days, _points in line.steps}
    for day, lasts in (
        (row["last_signal_on"], stages.SIGNAL_DAYS),
        (row["referred_on"], PROMOTER_DAYS),
    ):
        if day is not None:
            found.add(day + timedelta(lasts + 1))
    return sorted(day for day in found if day > on)


def _lines(cycle: float | None) -> set[int]:
    """Days since the last purchase at which somebody's standing may change."""
    if cycle is None:
        edges = (stages.NEW_UP_TO, stages.RISK_UP_TO, stages.DORMANT_UP_TO)
        return {edge + 1 for edge in edges}
    ratios = (
        DUE_FROM, OVER_FROM, stages.DORMANT_RATIO, stages.DORMANT_RATIO_REGULAR, stages.LOST_RATIO,
        stages.LOST_RATIO_REGULAR, *(begins for begins, _points in readiness.RHYTHM.steps),
    )  # fmt: skip
    beyond = (stages.DAYS_TO_RISK, stages.DAYS_TO_DORMANT, stages.DAYS_TO_LOST)
    return {math.ceil(cycle * each) for each in ratios} | {
        math.ceil(cycle + days) for days in beyond
    }
