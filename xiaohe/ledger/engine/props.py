"""Columns of facts as questions need them, by every engine's own function: a property as text, an instant as a number."""

from __future__ import annotations

import ibis
import ibis.expr.datatypes as dt


@ibis.udf.scalar.builtin
def get_json_object(told: str, path: str) -> str:  # type: ignore[empty-body]
    """Spark's own function; DuckDB knows it as a macro."""


def prop(props: ibis.Value, name: str) -> ibis.Value:
    """One property as text; null if the fact does not have it. Raises ValueError if no property can have that name."""
    if not name.isidentifier():
        raise ValueError(f"not a property's name: {name}")
    return get_json_object(props, f"$.{name}")


def prop_inside(props: ibis.Value, name: str, path: str) -> ibis.Value:
    """What stands at `path` (names parted by dots, of any signs but those of JSON paths) within one property, as text."""
    if not name.isidentifier() or set(path) & set("[]\"'*\\"):
        raise ValueError(f"not the name of a property: {name}.{path}")
    return get_json_object(props, f"$.{name}.{path}")


@ibis.udf.scalar.builtin
def unix_micros(instant: dt.Timestamp("UTC", 6)) -> int:  # type: ignore[valid-type, empty-body]
    """Spark's own function; DuckDB knows it as a macro."""


@ibis.udf.scalar.builtin
def timestamp_micros(micros: int) -> dt.Timestamp(scale=6):  # type: ignore[valid-type, empty-body]
    """Spark's own function; DuckDB knows it as a macro."""


@ibis.udf.scalar.builtin
def month_number(instant: dt.Timestamp("UTC", 6)) -> dt.int32:  # type: ignore[valid-type, empty-body]
    """Months since the year 0, in UTC; for upkeep, which no cluster does: DuckDB alone knows it."""


def micros(instant: ibis.Value) -> ibis.Value:
    """Microseconds since 1970; by way of a time zone, as a cast goes, it would take four times as long."""
    return unix_micros(instant)


def timestamp(micros: ibis.Value) -> ibis.Value:
    """The reading of a clock, by microseconds since it read 1970."""
    return timestamp_micros(micros)
