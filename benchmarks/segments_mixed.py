"""A hundred segments as a shop really has them, as rules in text, and each as an analyst would write it by hand.

Counts, sums of money, days since, distinct, filters on properties, sequences and `not did`, of nineteen types of facts;
a third of the segments look at purchases and attributes, which by hand are folded anew from the facts of orders in each
query: what was told twice, refunded in part or whole, closed. Drawn with a seed: the same hundred every time.
"""

from __future__ import annotations

import random
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass

from benchmarks.segments_rules import TYPES
from benchmarks.segments_sql import Writer

SEED = 11


@dataclass(frozen=True)
class Leaf:
    """`of_orders`: its query selects from `bought`, the folded orders."""

    text: str
    by_hand: Callable[[Writer], str]
    of_orders: bool = False


def _facts(name: str, days: int | None, having: str, also: str = "") -> Callable[[Writer], str]:
    def sql(write: Writer) -> str:
        since = "" if days is None else f" AND occurred_at >= {write.since(days)}"
        told = also.replace("{path}", write.prop("path")).replace("{category}", write.prop("category"))  # fmt: skip
        tested = having.replace("{path}", write.prop("path")).replace("{day}", write.day())
        return (
            f"SELECT subject FROM {write.facts} WHERE type = '{name}'{since}{told}"
            f" GROUP BY subject HAVING {tested}"
        )

    return sql


def _since_last(name: str, days: int) -> Callable[[Writer], str]:
    return lambda write: (
        f"SELECT subject FROM {write.facts} WHERE type = '{name}'"
        f" GROUP BY subject HAVING max(occurred_at) >= {write.since(days - 1)}"
    )


def _in_turn(names: tuple[str, ...], within: int, days: int) -> Callable[[Writer], str]:
    """One after the other, the last at most so many days after the first: of each last one the latest before it."""

    def sql(write: Writer) -> str:
        def step(name: str) -> str:
            return (
                f"SELECT subject, occurred_at FROM {write.facts}"
                f" WHERE type = '{name}' AND occurred_at >= {write.since(days)}"
            )

        last, *before = reversed(names)
        turn = f"SELECT subject, occurred_at AS began, occurred_at AS ended FROM ({step(last)}) AS told"
        for name in before:
            turn = (
                "SELECT late.subject AS subject, early.occurred_at AS began, late.ended AS ended"
                f" FROM ({turn}) AS late ASOF JOIN ({step(name)}) AS early"
                " ON late.subject = early.subject AND late.began > early.occurred_at"
            )
        apart = f"{write.day('ended')} - {write.day('began')}"
        return f"SELECT DISTINCT subject FROM ({turn}) AS turns WHERE {apart} <= {within}"

    return sql


def _bought(having: str, *, where: str = "", before_today: bool = True) -> Callable[[Writer], str]:
    """Of folded orders; attributes count whole days before today, purchases up to now."""

    def sql(write: Writer) -> str:
        tests = [f"paid_at < {write.since(0)}"] if before_today else []
        if where:
            tests.append(where)
        narrowed = f" WHERE {' AND '.join(tests)}" if tests else ""
        return _dated(
            write, f"SELECT subject FROM bought{narrowed} GROUP BY subject HAVING {having}"
        )

    return sql


def _in_rhythm(having: str) -> Callable[[Writer], str]:
    """As it was known when today began, of whoever has an order that stands."""
    return lambda write: _dated(
        write,
        f"SELECT subject FROM bought_before GROUP BY subject HAVING {having}"
        f" INTERSECT{write.distinct} SELECT subject FROM bought WHERE paid_at < {write.since(0)}",
    )


def _dated(write: Writer, sql: str) -> str:
    return re.sub(r"\{since_(\d+)\}", lambda found: write.since(int(found[1])), sql)


def _refund_share(write: Writer) -> str:
    return (
        f"SELECT subject FROM orders WHERE paid_at >= {write.since(180)} AND paid_at < {write.since(0)}"
        " GROUP BY subject HAVING avg(CASE WHEN refunded > 0 THEN 1.0 ELSE 0.0 END) > 0.2"
    )


