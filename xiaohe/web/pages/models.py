"""The plain values that templates read; every one is already in the reader's words."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from xiaohe.web.drawing import Bars, Reach, Strip


@dataclass(frozen=True)
class Action:
    label: str
    href: str


@dataclass(frozen=True)
class Empty:
    """What an empty page teaches."""

    title: str
    text: str
    actions: tuple[Action, ...] = ()


@dataclass(frozen=True)
class Toast:
    """A line that stays for five seconds; `undo` is an address to post to."""

    text: str
    undo: str = ""


# ---- today ----
@dataclass(frozen=True)
class Card:
    """One task as a person reads it."""

    task: int
    person: int
    name: str
    reason: str
    kind_label: str
    care: bool
    account: str = ""
    search: str = ""
    words: str = ""
    advice: str = ""
    note: str = ""
    bought: str = ""
    can_change: bool = True
    closed: bool = False
    state_label: str = ""
    copied: bool = False
    currency_sign: str = "¥"


@dataclass(frozen=True)
class Left:
    """People who could have been on today's list, and the one reason why not."""

    rule: str
    label: str
    count: int


@dataclass(frozen=True)
class Today:
    on: date
    cards: tuple[Card, ...]
    data_until: date | None
    data_age: int
    minutes: int
    yesterday: tuple[Card, ...] = ()
    not_listed: tuple[Left, ...] = ()
    numbered_text: str = ""
    expectation: str = ""
    empty: Empty | None = None
    working: bool = False

    @property
    def left(self) -> int:
        """How many are still to be done."""
        return sum(not card.closed for card in self.cards)


# ---- people ----
@dataclass(frozen=True)
class Line:
    person: int
    name: str
    said: str
    stage: str
    linked: bool
    occasions: int | None


@dataclass(frozen=True)
class StageChip:
    key: str
    label: str
    count: int


@dataclass(frozen=True)
class Listing:
    total: int
    people: tuple[Line, ...] = ()
    stages: tuple[StageChip, ...] = ()
    stage: str = ""
    query: str = ""
    matching: int = 0
    first: int = 0
    last: int = 0
    previous: str = ""
    next: str = ""


@dataclass(frozen=True)
class Crowd:
    title: str
    back: str
    back_label: str
    listing: Listing
    note: str = ""


@dataclass(frozen=True)
class Told:
    label: str
    value: str


@dataclass(frozen=True)
class Moment:
    on: date
    text: str
    amount: str = ""
    kind: str = ""


@dataclass(frozen=True)
class Proof:
    text: str
    origin: str = ""  # where it is from, as a sentence
    href: str = ""  # the file it is from
    edge: str = ""
    undo: str = ""


@dataclass(frozen=True)
class Kind:
    key: str
    label: Any


@dataclass(frozen=True)
class Tied:
    """Somebody who belongs to the person of the page."""

    id: int
    person: int
    name: str
    kind: str
    words: str = ""


@dataclass(frozen=True)
class Profile:
    person: int
    name: str
    rhythm: str
    stage: str = ""
    vip: bool = False
    links: tuple[str, ...] = ()
    marks: tuple[str, ...] = ()
    strip: Strip | None = None
    card: Card | None = None
    why_not: str = ""
    timeline: tuple[Moment, ...] = ()
    kinds: tuple[Kind, ...] = ()
    shown: str = ""
    money: tuple[Told, ...] = ()
    evidence: tuple[Proof, ...] = ()
    accounts: tuple[Any, ...] = ()
    consent: str = ""
    can_contact: bool = True
    complaint: bool = False
    seen_by: tuple[str, ...] = ()
    notes: tuple[Any, ...] = ()
    ties: tuple[Tied, ...] = ()
    marked: str = ""  # what they are, if no customer
    came_from: str = ""
    days: tuple[Any, ...] = ()  # of pages/days.py
    day_names: tuple[Any, ...] = ()


# ---- numbers ----
@dataclass(frozen=True)
class Figure:
    """A number with its label; `missing` says what it waits for instead."""

    label: str
    value: str = ""
    href: str = ""
    few: bool = False
    missing: str = ""


