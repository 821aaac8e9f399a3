"""Plain values the builder's templates draw: controls, lines and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any


class Tag(StrEnum):
    SELECT = "select"
    TEXT = "text"
    NUMBER = "number"
    DATE = "date"
    CHECKS = "checks"
    HIDDEN = "hidden"
    WORD = "word"


@dataclass(frozen=True)
class Option:
    value: str
    label: Any
    chosen: bool = False


@dataclass(frozen=True)
class Options:
    """Options under one heading; without one they stand by themselves."""

    options: tuple[Option, ...]
    label: Any = ""


@dataclass(frozen=True)
class Part:
    """One control of a line. `shapes`: another choice changes which controls follow."""

    tag: Tag
    name: str = ""
    label: Any = ""
    value: str = ""
    groups: tuple[Options, ...] = ()
    shapes: bool = False
    # What may be typed, offered while typing.
    known: tuple[str, ...] = ()
    wide: bool = False
    # What its button is called, where one has to be tapped after typing.
    button: Any = ""

    @property
    def id(self) -> str:
        return self.name.replace(":", "_")


@dataclass(frozen=True)
class Line:
    """One node of the draft as the page shows it."""

    place: str
    kind: str
    is_not: bool
    parts: tuple[Part, ...] = ()
    # Of a record, all of which must hold; of a group, its lines.
    lines: tuple[Line, ...] = ()
    problem: str = ""
    # It lacks something, said or not.
    is_open: bool = False
    join: str = ""
    # The line's text form, if it is whole: what puts it back after it was taken away.
    text: str = ""
    # What a screen reader calls it.
    said: str = ""

    @property
    def is_group(self) -> bool:
        return self.kind == "group"

    @property
    def can_have_conditions(self) -> bool:
        return self.kind in ("measure", "step")

    @property
    def is_sequence(self) -> bool:
        return self.kind == "sequence"

    @property
    def up(self) -> str:
        return self.place.rpartition("-")[0]

    @property
    def number(self) -> str:
        return self.place.rpartition("-")[2]


@dataclass(frozen=True)
class Mark:
    """Where a text went wrong: what stands before it, the place itself, and what follows."""

    before: str
    there: str
    after: str
    problem: str
    # The whole text mended, and how the mended place reads; empty where nobody knows.
    fixed: str = ""
    fix: str = ""


@dataclass(frozen=True)
class Look:
    """What a rule finds, while it is being put together."""

    sentence: str
    count: int | None = None
    about: bool = False
    everybody: int = 0
    names: tuple[tuple[int, str], ...] = ()
    # How many each line removes, in words, by place.
    cuts: Mapping[str, str] = field(default_factory=dict)
    problem: str = ""
    unfinished: int = 0
    # The first line that lacks something.
    open_at: str = ""
    waiting: str = ""


@dataclass(frozen=True)
class Builder:
    root: Line
    look: Look
    name: str = ""
    slug: str = ""
    mark: Mark | None = None
    shelves: tuple[Any, ...] = ()
    dropped: Line | None = None
    refusal: str = ""
    text: str = ""
    # Of a saved one: what it is called, whatever stands in the field.
    title: str = ""
    # Of a saved one, which version its lines began as.
    version: int = 0
