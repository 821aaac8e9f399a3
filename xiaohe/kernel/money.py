"""Money: exact decimals while reading a file, integer minor units (fen) with a currency for ever after."""

from __future__ import annotations

from decimal import ROUND_HALF_EVEN, Decimal

# Minor digits per currency where they are not 2 (ISO 4217).
MINOR_DIGITS = {"JPY": 0, "KRW": 0, "VND": 0, "KWD": 3, "BHD": 3}
_ONE = Decimal(1)
SYMBOLS = {"CNY": "¥", "GBP": "£", "USD": "$", "EUR": "€", "HKD": "HK$", "JPY": "¥"}


def minor_digits(currency: str) -> int:
    return MINOR_DIGITS.get(currency, 2)


def to_minor(amount: Decimal, currency: str) -> int:
    """Exact decimal amount to integer minor units, rounded half to even."""
    scaled = amount.scaleb(MINOR_DIGITS.get(currency, 2))
    return int(scaled.quantize(_ONE, rounding=ROUND_HALF_EVEN))


def to_major(minor: int, currency: str) -> Decimal:
    return Decimal(minor).scaleb(-minor_digits(currency))


def spoken(minor: int, currency: str) -> str:
    """`¥1,240` for a person to read: grouped thousands, minor digits only when there are any."""
    major = to_major(minor, currency)
    text = f"{major:,f}" if major != major.to_integral_value() else f"{int(major):,}"
    sign, text = ("−", text[1:]) if text.startswith("-") else ("", text)
    symbol = SYMBOLS.get(currency)
    return f"{sign}{symbol}{text}" if symbol else f"{sign}{text} {currency}"
