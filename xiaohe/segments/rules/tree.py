"""The rule tree: what a segment says of a person. Pure; text, sentence, query and explanation are all made from it.

    Rule = All | AnyOf | Not | Everyone | Compare | Measure | Sequence | Been | Rank | InSegment | Share | Listed

Two-valued throughout: what is unknown fits no comparison, and `Not` turns exactly that around. So `Not(rule)` has
everybody whom `rule` has not, also at the root.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from enum import StrEnum
from typing import TypeAlias

from xiaohe.segments.rules.windows import EVER, Unit, Window


class Op(StrEnum):
    """How a value is compared; `KNOWN` and `TRUE` need no operand."""

    IS = "is"
    IN = "in"
    CONTAINS = "contains"
    STARTS = "starts with"
    ENDS = "ends with"
    MATCHES = "matches"
    LESS = "<"
    AT_MOST = "<="
    MORE = ">"
    AT_LEAST = ">="
    BETWEEN = "between"
    KNOWN = "is known"
    TRUE = "is true"
    # The operand is a window: a date lies in it. For recurring dates (birthdays) the next or this year's day does.
    WITHIN = "within"


@dataclass(frozen=True)
class Money:
    """An amount in minor units of the shop's currency; written `¥12.50`, or `12.50 money` where that is no yuan."""

    minor: int


# Text, number (exact), truth, money or day. Numbers are Decimal, never float, so that a text form is one.
Value: TypeAlias = str | Decimal | bool | Money | date


@dataclass(frozen=True)
class Test:
    """What a value must be. `values`: one for most, two for BETWEEN (ends included), several for IN."""

    op: Op
    values: tuple[Value, ...] = ()
    window: Window | None = None


@dataclass(frozen=True)
class Everyone:
    """Everybody the shop knows."""


@dataclass(frozen=True)
class Compare:
    """A person's attribute; inside `Records.where` a record's field."""

    field: str
    test: Test


@dataclass(frozen=True)
class All:
    """Each of two or more."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class AnyOf:
    """At least one of two or more."""

    rules: tuple[Rule, ...]


@dataclass(frozen=True)
class Not:
    rule: Rule


# A condition on one record: All, AnyOf, Not and Compare only.
Where: TypeAlias = "All | AnyOf | Not | Compare"


@dataclass(frozen=True)
class Records:
    """Some of a person's records: facts of a type, or what the shop folded from them (`records.py` lists both)."""

    of: str
    where: Where | None = None
    window: Window = EVER


class Fold(StrEnum):
    """What is made of a person's records. Of no record: COUNT, SUM and DISTINCT are 0, everything else unknown."""

    COUNT = "count"
    SUM = "sum"
    AVERAGE = "average"
    MIN = "min"
    MAX = "max"
    DISTINCT = "distinct"
    FIRST = "first"
    LAST = "last"
    # Whole shop days since the first or the last of them.
    DAYS_SINCE_FIRST = "days since first"
    DAYS_SINCE_LAST = "days since last"


@dataclass(frozen=True)
class Measure:
    """A number or value made of records, compared. `did X` is COUNT at least 1. COUNT and DAYS_SINCE have no field."""

    fold: Fold
    records: Records
    test: Test
    field: str = ""


@dataclass(frozen=True)
class Sequence:
    """Records of each step one after the other, each strictly later, from first to last within `within` × `unit`.

    Windows of the steps are EVER; `window` holds for the first step's record.
    """

    steps: tuple[Records, ...]
    within: int
    unit: Unit
    window: Window = EVER


@dataclass(frozen=True)
class Been:
    """`rule` (a Compare of a logged attribute, or InSegment) has held without a break for so many days until now."""

    rule: Compare | InSegment
    days: int


@dataclass(frozen=True)
class Rank:
    """The person's place by a number attribute among those who have it: `low` ≤ percentile ≤ `high` (0–100).

    `per` is an attribute whose equal values form the group (`store`); empty: the whole shop.
    percentile = 100 × (those with less + half of those with the same) ÷ all.
    """

    field: str
    low: Decimal
    high: Decimal
    per: str = ""


@dataclass(frozen=True)
class InSegment:
    """A member of another segment, named by its slug, which a rename does not change."""

    slug: str


@dataclass(frozen=True)
class Share:
    """A random share: HMAC-SHA256(shop salt, `salt` and root subject) as a percentage in [low, high)."""

    salt: str
    low: Decimal
    high: Decimal


@dataclass(frozen=True)
class Listed:
    """These people, by person id; an id that was joined into another person means that person."""

    people: tuple[int, ...] = field(default=())


Leaf: TypeAlias = Everyone | Compare | Measure | Sequence | Been | Rank | InSegment | Share | Listed
Rule: TypeAlias = Leaf | All | AnyOf | Not


def leaves(rule: Rule) -> Iterator[Leaf]:
    """Every leaf, left to right, repeated ones too."""
    match rule:
        case All(rules) | AnyOf(rules):
            for each in rules:
                yield from leaves(each)
        case Not(inner):
            yield from leaves(inner)
        case _:
            yield rule
