"""Money and quantities of an event: exact decimals in major units to integer minor units, never by float arithmetic."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Any

from xiaohe.kernel.money import to_minor
from xiaohe.sources.segment.reasons import Reason, Unreadable

_NUMBER = re.compile(r"[+-]?\d{1,13}(?:\.\d{1,12})?")
_CURRENCY = re.compile(r"[A-Z]{3}")
LARGEST = Decimal(10) ** 12
MOST_PIECES = 1_000_000
ONE = Decimal(1)


def decimal(value: Any) -> Decimal:
    """An amount as its sender wrote it: JSON's 0.1 is one tenth; raises Unreadable."""
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


def minor(value: Any, currency: str) -> int | None:
    """Minor units of an amount; None if there is none."""
    return None if value is None or value == "" else to_minor(decimal(value), currency)


def currency_of(value: Any, default: str) -> str:
    if value is None or value == "":
        return default
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
