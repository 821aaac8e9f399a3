"""A progress bar on stderr; silent where nobody watches."""

from __future__ import annotations

import sys
import time
from types import TracebackType

from xiaohe.cli.output import width

CELLS = 24
# Redrawing more often only costs time.
REDRAW_SECONDS = 0.1


class Bar:
    """`with Bar(label) as bar: bar(done, total)`; total 0 means the end is not known."""

    def __init__(self, label: str, *, shown: bool = True) -> None:
        self.label = label
        self._shown = shown and sys.stderr.isatty()
        self._drawn_at = float("-inf")
        self._width = 0

    def __enter__(self) -> Bar:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._clear()

    def __call__(self, done: int, total: int = 0, note: str = "") -> None:
        if not self._shown or time.monotonic() - self._drawn_at < REDRAW_SECONDS:
            return
        self._drawn_at = time.monotonic()
        line = f"{self.label} {drawn(done, total)} {note}".rstrip()
        self._clear()
        self._width = width(line)
        print(line, end="", file=sys.stderr, flush=True)

    def _clear(self) -> None:
        if self._width:
            print("\r" + " " * self._width + "\r", end="", file=sys.stderr, flush=True)
            self._width = 0


def drawn(done: int, total: int) -> str:
    """`████████░░░░ 66 %`, or the count alone when the end is not known."""
    if total <= 0:
        return f"{done:,}"
    share = min(max(done / total, 0.0), 1.0)
    full = int(share * CELLS)
    return f"{'█' * full}{'░' * (CELLS - full)} {int(share * 100):3d} %"
