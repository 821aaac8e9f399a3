"""The people of a segment as a table with columns of choice, searched, sorted and paged."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any
from urllib.parse import urlencode

from django.utils.translation import gettext as _

from xiaohe.kernel.money import spoken
from xiaohe.people import names, search
from xiaohe.segments import state
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.state import Standing
from xiaohe.web.pages import people
from xiaohe.web.pages.segments import called
from xiaohe.web.pages.segments.controls import Options
from xiaohe.web.templatetags.xiaohe import shop_day

PAGE = 25
# Looked through for those of the segment.
MOST_HITS = 200
COOKIE = "xiaohe_columns"
FIRST_COLUMNS = ("stage", "net_365", "last_on", "due_on")
MOST_COLUMNS = 8
NUMERIC = frozenset({Kind.NUMBER, Kind.MONEY})


@dataclass(frozen=True)
class Asked:
    """What of the table is wanted."""

    columns: tuple[str, ...] = FIRST_COLUMNS
    order: str = ""
    number: int = 1
    query: str = ""


@dataclass(frozen=True)
class Column:
    name: str
    label: str
    is_number: bool
    # Where its head leads: sorted by it, the other way round if it is already.
    href: str
    sorted: str = ""


@dataclass(frozen=True)
class Cell:
    text: str
    is_number: bool
    # What a phone says in front of it, where columns have no heads.
    label: str = ""


@dataclass(frozen=True)
class Row:
    person: int
    name: str
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class Table:
    columns: tuple[Column, ...]
    rows: tuple[Row, ...]
    total: int
    first: int
    last: int
    previous: str
    next: str
    query: str
    choices: tuple[Options, ...]
    chosen: tuple[str, ...]


def asked_of(sent: Any, remembered: str) -> Asked:
    """From an address, and for columns from what was chosen before."""
    chosen = sent.getlist("c") or remembered.split(".")
    columns = tuple(dict.fromkeys(name for name in chosen if name in ATTRIBUTES))[:MOST_COLUMNS]
    order = sent.get("sort", "")
    number = sent.get("page", "1")
    return Asked(
        columns or FIRST_COLUMNS,
        order if order.lstrip("-") in ATTRIBUTES else "",
        int(number) if number.isdecimal() and 0 < len(number) < 7 else 1,
        sent.get("q", "").strip(),
    )


def page(slug: str, rule: Rule, asked: Asked, now: datetime) -> Table:
    """One page of the people who fit, or those of them a search finds."""
    standing = state.current(now)
    if asked.query:
        hits = dict.fromkeys(hit.person for hit in search.find(asked.query, limit=MOST_HITS))
        found = [person for person in hits if standing.contains(person, rule)][:PAGE]
        total, first = len(found), 0
    else:
        total = int(standing.count(rule))
        last = max(1, -(-total // PAGE))
        number = min(asked.number, last)
        first = (number - 1) * PAGE
        found = standing.people(rule, asked.order or "-net_365", PAGE, first)
        asked = Asked(asked.columns, asked.order, number)
    shown = names.display(found) if found else {}
    cells = cells_of(standing, found, asked.columns)
    rows = tuple(
        Row(person, people.name_of(shown, person), mine)
        for person, mine in zip(found, cells, strict=True)
    )
    reached = first + len(rows)
    return Table(
        columns=tuple(_column(name, asked) for name in asked.columns),
        rows=rows,
        total=total,
        first=first + 1,
        last=reached,
        previous=_href(asked, asked.number - 1) if first else "",
        next=_href(asked, asked.number + 1) if reached < total and not asked.query else "",
        query=asked.query,
        choices=called.columns(ATTRIBUTES),
        chosen=asked.columns,
    )


def cells_of(
    standing: Standing, found: Sequence[int], columns: Sequence[str]
) -> list[tuple[Cell, ...]]:
    """What stands in the columns, for people to read."""
    if not found:
        return []
    currency = standing.generation.traits.currency
    rows = standing.rows(found, columns).to_pylist()
    return [
        tuple(
            Cell(
                said(name, row[name], currency, standing.on),
                ATTRIBUTES[name].kind in NUMERIC,
                called.head(name),
            )
            for name in columns
        )
        for row in rows
    ]


def said(name: str, value: Any, currency: str, on: date) -> str:
    """One attribute in words; nothing where it is unknown."""
    if value is None:
        return ""
    match ATTRIBUTES[name].kind:
        case Kind.MONEY:
            return spoken(int(value), currency)
        case Kind.DAY | Kind.RECURRING:
            return shop_day(value, on)
        case Kind.CHOICE | Kind.TEXT:
            return called.choice(name, str(value))
        case Kind.TRUTH:
            return _("yes") if value else ""
        case Kind.NUMBER:
            return f"{value:,.0f}" if float(value) == int(value) else f"{value:,.2f}"
    return str(value)


def _column(name: str, asked: Asked) -> Column:
    kind = ATTRIBUTES[name].kind
    biggest_first = kind in NUMERIC or kind is Kind.DAY
    order = f"-{name}" if biggest_first else name
    if asked.order == order:
        order = name if biggest_first else f"-{name}"
    told = {f"-{name}": "descending", name: "ascending"}.get(asked.order, "")
    href = _href(Asked(asked.columns, order), 1)
    return Column(name, called.head(name), kind in NUMERIC, href, told)


def _href(asked: Asked, number: int) -> str:
    told: list[tuple[str, str]] = [("c", name) for name in asked.columns]
    if asked.order:
        told.append(("sort", asked.order))
    if number > 1:
        told.append(("page", str(number)))
    return urlencode(told)
