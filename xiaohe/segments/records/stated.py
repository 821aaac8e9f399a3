"""What is stated as text, read as a number: a plain JSON number and nothing else."""

from __future__ import annotations

from typing import Any

import ibis

from xiaohe.kernel.money import minor_digits

NUMBER = r"^-?[0-9]+(\.[0-9]+)?([eE][+-]?[0-9]{1,3})?$"
DECIMAL = r"^-?[0-9]{1,15}(\.[0-9]+)?$"
# Beyond it nothing is told apart by a whole unit, and no sum is exact: no number for a rule.
TOO_LARGE = 1e15


def number(text: Any) -> Any:
    """float64; null where the text is no JSON number (true, an empty text, NaN) or beyond 10¹⁵."""
    plain = ibis.ifelse(text.re_search(NUMBER), text, ibis.null("string"))
    return bounded(plain.cast("float64"))


def bounded(value: Any) -> Any:
    """float64 without infinities, NaN and numbers beyond 10¹⁵."""
    return ibis.ifelse(value.abs() < TOO_LARGE, value, ibis.null("float64"))


def money(text: Any, currency: str) -> Any:
    """Minor units of a decimal told as text in the major unit."""
    plain = ibis.ifelse(text.re_search(DECIMAL), text, ibis.null("string"))
    return (plain.cast("decimal(38, 6)") * 10 ** minor_digits(currency)).round().cast("int64")
