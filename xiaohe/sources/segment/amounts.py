"""Money and quantities of an event: exact decimals in major units to integer minor units, never by float arithmetic."""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import Any

from xiaohe.kernel.money import to_minor
from xiaohe.sources.segment.reasons import Reason, Unreadable

_NUMBER = re.compile(r"[+-]?\d{1,13}(?:\.\d{1,12})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
# The usual ones, as they should be written.
_KNOWN = frozenset({"CNY", "USD", "EUR", "GBP", "HKD", "JPY", "TWD", "SGD", "KRW", "AUD", "CAD"})
LARGEST = Decimal(10) ** 12
MOST_PIECES = 1_000_000
ONE = Decimal(1)


# A shop has few prices. 1, 1.0 and "1" are told apart, for their decimals may be.
_REMEMBERED = 4_096
_SHORT = 40


def decimal(value: Any) -> Decimal:
    """An amount as its sender wrote it: JSON's 0.1 is one tenth; raises Unreadable."""
    kind = type(value)
    if kind is float or kind is int or (kind is str and len(value) <= _SHORT):
        return _remembered(value)
    return _decimal(value)


def _decimal(value: Any) -> Decimal:
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise Unreadable(Reason.BAD_MONEY)
        return Decimal(text)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Unreadable(Reason.BAD_MONEY)
    # The shortest decimal that reads back as this number: what stood in the JSON.
    found = Decimal(repr(value))
    if not found.is_finite() or abs(found) >= LARGEST:
        raise Unreadable(Reason.BAD_MONEY)
    return found


_remembered = lru_cache(_REMEMBERED, typed=True)(_decimal)


def minor(value: Any, currency: str) -> int | None:
    """Minor units of an amount; None if there is none."""
    return None if value is None or value == "" else to_minor(decimal(value), currency)


def currency_of(value: Any, default: str) -> str:
    if value is None or value == "":
        return default
    if type(value) is str and value in _KNOWN:
        return value
    found = value.strip().upper() if isinstance(value, str) else ""
    if not _CURRENCY.fullmatch(found):
        raise Unreadable(Reason.BAD_MONEY)
    return found


def quantity(value: Any) -> Decimal:
    """How many pieces; one where nothing is said."""
    if value is None or value == "":
        return ONE
    try:
        found = decimal(value)
    except Unreadable:
        raise Unreadable(Reason.BAD_QUANTITY) from None
    if not 0 < found <= MOST_PIECES:
        raise Unreadable(Reason.BAD_QUANTITY)
    return found
