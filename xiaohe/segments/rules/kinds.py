"""Which comparisons fit which kind of value, and what kind a fold of records has. Pure."""

from __future__ import annotations

from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.vocabulary import Field, Kind

_ORDER = (Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST, Op.BETWEEN)
_TEXT = (Op.CONTAINS, Op.STARTS, Op.ENDS, Op.MATCHES)
OPERATORS: dict[Kind, tuple[Op, ...]] = {
    Kind.TEXT: (Op.IS, Op.IN, *_TEXT, Op.KNOWN),
    Kind.CHOICE: (Op.IS, Op.IN, Op.KNOWN),
    Kind.NUMBER: (Op.IS, Op.IN, *_ORDER, Op.KNOWN),
    Kind.MONEY: (Op.IS, Op.IN, *_ORDER, Op.KNOWN),
    Kind.TRUTH: (Op.TRUE, Op.IS, Op.KNOWN),
    Kind.DAY: (Op.IS, Op.IN, *_ORDER, Op.WITHIN, Op.KNOWN),
    Kind.RECURRING: (Op.WITHIN, Op.KNOWN),
    Kind.STATED: (Op.IS, Op.IN, *_TEXT, *_ORDER, Op.KNOWN),
}
ORDERING = frozenset(_ORDER)
TEXTUAL = frozenset(_TEXT)
# What is 0 rather than unknown where there is no record; asking whether it is known would ask nothing.
ALWAYS_KNOWN = frozenset({Fold.COUNT, Fold.SUM, Fold.DISTINCT})
WITHOUT_FIELD = frozenset({Fold.COUNT, Fold.DAYS_SINCE_FIRST, Fold.DAYS_SINCE_LAST})
WHOLE = frozenset({Fold.COUNT, Fold.DISTINCT, Fold.DAYS_SINCE_FIRST, Fold.DAYS_SINCE_LAST})
NUMERIC = frozenset({Fold.SUM, Fold.AVERAGE, Fold.MIN, Fold.MAX})
# Attributes whose changes are written down, so that "has been" can be answered.
LOGGED = ("stage", "tier", "vip", "linked", "muted")


def result(fold: Fold, field: Field | None) -> Field | None:
    """What a fold yields, named as people may be told; None if it cannot be made of that field."""
    if fold in WITHOUT_FIELD:
        return Field(str(fold), Kind.NUMBER)
    if field is None:
        return None
    if fold is Fold.DISTINCT:
        return Field(str(fold), Kind.NUMBER)
    if fold in (Fold.FIRST, Fold.LAST):
        return field
    if field.kind in (Kind.NUMBER, Kind.MONEY):
        return Field(field.name, field.kind)
    # Stated properties are folded where they read as numbers.
    return Field(field.name, Kind.NUMBER) if field.kind is Kind.STATED else None
