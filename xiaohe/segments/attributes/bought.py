"""What somebody bought before day D: the whole of it, the last year, the last half-year, and their habits in it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.ledger.engine import micros
from xiaohe.segments.attributes.cuts import HALF_YEAR, YEAR, Cuts
from xiaohe.segments.attributes.registry import Hour, Way
from xiaohe.segments.records.purchases import every
from xiaohe.shop.taxonomy import PLATFORMS, SourceType

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

# Hours of the shop's clock: from … to below; night is the rest.
PARTS = {Hour.MORNING: (5, 11), Hour.NOON: (11, 17), Hour.EVENING: (17, 22)}
ONLINE = (
    SourceType.ECOMMERCE, SourceType.SHORT_VIDEO, SourceType.FEED, SourceType.LOCAL, SourceType.WECHAT,
    SourceType.OWN,
)  # fmt: skip
NOT_ONLINE = sorted(each.id for each in PLATFORMS.values() if each.type not in ONLINE)
TILL = "pos"
# A habit is more than once.
HABIT_ORDERS = 2
_LONG_AGO = date(2000, 1, 1)
_DAYS = 100_000
_WIDTH = 17


def bought(world: World, cuts: Cuts) -> ir.Table:
    """One row per buyer: first_on, bought_on, net_total, net_365, days_365, bought_at, promo_share, refund_share, habits.

    Purchases of D itself are in no day's count before tomorrow, as in the rhythm.
    """
    fields = ["net", "refunded", "platform", "store", "coupon", "discount", "hour"]
    orders = world.records("purchase", fields)
    orders = orders.filter(orders.on < ibis.literal(world.on))
    orders = orders.mutate(
        year=orders.on >= ibis.literal(world.on - timedelta(YEAR)),
        half=orders.on >= ibis.literal(world.on - timedelta(HALF_YEAR)),
        told=orders.platform.isin(cuts.tells_discounts) if cuts.tells_discounts else ibis.literal(False),
        promo=(orders.coupon.notnull() | (orders.discount > 0)).fill_null(False),
    )  # fmt: skip
    in_store = (orders.store.notnull() | (orders.platform == TILL)).fill_null(False)
    # Which platforms are none is known: of each order it need not be found out. One that nobody listed is of the owner's
    # own formats, and sells.
    platform = orders.platform.re_extract(r"^([^:]+)", 1)
    online = (~in_store & ~platform.isin(NOT_ONLINE)).fill_null(False)
    day = orders.on.delta(ibis.literal(_LONG_AGO), unit="day").cast("int64")
    found = orders.group_by("person").aggregate(
        first_on=orders.on.min(),
        bought_on=orders.on.max(),
        net_total=orders.net.sum(),
        net_365=orders.net.sum(where=orders.year),
        days_365=orders.on.nunique(where=orders.year),
        orders_180=orders.count(where=orders.half),
        told_180=orders.count(where=orders.half & orders.told),
        promo_180=orders.count(where=orders.half & orders.told & orders.promo),
        in_store=orders.count(where=orders.half & in_store),
        online=orders.count(where=orders.half & online),
        # The latest purchase that names a store; of one instant the last name. An instant has a fixed width here.
        placed=(_instant(orders) + orders.store).max(),
        **{f"in_{part}": orders.count(where=orders.half & _in(orders.hour, part)) for part in Hour},
        **{f"on_{part}": day.max(where=orders.half & _in(orders.hour, part)) for part in Hour},
    )
    found = found.mutate(
        bought_at=found.placed.substr(_WIDTH),
        promo_share=found.promo_180 / found.told_180.nullif(0),
        hour_habit=_hour_habit(found),
        shop_habit=ibis.cases(
            (found.in_store + found.online < HABIT_ORDERS, ibis.null("string")),
            (found.online == 0, Way.STORE.value),
            (found.in_store == 0, Way.ONLINE.value),
            else_=Way.BOTH.value,
        ),
    )
    return found.select(
        "person", "first_on", "bought_on", "net_total", "net_365", "days_365", "orders_180", "promo_180",
        "promo_share", "hour_habit", "shop_habit", "bought_at",
    )  # fmt: skip


def _instant(orders: ir.Table) -> Any:
    return micros(orders["at"]).cast("string").lpad(_WIDTH, "0")


def _in(hour: Any, part: Hour) -> Any:
    if part is Hour.NIGHT:
        return (hour.notnull() & ((hour >= 22) | (hour < 5))).fill_null(False)
    begins, ends = PARTS[part]
    return ((hour >= begins) & (hour < ends)).fill_null(False)


def _hour_habit(found: ir.Table) -> Any:
    """The part with most orders, of equals the one bought in last, then the earlier part of the day."""
    weights = {
        part: found[f"in_{part}"] * _DAYS + found[f"on_{part}"].fill_null(0) for part in Hour
    }
    most = ibis.greatest(*weights.values())
    timed = sum((found[f"in_{part}"] for part in Hour), ibis.literal(0, "int64"))
    return ibis.cases(
        (timed < HABIT_ORDERS, ibis.null("string")),
        *((weight == most, part.value) for part, weight in weights.items()),
    )


def refunds(world: World) -> ir.Table:
    """(person, refund_share): orders of 180 days of which money went back, in part or whole, ÷ those paid."""
    orders = every(world)
    since = ibis.literal(world.on - timedelta(HALF_YEAR))
    orders = orders.filter(orders.was_paid, orders.on >= since, orders.on < ibis.literal(world.on))
    found = orders.group_by("person").aggregate(
        refund_share=(orders.refunded > 0).cast("float64").mean()
    )
    return found.select("person", "refund_share")


def categories(world: World) -> ir.Table:
    """(person, category_1, category_2): the groups of goods of most purchases in 365 days.

    A group is the merchant's where goods have one, else the category their lines state. Of equals the one bought last,
    then by name.
    """
    since = world.on - timedelta(YEAR)
    lines = world.records("purchase.item", ["group", "category"], since=since)
    lines = lines.filter(lines.on >= ibis.literal(since), lines.on < ibis.literal(world.on))
    lines = lines.mutate(called=ibis.coalesce(lines.group, lines.category.nullif("")))
    lines = (
        lines.filter(lines.called.notnull()).select("person", "called", "times", "on").distinct()
    )
    each = lines.group_by("person", "called").aggregate(
        orders=lines.count(), last_on=lines.on.max()
    )
    best = ibis.window(
        group_by=each.person, order_by=[each.orders.desc(), each.last_on.desc(), each.called]
    )
    each = each.mutate(place=ibis.row_number().over(best))
    each = each.filter(each.place < 2)
    return each.group_by("person").aggregate(
        category_1=each.called.max(where=each.place == 0),
        category_2=each.called.max(where=each.place == 1),
    )
