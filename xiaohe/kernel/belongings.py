"""What is the merchant's in the control store, as each room says it of its own tables in `xiaohe/<room>/belongings.py`.

    travels(Account, about=…)        goes out with `export all` and comes in again with `import all`
    stays("jobs.Job", why=…)         rebuilt, or secret: never leaves
    part(Part(…)) · files(Files(…))  what no model draws
    view(View(…))                    what a stranger wants beside it, and an import does not need

Every table of ours is one or the other; a test fails for a table that nobody spoke for.
"""

from __future__ import annotations

import importlib
import importlib.util
import pkgutil
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any, BinaryIO

from django.db import models

# Rows read or written at a time.
SLICE = 2_000

Row = tuple[Any, ...]


class Kind(StrEnum):
    """What a cell of an open table holds."""

    INTEGER = "integer"
    NUMBER = "number"
    TEXT = "text"
    YES_NO = "yes_no"
    INSTANT = "instant"
    DAY = "day"
    TIME = "time"
    JSON = "json"


@dataclass(frozen=True)
class Column:
    name: str
    kind: Kind
    meaning: str = ""
    may_be_null: bool = False


@dataclass(frozen=True)
class Part:
    """One table of an export: how it goes out, within one snapshot, and how it comes in, within one transaction."""

    name: str
    about: str
    columns: tuple[Column, ...]
    rows: Callable[[], Iterator[Row]]
    # The names say which columns the rows have: an older export may lack the later ones.
    put: Callable[[Sequence[str], Iterator[Row]], None]
    is_empty: Callable[[], bool]
    # Direct identifiers in clear: goes to the private folder, and can be left out.
    is_private: bool = False
    # An empty workspace makes such rows by itself: they give way.
    gives_way: bool = False
    # How many people's identifiers are in it, for the audit.
    people: Callable[[], int] | None = None


@dataclass(frozen=True)
class Files:
    """Private files that no table holds: (name, bytes) out, and in again before anything else is visible."""

    name: str
    about: str
    each: Callable[[], Iterator[tuple[str, Iterable[bytes]]]]
    put: Callable[[str, BinaryIO], None]


@dataclass(frozen=True)
class View:
    """A table computed from the facts of one moment; `build` gets the Reading and the views before it by name."""

    name: str
    about: str
    columns: tuple[Column, ...]
    build: Callable[[Any, Mapping[str, Any]], Any]


@dataclass(frozen=True)
class Turned:
    """A column that is stored as something else than it is told."""

    kind: Kind
    out: Callable[[Any], Any]
    into: Callable[[Any], Any]


@dataclass
class _Registry:
    parts: dict[str, Part] = field(default_factory=dict)
    files: dict[str, Files] = field(default_factory=dict)
    views: dict[str, View] = field(default_factory=dict)
    tables: dict[str, str] = field(default_factory=dict)
    left_out: dict[str, Mapping[str, str]] = field(default_factory=dict)


_known = _Registry()


def travels(
    model: type[models.Model],
    *,
    about: str,
    meanings: Mapping[str, str] | None = None,
    turned: Mapping[str, Turned] | None = None,
    left_out: Mapping[str, str] | None = None,
    instead: Mapping[str, Any] | None = None,
    is_private: bool = False,
    gives_way: bool = False,
) -> None:
    """A model whose rows go out and come in by name and column.

    `left_out`: columns that stay, each with the reason; `instead`: what they hold after an import, where not the
    default: a value, or a function that makes one per row.
    """
    left_out = left_out or {}
    fields = [each for each in model._meta.concrete_fields if each.attname not in left_out]
    shape = _Shape(model, fields, turned or {}, instead or {}, gives_way)
    part(
        Part(
            name=model._meta.db_table,
            about=about,
            columns=tuple(shape.column(each, (meanings or {}).get(each.attname, "")) for each in fields),
            rows=shape.rows,
            put=shape.put,
            is_empty=shape.is_empty,
            is_private=is_private,
            gives_way=gives_way,
        )
    )  # fmt: skip
    _known.left_out[model._meta.db_table] = left_out