@dataclass(frozen=True)
class River:
    reaches: tuple[Reach, ...]
    stops: tuple[Figure, ...]


@dataclass(frozen=True)
class ToDecide:
    text: str
    href: str
    label: str


@dataclass(frozen=True)
class Results:
    headline: str
    has_data: bool
    earned: str = ""
    data_until: date | None = None
    river: River | None = None
    axes: tuple[Figure, ...] = ()
    triangle: str = ""
    cohorts: Bars | None = None
    repeats: Bars | None = None
    contact: tuple[Figure, ...] = ()
    cost: str = ""
    spending: tuple[Figure, ...] = ()
    to_decide: tuple[ToDecide, ...] = ()


@dataclass(frozen=True)
class Side:
    label: str
    value: str = ""
    count: int = 0
    href: str = ""


@dataclass(frozen=True)
class Number:
    id: str
    name: str
    sentence: str
    formula: str
    window: str
    n: int
    few: bool
    as_of: str
    version: int
    sides: tuple[Side, ...]


# ---- files ----
@dataclass(frozen=True)
class ColumnChoice:
    value: str
    label: str


@dataclass(frozen=True)
class Choice:
    name: str
    label: str
    value: str
    columns: tuple[ColumnChoice, ...]


@dataclass(frozen=True)
class FileOnItsWay:
    upload: str
    name: str
    said: str = ""
    share: float | None = None
    refusal: str = ""
    question: str = ""
    choices: tuple[Choice, ...] = ()


@dataclass(frozen=True)
class Reading:
    files: tuple[FileOnItsWay, ...]
    href: str
    going: bool
    finished: str = ""

    @property
    def query(self) -> str:
        return self.href.partition("?")[2]


@dataclass(frozen=True)
class ImportLine:
    id: int
    title: str
    said: str


@dataclass(frozen=True)
class ToldLine:
    text: str
    href: str = ""


@dataclass(frozen=True)
class ToldCard:
    big: str
    lines: tuple[ToldLine, ...] = ()
    actions: tuple[Action, ...] = ()
    href: str = ""  # the people behind the number of `big`


@dataclass(frozen=True)
class Asked:
    """Somebody who is due, of whom it is not known whether they can be reached."""

    person: int
    name: str
    said: str


@dataclass(frozen=True)
class Read:
    headline: str
    lines: tuple[ImportLine, ...]
    told: tuple[ToldCard, ...]
    data_until: date | None
    data_age: int
    working: bool
    eyebrow: str = ""
    # What follows from the first line, and what else the files lack.
    then: tuple[str, ...] = ()
    asked: tuple[Asked, ...] = ()
    accounts: tuple[Any, ...] = ()
    # What other rooms ask on this page: name of a template, and what it takes.
    fragments: tuple[tuple[str, dict[str, Any]], ...] = ()


@dataclass(frozen=True)
class ReportLine:
    label: str
    count: int
    sub: bool = False
    sum: bool = False


@dataclass(frozen=True)
class ReportPage:
    id: int
    title: str
    sentence: str
    at: datetime
    lines: tuple[ReportLine, ...]
    beside: str = ""
    money: tuple[Told, ...] = ()
    state_label: str = ""
    can_undo: bool = False
    can_download: bool = False
    # What the file can and cannot tell of people.
    identifies: dict[str, list[str]] = field(default_factory=dict)


@dataclass(frozen=True)
class DataPage:
    sentence: str
    shop: Any
    imports: tuple[ImportLine, ...]
    accounts: tuple[Any, ...]
    sample_href: str
    currencies: tuple[str, ...] = ("CNY", "HKD", "USD", "EUR", "GBP", "JPY")
    zones: tuple[str, ...] = field(
        default=(
            "Asia/Shanghai",
            "Asia/Hong_Kong",
            "Asia/Singapore",
            "Asia/Tokyo",
            "Europe/London",
            "Europe/Berlin",
            "America/New_York",
            "America/Los_Angeles",
            "UTC",
        )
    )


@dataclass(frozen=True)
class Loading:
    said: str
    share: float | None
    href: str
    refusal: str = ""
