"""The questions of `queries.py`: as Xiaohe's expressions, and by hand in the SQL of DuckDB and of ClickHouse.

    a  bought twice for more than 100 in 90 days, has not opened the app in 30
    b  recency, frequency and money in quintiles over all time, people per cell (equals are in one fifth)
    c  put something in the cart, then looked at an article, then paid, within 7 days of the first, in 90 days
    d  looked at goods of one category in 30 days, is in a group, is not in a segment
    e  buyers by month of their first order, and how many bought again how many months later
    f  one person's last 100 facts
    g  (a) for 1,000 people

In SQL, `{paid}` and its like stand for the files that can hold what is asked: whoever writes it by hand knows them.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import ibis

from xiaohe.ledger.engine import FACTS, micros, prop

DAY = timedelta(days=1)
# Enough of what a segment leaves behind, as a table of subjects.
SEGMENT = ibis.table({"subject": "int64"}, name="segment")
FEW = ibis.table({"subject": "int64"}, name="few")


@dataclass(frozen=True)
class Wanted:
    """Files a hand-written query reads: of these types, with facts from so many days before now on."""

    types: tuple[str, ...]
    days: int | None = None


@dataclass(frozen=True)
class Question:
    """One question in three languages; the answers are equal as sets of rows."""

    name: str
    ours: Callable[[datetime], ibis.Table]
    duckdb: str
    clickhouse: str
    files: dict[str, Wanted] = field(default_factory=dict)


def since(now: datetime, days: int) -> ibis.Value:
    return ibis.literal(now - days * DAY)


# ---------------------------------------------------------------- a, g


def active_buyers(now: datetime, facts: ibis.Table = FACTS) -> ibis.Table:
    paid = facts.filter(facts.type == "order.paid", facts.occurred_at >= since(now, 90))
    often = paid.group_by("subject").agg(orders=paid.count(), total=paid.amount.sum())
    often = often.filter(often.orders >= 2, often.total > 100_00)
    opened = facts.filter(facts.type == "screen.viewed", facts.occurred_at >= since(now, 30))
    return often.anti_join(opened, "subject").select("subject")


def active_buyers_of_few(now: datetime) -> ibis.Table:
    return active_buyers(now, FACTS.semi_join(FEW, "subject"))


_A = """
SELECT subject FROM {paid}
WHERE type = 'order.paid' AND occurred_at >= {now} - INTERVAL 90 DAY{few}
GROUP BY subject
HAVING count(*) >= 2 AND sum(amount) > 10000 AND subject NOT IN (
    SELECT subject FROM {opened}
    WHERE type = 'screen.viewed' AND occurred_at >= {now} - INTERVAL 30 DAY{few})"""
_A_FILES = {"paid": Wanted(("order.paid",), 90), "opened": Wanted(("screen.viewed",), 30)}
_FEW = " AND subject IN (SELECT subject FROM {few})"

# ---------------------------------------------------------------- b


def quintiles(now: datetime) -> ibis.Table:
    """Cut points instead of places in a row: who is equal is treated equally, and nothing is sorted."""
    del now
    paid = FACTS.filter(FACTS.type == "order.paid")
    each = paid.group_by("subject").agg(
        recency=micros(paid.occurred_at.max()),
        frequency=paid.count(),
        money=paid.amount.sum(),
    )
    cuts = each.agg(**{f"{name}_cuts": each[name].quantile(FIFTHS) for name in _RFM})
    beside = each.cross_join(cuts)
    placed = beside.select(**{name: _fifth(beside[name], beside[f"{name}_cuts"]) for name in _RFM})
    return placed.group_by(_RFM).agg(people=placed.count())


FIFTHS = [0.2, 0.4, 0.6, 0.8]
_RFM = ["recency", "frequency", "money"]


def _fifth(value: ibis.Value, cuts: ibis.Value) -> ibis.Value:
    fifth = ibis.literal(1, "int64")
    for number in range(len(FIFTHS)):
        fifth = fifth + (value > cuts[number]).cast("int64")
    return fifth


def _by_hand(cuts: str, seconds: str) -> str:
    fifths = ", ".join(
        " + ".join(f"CAST({name} > {name}_cuts[{number}] AS INT)" for number in range(1, 5))
        + f" + 1 AS {name}_fifth"
        for name in _RFM
    )
    cut = ", ".join(f"{cuts.format(value=name)} AS {name}_cuts" for name in _RFM)
    return f"""
WITH each AS (
    SELECT subject, {seconds} AS recency, count(*) AS frequency, CAST(sum(amount) AS BIGINT) AS money
    FROM {{paid}} WHERE type = 'order.paid' GROUP BY subject),
