"""Where the shop's quantiles lie: reckoned over everybody once per state, shown to people, the same for all questions.

| name                 | over                                       | values |
|----------------------|--------------------------------------------|--------|
| recency              | buyers of 365 days: days since the last    | P20 P40 P60 P80 |
| frequency            | buyers of 365 days: purchase days          | P20 P40 P60 P80 |
| money                | buyers of 365 days: net                    | P20 P40 P60 P80 |
| worth                | buyers of 365 days: net                    | P50 P80 |
| heavy_days, heavy_net | buyers of 365 days: purchase days, net    | P80 |
| vip                  | buyers of 365 days: net                    | the least net of the top 5 %; none if nobody is |
| usual_net            | everybody who ever bought: usual_net       | P5, P10 … P95 |

Linearly interpolated, money in minor units. A value at a cut belongs to the better side of recency, and otherwise has
reached it (worth, heavy, vip, usual_net) or not passed it (frequency, money); so equal people always stand together.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa
import pyarrow.compute as pc

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.segments.rules.windows import Last, Unit, days_of
from xiaohe.stats import readiness
from xiaohe.stats.readiness import Line
from xiaohe.stats.rfm import FIFTHS
from xiaohe.stats.value import BAND_EDGES, PURCHASE_CLASSES
from xiaohe.traits.chance import ChanceTable, Tally

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

KEPT = "cuts"
YEAR = 365
HALF_YEAR = 180
# Of these facts none takes a purchase away, or what is told of it.
ADDING = frozenset({"order.created", "order.paid", "order.item"})
TWENTIETHS = tuple(number / 20 for number in range(1, 20))
# name → (column of the year's buyers, shares)
OF_THE_YEAR: Mapping[str, tuple[str, tuple[float, ...]]] = {
    "recency": ("days", FIFTHS),
    "frequency": ("days_365", FIFTHS),
    "money": ("net_365", FIFTHS),
    "worth": ("net_365", (0.5, 0.8)),
    "heavy_days": ("days_365", (0.8,)),
    "heavy_net": ("net_365", (0.8,)),
}


@dataclass(frozen=True)
class Cut:
    """Where a quantity is cut, ascending, and how many people it was reckoned over; no values over nobody."""

    values: tuple[float, ...]
    n: int


@dataclass(frozen=True)
class Cuts:
    """Everything a person's attributes take from the whole shop, on the day of a state."""

    on: date
    cuts: Mapping[str, Cut]
    # The measured chance to come back of regulars (True) and others (False); see `traits.stage`.
    may_return: Mapping[bool, float] = field(default_factory=dict)
    # The shop's own line of readiness by purchase class, where it has one.
    curves: Mapping[int, Line] = field(default_factory=dict)
    # Platforms whose orders say of coupons and discounts: of others nobody knows.
    tells_discounts: tuple[str, ...] = ()

    def values(self, name: str) -> tuple[float, ...]:
        return self.cuts[name].values

    def as_json(self) -> dict[str, Any]:
        return {
            "on": self.on.isoformat(),
            "cuts": {
                name: {"values": list(cut.values), "n": cut.n} for name, cut in self.cuts.items()
            },
            "may_return": [[regular, share] for regular, share in sorted(self.may_return.items())],
            "curves": [
                [kind, [list(step) for step in line.steps]] for kind, line in self.curves.items()
            ],
            "tells_discounts": list(self.tells_discounts),
        }

    @staticmethod
    def from_json(data: dict[str, Any]) -> Cuts:
        curves = {
            kind: Line(readiness.RHYTHM.code, tuple((step[0], step[1]) for step in steps))
            for kind, steps in data["curves"]
        }
        return Cuts(
            date.fromisoformat(data["on"]),
            {name: Cut(tuple(cut["values"]), cut["n"]) for name, cut in data["cuts"].items()},
            dict(data["may_return"]),
            curves,
            tuple(data["tells_discounts"]),
        )


def of(world: World) -> Cuts:
    """Those of the world's state; put into `world.kept[KEPT]` before, they are others (of the base it belongs to)."""
    if KEPT not in world.kept:
        world.kept[KEPT] = reckon(world)
    found: Cuts = world.kept[KEPT]
    return found


def reckon(world: World) -> Cuts:
    """Over everybody, whoever the world is about."""
    shop = world.everybody()
    on, past = world.state.on, world.state.chance_table
    cuts = _of_state(shop)
    return Cuts(on, cuts, past.may_return(), _curves(past), _tell_discounts(shop, on))


