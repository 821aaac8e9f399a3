"""Columns of money: minor units for ever after, and what rounding took from each exact decimal.

`exact = minor units + remainder`, the remainder kept in millionths of the major unit, so that the report can
print the exact sum beside the rounded one for any number of rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel.money import minor_digits, to_minor
from xiaohe.sources.cells import amount as read_amount
from xiaohe.sources.facts import NULL, Ints

MICRO_DIGITS = 6


@dataclass(frozen=True)
class Amounts:
    """One column of money; `minor` is NULL where the cell is empty or no number."""

    minor: Ints
    remainder: NDArray[np.int32]
    bad: NDArray[np.bool_]

    @property
    def known(self) -> NDArray[np.bool_]:
        known: NDArray[np.bool_] = self.minor != NULL
        return known

    @property
    def or_zero(self) -> Ints:
        return np.where(self.minor == NULL, 0, self.minor)


def none(count: int) -> Amounts:
    """The column a file does not have."""
    return Amounts(np.full(count, NULL), np.zeros(count, np.int32), np.zeros(count, np.bool_))


def remainder_of(exact: Decimal, minor: int, currency: str) -> int:
    """What rounding to minor units took, in millionths of the major unit."""
    left = exact - Decimal(minor).scaleb(-minor_digits(currency))
    return int(left.scaleb(MICRO_DIGITS).to_integral_value())


def column(cells: Sequence[str], currency: str) -> Amounts:
    """Read a column of money cells."""
    minor = [NULL] * len(cells)
    remainder = np.zeros(len(cells), np.int32)
    bad = np.zeros(len(cells), np.bool_)
    two_digits = minor_digits(currency) == 2
    for index, cell in enumerate(cells):
        if not cell:
            continue
        # "128.00", the form nearly every export uses
        if two_digits and len(cell) < 16 and cell[-3:-2] == "." and cell.isascii():
            digits = cell[:-3] + cell[-2:]
            if digits.isdigit():
                minor[index] = int(digits)
                continue
        try:
            exact = read_amount(cell)
        except ValueError:
            bad[index] = True
            continue
        if exact is not None:
            minor[index] = value = to_minor(exact, currency)
            remainder[index] = remainder_of(exact, value, currency)
    return Amounts(np.array(minor, np.int64), remainder, bad)


def quantities(cells: Sequence[str]) -> tuple[NDArray[np.float64], NDArray[np.bool_]]:
    """Read a column of pieces: values (NaN where empty) and which cells hold no number."""
    values = np.full(len(cells), np.nan)
    bad = np.zeros(len(cells), np.bool_)
    for index, cell in enumerate(cells):
        if cell.isascii() and cell.isdigit():
            values[index] = int(cell)
            continue
        try:
            exact = read_amount(cell)
        except ValueError:
            bad[index] = True
            continue
        if exact is not None:
            values[index] = float(exact)
    return values, bad


def of_lines(quantities: Sequence[str], prices: Sequence[str], currency: str) -> Amounts:
    """quantity × unit price per line, exact, then rounded half to even; NULL where either is missing."""
    count = len(prices)
    minor = np.full(count, NULL)
    remainder = np.zeros(count, np.int32)
    bad = np.zeros(count, np.bool_)
    exact_prices: dict[str, Decimal | None] = {}
    exact_pieces: dict[str, Decimal | None] = {}
    for index, (pieces, price) in enumerate(zip(quantities, prices, strict=True)):
        try:
            if price not in exact_prices:
                exact_prices[price] = read_amount(price)
        except ValueError:
            bad[index] = True
            continue
        try:
            if pieces not in exact_pieces:
                exact_pieces[pieces] = read_amount(pieces)
        except ValueError:
            continue  # reported as a bad quantity
        unit, many = exact_prices[price], exact_pieces[pieces]
        if unit is None or many is None:
            continue
        exact = unit * many
        minor[index] = value = to_minor(exact, currency)
        remainder[index] = remainder_of(exact, value, currency)
    return Amounts(minor, remainder, bad)