def _linked(write: Writer) -> str:
    return (
        f"SELECT subject FROM {write.facts} WHERE type IN ('link.started', 'link.ended') GROUP BY subject"
        " HAVING count(*) FILTER (WHERE type = 'link.started') > count(*) FILTER (WHERE type = 'link.ended')"
    )


def _linked_for(days: int) -> Callable[[Writer], str]:
    return lambda write: (
        f"{_linked(write)}"
        f" AND min(occurred_at) FILTER (WHERE type = 'link.started') < {write.since(days - 1)}"
    )


def _leaves() -> Iterator[Leaf]:
    chance = random.Random(SEED)
    for place, name in enumerate(TYPES):
        days, times = (7, 14, 30, 60, 90, 180)[place % 6], 1 + place % 4
        yield Leaf(
            f"count of {name} in last {days} days >= {times}",
            _facts(name, days, f"count(*) >= {times}"),
        )
        yield Leaf(f"did {name} in last 365 days", _facts(name, 365, "count(*) >= 1"))
    for name, days in (("page.viewed", 14), ("product.viewed", 7), ("message.in", 30), ("cart.added", 21)):  # fmt: skip
        yield Leaf(f"days since last {name} < {days}", _since_last(name, days))
    for days, money in ((30, 100), (90, 300), (365, 800)):
        yield Leaf(
            f"sum of amount over order.paid in last {days} days >= {money} money",
            _facts("order.paid", days, f"sum(amount) >= {money * 100}"),
        )
    yield Leaf(
        "average of amount over order.paid in last 365 days >= 180 money",
        _facts("order.paid", 365, "avg(amount) >= 18000"),
    )
    yield Leaf(
        "max of amount over order.paid in last 180 days >= 280 money",
        _facts("order.paid", 180, "max(amount) >= 28000"),
    )
    for days, times in ((30, 4), (90, 12)):
        yield Leaf(
            f"distinct of path over page.viewed in last {days} days >= {times}",
            _facts("page.viewed", days, f"count(DISTINCT {{path}}) >= {times}"),
        )
    yield Leaf(
        "distinct of on over product.viewed in last 60 days >= 3",
        _facts("product.viewed", 60, "count(DISTINCT {day}) >= 3"),
    )
    for number in sorted(chance.sample(range(50), 5)):
        yield Leaf(
            f'did product.viewed where category is "category-{number}" in last 90 days',
            _facts(
                "product.viewed", 90, "count(*) >= 1", f" AND {{category}} = 'category-{number}'"
            ),
        )
    for number in sorted(chance.sample(range(100, 900), 3)):
        yield Leaf(
            f'count of page.viewed where path starts with "path-{number // 10}" in last 180 days >= 1',
            _facts(
                "page.viewed", 180, "count(*) >= 1", f" AND {{path}} LIKE 'path-{number // 10}%'"
            ),
        )
    yield Leaf(
        "did cart.added then checkout.started within 7 days in last 90 days",
        _in_turn(("cart.added", "checkout.started"), 7, 90),
    )
    yield Leaf(
        "did product.searched then product.clicked then cart.added within 14 days in last 180 days",
        _in_turn(("product.searched", "product.clicked", "cart.added"), 14, 180),
    )
    yield Leaf(
        "did message.out then message.in within 3 days in last 90 days",
        _in_turn(("message.out", "message.in"), 3, 90),
    )


