"""Every measure by its id: the one place where a page, a command or a report finds a number.

measure("M04").read(state) ─► Measured(value, numerator, denominator, n, window, as_of, …).people(side)
"""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import NotFound
from xiaohe.measures import coming, purchases, reach
from xiaohe.measures.definition import Definition
from xiaohe.measures.result import Unit
from xiaohe.measures.triangle import TRIANGLE, Triangle

YEAR = 365

_MEASURES: dict[str, Definition | Triangle] = {}


def measure(measure_id: str) -> Definition | Triangle:
    """The definition with this id."""
    found = _MEASURES.get(_spelled(measure_id))
    if found is None:
        raise NotFound("no_such_measure", _("There is no measure called %(id)s."), id=measure_id)
    return found


def _spelled(measure_id: str) -> str:
    """M04a however it was typed: a capital M, small letters behind the number."""
    plain = measure_id.strip().lower()
    return plain[:1].upper() + plain[1:]


def all_measures() -> tuple[Definition | Triangle, ...]:
    return tuple(_MEASURES.values())


def register(definition: Definition | Triangle) -> None:
    """Add a definition; an id means one thing."""
    if definition.id in _MEASURES:
        raise ValueError(f"two measures called {definition.id}")
    _MEASURES[definition.id] = definition


for _definition in (
    Definition(
        id="M01",
        version=1,
        name=_("Linked customers"),
        formula=_("people with at least one live friend, group or app link to an account of ours"),
        unit=Unit.PEOPLE,
        rows=reach.linked,
        days=None,
        missing=reach.without_links,
    ),
    Definition(
        id="M02",
        version=1,
        name=_("Awake customers"),
        formula=_("linked people who did something themselves within the window"),
        unit=Unit.PEOPLE,
        rows=reach.effective,
        days=reach.effective_days,
        missing=reach.without_signals,
    ),
    Definition(
        id="M03",
        version=1,
        name=_("Share awake"),
        formula=_("linked people who did something themselves within the window ÷ linked people"),
        unit=Unit.SHARE,
        rows=reach.effective,
        days=reach.effective_days,
        missing=reach.without_signals,
    ),
    Definition(
        id="M04",
        version=1,
        name=_("Buyers of the last year who are yours, at least"),
        formula=_(
            "recognisable buyers of the last 365 days who are linked now ÷ recognisable buyers of the"
            " last 365 days; at least so many, while some contacts are not recognised"
        ),
        unit=Unit.SHARE,
        rows=reach.owned_buyers,
        days=YEAR,
        missing=reach.without_owned,
    ),
    Definition(
        id="M04a",
        version=1,
        name=_("People who ever bought and are yours, at least"),
        formula=_(
            "people who ever bought and are linked now ÷ people who ever bought; at least so many,"
            " while some contacts are not recognised"
        ),
        unit=Unit.SHARE,
        rows=reach.owned_buyers,
        days=None,
        missing=reach.without_owned,
    ),
    Definition(
        id="M24a",
        version=1,
        name=_("Spend per buyer"),
        formula=_("cash received, less refunds, for orders that name a buyer ÷ buyers"),
        unit=Unit.MONEY,
        rows=purchases.spend_per_buyer,
        days=YEAR,
        missing=purchases.without_buyers,
    ),
    Definition(
        id="M24b",
        version=1,
        name=_("Spend per order"),
        formula=_("cash received, less refunds ÷ valid orders"),
        unit=Unit.MONEY,
        rows=purchases.spend_per_order,
        days=YEAR,
        missing=purchases.without_orders,
    ),
    Definition(
        id="M25",
        version=1,
        name=_("Repurchase rate"),
        formula=_("buyers who bought on two days or more within the window ÷ buyers of the window"),
        unit=Unit.SHARE,
        rows=purchases.bought_again,
        days=YEAR,
        missing=purchases.without_buyers,
    ),
    Definition(
        id="M26",
        version=1,
        name=_("Second-purchase rate"),
        formula=_(
            "first-time buyers who bought again within the given days ÷ first-time buyers who have had"
            " those days"
        ),
        unit=Unit.SHARE,
        rows=purchases.came_back,
        days=90,
        missing=purchases.without_mature,
        matures=True,
    ),
    Definition(
        id="M27",
        version=1,
        name=_("Share of returning buyers"),
        formula=_(
            "buyers of the window with an order after their first purchase day ÷ buyers of the window"
        ),
        unit=Unit.SHARE,
        rows=purchases.bought_before,
        days=YEAR,
        missing=purchases.without_buyers,
    ),
    Definition(
        id="M28",
        version=1,
        name=_("Money from returning buyers"),
        formula=_(
            "cash received, less refunds, for orders after the buyer's first purchase day ÷ cash received,"
            " less refunds, for orders that name a buyer"
        ),
        unit=Unit.SHARE,
        rows=purchases.money_after_first,
        days=YEAR,
        missing=purchases.without_buyers,
    ),
    Definition(
        id="M52a",
        version=1,
        name=_("Orders with a known buyer"),
        formula=_("valid orders that name a buyer ÷ valid orders"),
        unit=Unit.SHARE,
        rows=purchases.known_orders,
        days=YEAR,
        missing=purchases.without_orders,
        splits=("platform",),
    ),
    Definition(
        id="M52b",
        version=1,
        name=_("Orders of linked buyers"),
        formula=_("valid orders of people who are linked now ÷ valid orders"),
        unit=Unit.SHARE,
        rows=reach.orders_of_linked,
        days=YEAR,
        missing=purchases.without_orders,
        splits=("platform",),
    ),
):
    register(_definition)
for _definition in coming.DEFINITIONS:
    register(_definition)
register(TRIANGLE)
