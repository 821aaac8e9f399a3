"""A QR code as one path: sharp at any size, and a few kilobytes."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from typing import Any

import segno

# Without it some phones do not find the code (ISO/IEC 18004, 9.1).
QUIET_MODULES = 4


@lru_cache(maxsize=64)
def modules(text: str) -> tuple[tuple[bool, ...], ...]:
    """The dark and light squares of a code, without its quiet zone; a quarter of the damage can be read through."""
    made = segno.make(text, error="q", micro=False, boost_error=False)
    return tuple(tuple(bool(dark) for dark in row) for row in made.matrix)


def runs(text: str) -> Iterator[tuple[int, int, int]]:
    """(row, first column, how many) of dark squares side by side."""
    for row, cells in enumerate(modules(text)):
        start = None
        for column, dark in enumerate([*cells, False]):
            if dark and start is None:
                start = column
            elif not dark and start is not None:
                yield row, start, column - start
                start = None


def draw(canvas: Any, text: str, x: float, y: float, side: float) -> None:
    """Draw the code with its quiet zone into a square whose lower left corner is (x, y)."""
    count = len(modules(text))
    step = side / (count + 2 * QUIET_MODULES)
    path = canvas.beginPath()
    for row, column, length in runs(text):
        top = y + side - (QUIET_MODULES + row + 1) * step
        path.rect(x + (QUIET_MODULES + column) * step, top, length * step, step)
    canvas.setFillGray(0)
    canvas.drawPath(path, stroke=0, fill=1)


def svg(text: str) -> str:
    """The same for a page."""
    count = len(modules(text)) + 2 * QUIET_MODULES
    drawn = "".join(
        f"M{QUIET_MODULES + column} {QUIET_MODULES + row}h{length}v1h-{length}z"
        for row, column, length in runs(text)
    )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {count} {count}"'
        f' shape-rendering="crispEdges"><path fill="#fff" d="M0 0h{count}v{count}H0z"/>'
        f'<path d="{drawn}"/></svg>'
    )
