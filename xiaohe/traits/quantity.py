"""Pieces and kilograms as whole numbers, where adding or halving them must come out the same on every engine."""

from __future__ import annotations

from typing import Any

import ibis.expr.types as ir


def thousandths(quantity: Any) -> ir.IntegerValue:
    """A sum or a median of fractions depends on how an engine goes about it; of thousandths it does not."""
    return (quantity * 1000 + 0.5).floor().cast("int64")
