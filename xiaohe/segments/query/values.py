"""One comparison as an expression: true or false for everybody, false where the value is unknown."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from functools import reduce
from operator import or_
from typing import TYPE_CHECKING, Any

import ibis

from xiaohe.segments.query.texts import compares
from xiaohe.segments.records.stated import number
from xiaohe.segments.rules.tree import Money, Op, Test, Value
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.rules.windows import Days, days_of_a_day

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

_TEXTUAL = (Op.CONTAINS, Op.STARTS, Op.ENDS)


def fits(world: World, kind: Kind, column: Any, test: Test, *, before: Any = None) -> Any:
    """Whether a value of that kind passes the test.

    `before`: of a recurring day the latest one before D, beside the next in `column`. Raises ValueError for a comparison that makes no sense of that kind; `rules.checks` refuses it.
    """
    found = _compared(world, kind, column, test, before)
    return found.fill_null(False)


def _compared(world: World, kind: Kind, column: Any, test: Test, before: Any) -> Any:
    match test.op:
        case Op.KNOWN:
            return column.notnull()
        case Op.TRUE:
            return _is(kind, column, True)
        case Op.WITHIN:
            return _within(world, column, test, before)
        case Op.IS | Op.IN:
            return reduce(or_, (_is(kind, column, each).fill_null(False) for each in test.values))
        case Op.MATCHES:
            return column.re_search(f"(?s){_only(test)}")
        case op if op in _TEXTUAL:
            return compares(column, op, str(_only(test)))
    return _ordered(_comparable(kind, column, test.values), test)


def _only(test: Test) -> Value:
    (value,) = test.values
    return value


def _within(world: World, column: Any, test: Test, before: Any) -> Any:
    if test.window is None:
        raise ValueError("a day lies within a window, and there is none")
    return reduce(
        or_,
        (
            _lies(_inside(days_of_a_day(test.window, world.on), day), day)
            for day in (column, before)
            if day is not None
        ),
    )


def _inside(days: Days | None, day: Any) -> Any:
    """None: every day does."""
    if days is None:
        return ibis.literal(False)
    ends = [day >= ibis.literal(days.first)] if days.first is not None else []
    ends += [day <= ibis.literal(days.last)] if days.last is not None else []
    return ibis.and_(*ends) if ends else None


def _lies(inside: Any, day: Any) -> Any:
    # In a window without an end even an unknown day would lie.
    return (day.notnull() if inside is None else inside & day.notnull()).fill_null(False)


def _is(kind: Kind, column: Any, value: Value) -> Any:
    if isinstance(value, bool):
        return column == (str(value).lower() if kind is Kind.STATED else value)
    if isinstance(value, str):
        return column == value if kind is Kind.CHOICE else compares(column, Op.IS, value)
    return _comparable(kind, column, (value,)) == _literal(value)


def _comparable(kind: Kind, column: Any, values: tuple[Value, ...]) -> Any:
    """The column as something that can be compared with these values."""
    stated = kind is Kind.STATED and all(isinstance(each, Decimal) for each in values)
    return number(column) if stated else column


def _ordered(column: Any, test: Test) -> Any:
    values = [_literal(each) for each in test.values]
    match test.op:
        case Op.LESS:
            return column < values[0]
        case Op.AT_MOST:
            return column <= values[0]
        case Op.MORE:
            return column > values[0]
        case Op.AT_LEAST:
            return column >= values[0]
        case Op.BETWEEN:
            return (column >= values[0]) & (column <= values[1])
    raise ValueError(f"not an order: {test.op}")


def _literal(value: Value) -> Any:
    if isinstance(value, Money):
        return ibis.literal(value.minor, "int64")
    if isinstance(value, Decimal):
        whole = value == value.to_integral_value() and abs(value) < 2**53
        return ibis.literal(int(value), "int64") if whole else ibis.literal(float(value), "float64")
    if isinstance(value, date):
        return ibis.literal(value, "date")
    raise ValueError(f"not compared by order: {value!r}")
