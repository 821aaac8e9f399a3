"""Plain values the builder's templates draw: controls, lines and groups."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, ClassVar

from xiaohe.web.pages.segments.drafts import MOST_BRACKETS


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

    @property
    def waits(self) -> bool:
        """Nothing is chosen or written in it."""
        options = [option for some in self.groups for option in some.options]
        if self.tag is Tag.SELECT:
            return not any(option.chosen and option.value for option in options)
        if self.tag is Tag.CHECKS:
            return not any(option.chosen for option in options)
        return self.tag in (Tag.TEXT, Tag.NUMBER, Tag.DATE) and not self.value


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
    # In how many brackets it is, of a detail.
    deep: int = 0
    # What a screen reader calls it.
    said: str = ""

    @property
    def is_group(self) -> bool:
        return self.kind == "group"

    @property
    def can_have_conditions(self) -> bool:
        return self.kind in ("measure", "step")

    @property
    def can_have_brackets(self) -> bool:
        """Brackets in brackets in brackets have no room."""
        return self.deep < MOST_BRACKETS

    @property
    def is_sequence(self) -> bool:
        return self.kind == "sequence"

    def at(self, place: str) -> Line | None:
        """Itself or a line in it, by its place."""
        if self.place == place:
            return self
        return next((found for each in self.lines if (found := each.at(place))), None)

    def waits_at(self) -> str:
        """The first control that is to be filled in; empty where none is."""
        for part in self.parts:
            if part.waits:
                return part.name
        return next((found for each in self.lines if (found := each.waits_at())), "")


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

    # So many signs fill five lines of a phone in any language.
    fold_from: ClassVar[int] = 220

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
class Dropped:
    """What was just taken away: of which group, where in it, how it is said, and the order that puts it back."""

    up: str
    number: int
    said: str
    do: str


@dataclass(frozen=True)
class Builder:
    root: Line
    look: Look
    name: str = ""
    slug: str = ""
    mark: Mark | None = None
    shelves: tuple[Any, ...] = ()
    dropped: Dropped | None = None
    refusal: str = ""
    # The refusal is about the name, and stands beside it.
    is_name_refused: bool = False
    text: str = ""
    # Where one goes on after a tap: a control by its name, or a line by its place.
    focus: str = ""
    # Of a saved one: what it is called, whatever stands in the field.
    title: str = ""
    # Of a saved one, which version its lines began as.
    version: int = 0