def _of_orders() -> Iterator[Leaf]:
    def leaf(text: str, sql: Callable[[Writer], str]) -> Leaf:
        return Leaf(text, sql, of_orders=True)

    yield leaf("days_365 >= 2", _bought("count(DISTINCT CASE WHEN paid_at >= {since_365} THEN bought_on END) >= 2"))  # fmt: skip
    yield leaf("days_365 >= 4", _bought("count(DISTINCT CASE WHEN paid_at >= {since_365} THEN bought_on END) >= 4"))  # fmt: skip
    yield leaf("net_365 >= 500 money", _bought("sum(CASE WHEN paid_at >= {since_365} THEN net END) >= 50000"))  # fmt: skip
    yield leaf("net_total >= 1000 money", _bought("sum(net) >= 100000"))
    yield leaf("days_since < 30", _in_rhythm("max(paid_at) >= {since_29}"))
    yield leaf("days_since < 60", _in_rhythm("max(paid_at) >= {since_59}"))
    yield leaf("days_since >= 120", _in_rhythm("max(paid_at) < {since_119}"))
    yield leaf("first_on in last 90 days", _bought("min(paid_at) >= {since_90}"))
    yield leaf("occasions >= 3", _in_rhythm("count(DISTINCT bought_on) >= 3"))
    yield leaf("refund_share > 0.2", _refund_share)
    yield leaf(
        "count of purchase in last 90 days >= 2",
        _bought("count(*) >= 2", where="paid_at >= {since_90}", before_today=False),
    )
    yield leaf(
        "sum of net over purchase in last 180 days >= 400 money",
        _bought("sum(net) >= 40000", where="paid_at >= {since_180}", before_today=False),
    )
    yield leaf(
        "average of paid over purchase in last 365 days >= 150 money",
        _bought("avg(paid) >= 15000", where="paid_at >= {since_365}", before_today=False),
    )
    yield leaf(
        "did purchase where refunded > 0 money in last 365 days",
        _bought(
            "count(*) >= 1", where="paid_at >= {since_365} AND refunded > 0", before_today=False
        ),
    )


LEAVES = list(_leaves())
OF_ORDERS = list(_of_orders())
OF_LINKS = [Leaf("linked", _linked), Leaf("link_days >= 90", _linked_for(90))]


@dataclass(frozen=True)
class Segment:
    """All of `every`, one of `some` if there are any, none of `without`; only `without`: everybody else."""

    slug: str
    every: tuple[Leaf, ...]
    some: tuple[Leaf, ...]
    without: tuple[Leaf, ...]

    @property
    def leaves(self) -> tuple[Leaf, ...]:
        return (*self.every, *self.some, *self.without)

    @property
    def text(self) -> str:
        parts = [each.text for each in self.every]
        if self.some:
            parts.append(f"({' or '.join(each.text for each in self.some)})")
        return " and ".join([*parts, *(f"not {each.text}" for each in self.without)])

    def sql(self, write: Writer) -> str:
        found = [each.by_hand(write) for each in self.every]
        if self.some:
            either = self.some[0].by_hand(write)
            for leaf in self.some[1:]:
                either = write.both(either, leaf.by_hand(write), "UNION")
                either = f"SELECT subject FROM {either} AS these"
            found.append(either)
        people = found[0] if found else write.everybody()
        for part in found[1:]:
            people = f"SELECT subject FROM {write.both(people, part, 'INTERSECT')} AS these"
        for leaf in self.without:
            people = f"SELECT subject FROM {write.both(people, leaf.by_hand(write), 'EXCEPT')} AS these"  # fmt: skip
        folded = write.orders() if any(each.of_orders for each in self.leaves) else ""
        return write.counted(f"({people})", folded)


def _hundred() -> Iterator[Segment]:
    """Each leaf in turn, so that all are used, with others drawn beside; every third looks at orders."""
    chance = random.Random(SEED)
    for number in range(100):
        own = LEAVES[number % len(LEAVES)]
        others = [each for each in LEAVES if each is not own]
        orders = OF_ORDERS[number // 3 % len(OF_ORDERS)]
        slug = f"mixed-{number}"
        one, two, three = chance.sample(others, 3)
        match number % 12:
            case 0:
                yield Segment(slug, (orders, own), (), (one,))
            case 1:
                yield Segment(slug, (own,), (), (one,))
            case 2:
                yield Segment(slug, (own, one), (), ())
            case 3:
                yield Segment(slug, (orders,), (own, one), ())
            case 4:
                yield Segment(slug, (), (own, one), (two,))
            case 5:
                yield Segment(slug, (chance.choice(OF_LINKS), own), (), (one,))
            case 6:
                yield Segment(slug, (orders, own), (one, two), (three,))
            case 7:
                yield Segment(slug, (own, one), (), (two, three))
            case 8:
                yield Segment(slug, (own,), (one, two), ())
            case 9:
                yield Segment(slug, (orders, chance.choice(OF_LINKS)), (), (own,))
            case 10:
                yield Segment(slug, (), (own, one, two), ())
            case _:
                yield Segment(slug, (), (), (own, one))


SEGMENTS = list(_hundred())
