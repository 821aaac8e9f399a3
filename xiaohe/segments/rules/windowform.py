"""The JSON form of windows: `{"kind": "last", "count": 90, "unit": "days"}`. Pure."""

from __future__ import annotations

from typing import Any

from xiaohe.segments.rules.object import Object
from xiaohe.segments.rules.windows import (
    EVER,
    Ago,
    Between,
    Calendar,
    Ever,
    Last,
    Next,
    Period,
    SameLastYear,
    Unit,
    Window,
)

KINDS = ("ever", "last", "next", "ago", "calendar", "same_last_year", "between")


def written(window: Window) -> dict[str, Any]:
    """As the member `window` of an object; ever needs none."""
    return {} if isinstance(window, Ever) else {"window": as_object(window)}


def as_object(window: Window) -> dict[str, Any]:
    match window:
        case Ever():
            return {"kind": "ever"}
        case Last(count, unit):
            return {"kind": "last", "count": count, "unit": str(unit)}
        case Next(count, unit):
            return {"kind": "next", "count": count, "unit": str(unit)}
        case Ago(far, near):
            return {"kind": "ago", "far": far, "near": near}
        case Calendar(period, offset):
            return {"kind": "calendar", "period": str(period), "offset": offset}
        case SameLastYear(period):
            return {"kind": "same_last_year", "period": str(period)}
        case Between(first, last):
            ends = {"first": first, "last": last}
            days = {name: day.isoformat() for name, day in ends.items() if day is not None}
            return {"kind": "between", **days}
    raise TypeError(f"not a window: {window!r}")


def read(parent: Object) -> Window:
    """The member `window` of an object; ever if there is none."""
    if not parent.has("window"):
        return EVER
    each = Object(parent.take("window"), parent.at("window"))
    window = _of_kind(each.choice("kind", KINDS), each)
    each.end()
    return window


def _of_kind(kind: str, each: Object) -> Window:
    match kind:
        case "last" | "next":
            unit = Unit(each.choice("unit", tuple(str(every) for every in Unit)))
            return (Last if kind == "last" else Next)(each.whole("count"), unit)
        case "ago":
            return Ago(each.whole("far"), each.whole("near"))
        case "calendar":
            return Calendar(_period(each), each.whole("offset") if each.has("offset") else 0)
        case "same_last_year":
            return SameLastYear(_period(each))
        case "between":
            first = each.day("first") if each.has("first") else None
            return Between(first, each.day("last") if each.has("last") else None)
    return EVER


def _period(each: Object) -> Period:
    return Period(each.choice("period", tuple(str(every) for every in Period)))