def told_again(world: World, told: Cuts) -> Cuts:
    """`told` of this very state, with what facts since may have changed: which platforms tell of discounts."""
    return replace(told, tells_discounts=_tell_discounts(world.everybody(), told.on))


def told_more(narrow: World, told: Cuts) -> Cuts:
    """The same where no purchase went away: those of the people of `narrow`, of whom facts came, are added to `told`."""
    more = {*told.tells_discounts, *_tell_discounts(narrow, told.on)}
    return replace(told, tells_discounts=tuple(sorted(more)))


def only_add(facts: pa.Table, on: date, calendar: ShopCalendar, *, billed: bool = True) -> bool:
    """Whether these facts (FACT_SCHEMA) can but add purchases to those of the year before `on`.

    Who ordered and paid; and not so long ago that a purchase could move out of the year. `billed`: the shop may have bills.
    """
    about = facts.filter(pc.starts_with(facts["type"], "order."))
    began = calendar.start_of(on - timedelta(YEAR)) + calendar.start_shift
    if not set(about["type"].unique().to_pylist()) <= ADDING:
        return False
    if billed and about["other"].null_count < about.num_rows:
        # It may state a payment that a bill had told of (`traits.bills`).
        return False
    return not about.num_rows or bool(pc.min(about["occurred_at"]).as_py() >= began)


_known: dict[str, Mapping[str, Cut]] = {}


def _of_state(shop: World) -> Mapping[str, Cut]:
    """Those of the state's own tables, which never change: reckoned once per state."""
    state = shop.state
    if not state.id:
        return of_buyers(shop.read, shop.table("rhythm"), state.on)
    if state.id not in _known:
        if len(_known) > 8:
            _known.clear()
        _known[state.id] = of_buyers(shop.read, shop.table("rhythm"), state.on)
    return _known[state.id]


def of_buyers(read: Any, buyers: ir.Table, on: date) -> dict[str, Cut]:
    """The cuts of the shop's rhythm (`traits.build`) of day `on`: two questions, whatever the shop's size."""
    days = ibis.literal(on).delta(buyers.bought_on, unit="day").cast("int64")
    year = buyers.mutate(days=days)
    year = year.filter(year.days_365 > 0)
    asked: dict[str, Any] = {"n": year.count(), "vip": year.net_365.min(where=year.vip)}
    for name, (column, shares) in OF_THE_YEAR.items():
        asked |= _quantiles(name, year[column], shares)
    found = read.run(year.aggregate(**asked)).to_pylist()[0]
    cuts = {
        name: _cut(found, name, len(shares), found["n"])
        for name, (_column, shares) in OF_THE_YEAR.items()
    }
    cuts["vip"] = Cut(() if found["vip"] is None else (float(found["vip"]),), found["n"])
    known = buyers.filter(buyers.value.notnull())
    told = known.aggregate(n=known.count(), **_quantiles("usual_net", known.value, TWENTIETHS))
    usual = read.run(told).to_pylist()[0]
    cuts["usual_net"] = _cut(usual, "usual_net", len(TWENTIETHS), usual["n"])
    return cuts


def _quantiles(name: str, column: Any, shares: tuple[float, ...]) -> dict[str, Any]:
    return {f"{name}_{place}": column.quantile(share) for place, share in enumerate(shares)}


def _cut(row: dict[str, Any], name: str, count: int, n: int) -> Cut:
    return Cut(tuple(float(row[f"{name}_{place}"]) for place in range(count)) if n else (), n)


def _curves(past: ChanceTable) -> dict[int, Line]:
    lines = {
        kind: readiness.own_curve(
            [past.cells.get((kind, band), Tally()).share for band in range(len(BAND_EDGES) + 1)]
        )
        for kind in PURCHASE_CLASSES
    }
    return {kind: line for kind, line in lines.items() if line is not None}


def _tell_discounts(shop: World, on: date) -> tuple[str, ...]:
    """Platforms of which an order of the last year states a coupon or a discount."""
    span = days_of(Last(YEAR, Unit.DAYS), on)
    assert span is not None
    bought = shop.records("purchase", ["platform", "coupon", "discount"], since=span.first)
    telling = bought.filter(bought.coupon.notnull() | bought.discount.notnull())
    found = shop.read.run(telling.select("platform").distinct().order_by("platform"))
    return tuple(found["platform"].to_pylist())


def passed(value: ir.Value, cuts: tuple[float, ...]) -> ir.IntegerValue:
    """How many cuts lie below the value."""
    return _sum((value > cut) for cut in cuts)


def _sum(conditions: Any) -> ir.IntegerValue:
    total: Any = ibis.literal(0, "int64")
    for each in conditions:
        total = total + each.cast("int64")
    return total
