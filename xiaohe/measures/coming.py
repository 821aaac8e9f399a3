"""The measures of how people come: M05 to M08, what an add costs (M34), and what it is worth after 30 days."""

from __future__ import annotations

import ibis.expr.types as ir
from django.utils.translation import gettext_lazy as _

from xiaohe.measures import sources
from xiaohe.measures.definition import Definition, Tables
from xiaohe.measures.result import Unit
from xiaohe.traits import coming

YEAR = 365


def _adds(tables: Tables) -> ir.Table:
    return sources.adds(tables)


def _scans(tables: Tables) -> ir.Table:
    return sources.told(tables, coming.SCANNED)


def _cards(tables: Tables) -> ir.Table:
    return sources.told(tables, coming.SHIPPED)


DEFINITIONS = (
    Definition(
        id="M05",
        version=1,
        name=_("Added after the parcel"),
        formula=_(
            "buyers who were not linked when a parcel came and were 14 days later ÷ buyers who were not"
            " linked when a parcel came and have had their 14 days; a parcel of which only the sending is"
            " told came 5 days later"
        ),
        unit=Unit.SHARE,
        rows=sources.linked_after_parcel,
        days=14,
        missing=sources.without_parcels,
        matures=True,
        splits=("platform",),
    ),
    Definition(
        id="M06",
        version=1,
        name=_("Adds per card sent"),
        formula=_("people newly added by the codes of cards ÷ cards sent in the window"),
        unit=Unit.SHARE,
        rows=sources.added_per_card,
        days=YEAR,
        missing=sources.without_cards,
        splits=sources.PLACES,
        dated=_cards,
    ),
    Definition(
        id="M07",
        version=1,
        name=_("Scans per card sent"),
        formula=_("people who scanned a card’s code ÷ cards sent in the window"),
        unit=Unit.SHARE,
        rows=sources.scanned_per_card,
        days=YEAR,
        missing=sources.without_cards,
        splits=sources.PLACES,
        dated=_cards,
    ),
    Definition(
        id="M08",
        version=1,
        name=_("Adds per person who scanned"),
        formula=_("people newly added by codes that were scanned ÷ people who scanned"),
        unit=Unit.SHARE,
        rows=sources.added_per_scanner,
        days=YEAR,
        missing=sources.without_scans,
        splits=sources.PLACES,
        dated=_scans,
    ),
    Definition(
        id="M34a",
        version=1,
        name=_("Cost per new contact"),
        formula=_(
            "money noted as cost, and minutes at your hourly rate ÷ people added for the first time;"
            " without a rate, minutes are shown and not priced"
        ),
        unit=Unit.MONEY,
        rows=sources.cost_per_add,
        settings=sources.hour_cost,
        days=YEAR,
        missing=sources.without_cost_of_adds,
        splits=sources.PLACES,
        dated=_adds,
    ),
    Definition(
        id="M34b",
        version=1,
        name=_("Cost per first-time buyer"),
        formula=_(
            "money noted as cost, and minutes at your hourly rate ÷ people who bought for the first time"
        ),
        unit=Unit.MONEY,
        rows=sources.cost_per_first_buyer,
        settings=sources.hour_cost,
        days=YEAR,
        missing=sources.without_cost_of_buyers,
        splits=sources.PLACES,
    ),
    Definition(
        id="D30",
        version=1,
        name=_("Worth 30 days after being added"),
        formula=_(
            "cash received, less refunds, for orders in the 30 days from the day of being added ÷ people"
            " added for the first time who have had their 30 days"
        ),
        unit=Unit.MONEY,
        rows=sources.worth_after_add,
        days=30,
        missing=sources.without_mature_adds,
        matures=True,
        splits=sources.PLACES,
        dated=_adds,
    ),
)