cuts AS (SELECT {cut} FROM each),
placed AS (SELECT {fifths} FROM each CROSS JOIN cuts)
SELECT recency_fifth AS recency, frequency_fifth AS frequency, money_fifth AS money, count(*) AS people
FROM placed GROUP BY recency_fifth, frequency_fifth, money_fifth"""


_B = _by_hand(
    "quantile_cont({value}, [0.2, 0.4, 0.6, 0.8])",
    "epoch_us(max(occurred_at))",
)
_B_CLICKHOUSE = _by_hand(
    "quantilesExactInclusive(0.2, 0.4, 0.6, 0.8)({value})",
    "toUnixTimestamp64Micro(max(occurred_at))",
)

# ---------------------------------------------------------------- c

_STEPS = ("cart.added", "product.viewed", "order.paid")


def added_seen_bought(now: datetime) -> ibis.Table:
    """Whoever looked at an article with an addition before and an order after it, the nearest at most 7 days apart."""
    steps = FACTS.filter(FACTS.type.isin(_STEPS), FACTS.occurred_at >= since(now, 90))
    at = steps.occurred_at
    before = ibis.window(group_by=steps.subject, order_by=at, range=(None, 0))
    after = ibis.window(group_by=steps.subject, order_by=at, range=(0, None))
    seen = steps.select(
        "subject",
        "type",
        added=ibis.cases((steps.type == "cart.added", at)).max().over(before),
        bought=ibis.cases((steps.type == "order.paid", at)).min().over(after),
    )
    kept = seen.filter(
        seen.type == "product.viewed", seen.bought <= seen.added + ibis.interval(days=7)
    )
    return kept.select("subject").distinct()


_C = """
WITH steps AS (
    SELECT subject, type, occurred_at AS moment FROM {steps}
    WHERE type IN ('cart.added', 'product.viewed', 'order.paid') AND occurred_at >= {now} - INTERVAL 90 DAY),
seen AS (
    SELECT subject, type,
           max(CASE WHEN type = 'cart.added' THEN moment END) OVER (PARTITION BY subject ORDER BY moment
               RANGE BETWEEN UNBOUNDED PRECEDING AND CURRENT ROW) AS added,
           min(CASE WHEN type = 'order.paid' THEN moment END) OVER (PARTITION BY subject ORDER BY moment
               RANGE BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) AS bought
    FROM steps)
SELECT DISTINCT subject FROM seen WHERE type = 'product.viewed' AND bought <= added + INTERVAL 7 DAY"""

# ---------------------------------------------------------------- d


def lookers(now: datetime) -> ibis.Table:
    looked = FACTS.filter(
        FACTS.type == "product.viewed",
        FACTS.occurred_at >= since(now, 30),
        prop(FACTS.props, "category") == "category-7",
    )
    grouped = FACTS.filter(
        FACTS.type == "identity.grouped", prop(FACTS.props, "group") == "group-3"
    )
    within = grouped.semi_join(looked, "subject").anti_join(SEGMENT, "subject")
    return within.select("subject").distinct()


_D = """
SELECT DISTINCT subject FROM {grouped} AS g
WHERE type = 'identity.grouped' AND json_extract_string(props, '$.group') = 'group-3'
  AND subject IN (SELECT subject FROM {looked} AS l
    WHERE type = 'product.viewed' AND occurred_at >= {now} - INTERVAL 30 DAY
      AND json_extract_string(props, '$.category') = 'category-7')
  AND subject NOT IN (SELECT subject FROM {segment})"""

# ---------------------------------------------------------------- e


def cohorts(now: datetime) -> ibis.Table:
    del now
    paid = FACTS.filter(FACTS.type == "order.paid")
    month = (paid.occurred_at.year() * 12 + paid.occurred_at.month()).cast("int64")
    bought = paid.select("subject", month=month).distinct()
    first = bought.group_by("subject").agg(first=bought.month.min())
    both = bought.join(first, "subject")
    later = both.select("first", later=both.month - both.first)
    return later.group_by("first", "later").agg(people=later.count())


_E = """
WITH bought AS (
    SELECT DISTINCT subject, year(occurred_at) * 12 + month(occurred_at) AS month
    FROM {paid} WHERE type = 'order.paid'),
early AS (SELECT subject, min(month) AS first FROM bought GROUP BY subject)
SELECT first, month - first AS later, count(*) AS people
FROM bought JOIN early USING (subject) GROUP BY first, later"""


QUESTIONS = (
    Question("a", active_buyers, _A.replace("{few}", ""), _A.replace("{few}", ""), _A_FILES),
    Question("b", quintiles, _B, _B_CLICKHOUSE, {"paid": Wanted(("order.paid",))}),
    Question(
        "c",
        added_seen_bought,
        _C,
        _C,
        {"steps": Wanted(_STEPS, 90)},
    ),
    Question(
        "d",
        lookers,
        _D,
        _D.replace("json_extract_string(props, '$.group')", "JSONExtractString(ifNull(props, ''), 'group')")
        .replace("json_extract_string(props, '$.category')", "JSONExtractString(ifNull(props, ''), 'category')"),
        {
            "grouped": Wanted(("identity.grouped",)),
            "looked": Wanted(("product.viewed",), 30),
        },
    ),
    Question(
        "e",
        cohorts,
        _E,
        _E.replace("year(", "toYear(").replace("month(occ", "toMonth(occ"),
        {"paid": Wanted(("order.paid",))},
    ),
    Question("g", active_buyers_of_few, _A.replace("{few}", _FEW), _A.replace("{few}", _FEW), _A_FILES),
)  # fmt: skip