def part(one: Part) -> None:
    _known.parts[one.name] = one
    _known.tables[one.name] = "travels"


def files(one: Files) -> None:
    _known.files[one.name] = one


def view(one: View) -> None:
    _known.views[one.name] = one


def stays(*tables: str, why: str) -> None:
    """Tables by name that are rebuilt, or that nobody else may have."""
    for each in tables:
        _known.tables[each] = why


def discover() -> None:
    """Import every room's `belongings` module; by name, for whoever asks stands below the rooms that answer."""
    import xiaohe

    for room in pkgutil.iter_modules(xiaohe.__path__):
        module = f"xiaohe.{room.name}.belongings"
        if room.ispkg and room.name != "kernel" and importlib.util.find_spec(module) is not None:
            importlib.import_module(module)


def parts() -> list[Part]:
    return [_known.parts[name] for name in sorted(_known.parts)]


def all_files() -> list[Files]:
    return [_known.files[name] for name in sorted(_known.files)]


def views() -> list[View]:
    """In the order in which they were told: one may stand on another."""
    return list(_known.views.values())


def tables() -> Mapping[str, str]:
    """Every table somebody spoke for: "travels", or why it stays."""
    return _known.tables


def left_out() -> Mapping[str, Mapping[str, str]]:
    """Columns of travelling tables that stay, with the reasons."""
    return _known.left_out


# ---------------------------------------------------------------- rows of a model

_KINDS: tuple[tuple[type[models.Field[Any, Any]], Kind], ...] = (
    (models.BooleanField, Kind.YES_NO),
    (models.IntegerField, Kind.INTEGER),
    (models.FloatField, Kind.NUMBER),
    (models.DateTimeField, Kind.INSTANT),
    (models.DateField, Kind.DAY),
    (models.TimeField, Kind.TIME),
    (models.JSONField, Kind.JSON),
    (models.CharField, Kind.TEXT),
    (models.TextField, Kind.TEXT),
    (models.ForeignKey, Kind.INTEGER),
)


@dataclass(frozen=True)
class _Shape:
    model: type[models.Model]
    fields: Sequence[models.Field[Any, Any]]
    turned: Mapping[str, Turned]
    instead: Mapping[str, Any]
    gives_way: bool

    def column(self, one: models.Field[Any, Any], meaning: str) -> Column:
        told = self.turned.get(one.attname)
        return Column(one.attname, told.kind if told else _kind(one), meaning, one.null)

    def rows(self) -> Iterator[Row]:
        """In the order of the primary key, slice by slice: no cursor is held, and no table in memory."""
        names = [each.attname for each in self.fields]
        wanted = self.model._default_manager.order_by("pk")
        after: Any = None
        while True:
            here = wanted if after is None else wanted.filter(pk__gt=after)
            found = list(here.values_list("pk", *names)[:SLICE])
            for _pk, *values in found:
                yield tuple(self._out(n, v) for n, v in zip(names, values, strict=True))
            if len(found) < SLICE:
                return
            after = found[-1][0]

    def put(self, names: Sequence[str], rows: Iterator[Row]) -> None:
        if self.gives_way:
            self.model._default_manager.all().delete()
        waiting: list[models.Model] = []
        for row in rows:
            told = {n: self._into(n, v) for n, v in zip(names, row, strict=True)}
            instead = {n: v() if callable(v) else v for n, v in self.instead.items()}
            waiting.append(self.model(**instead, **told))
            if len(waiting) >= SLICE:
                self.model._default_manager.bulk_create(waiting)
                waiting = []
        self.model._default_manager.bulk_create(waiting)

    def is_empty(self) -> bool:
        return not self.model._default_manager.exists()

    def _out(self, name: str, value: Any) -> Any:
        return self.turned[name].out(value) if name in self.turned else value

    def _into(self, name: str, value: Any) -> Any:
        return self.turned[name].into(value) if name in self.turned else value


def _kind(one: models.Field[Any, Any]) -> Kind:
    for shape, kind in _KINDS:
        if isinstance(one, shape):
            return kind
    raise TypeError(f"{one} holds what no open table can: say how it is turned, or leave it out")
