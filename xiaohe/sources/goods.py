"""How often each of the goods is sold: what can be said of a file that names no buyer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from xiaohe.sources.facts import NULL, Ints

# Titles followed at a time; a shop has thousands. Past that, new titles are left out, and it is said.
MOST_TITLES = 20_000
SHOWN = 20
DAY = 86_400_000_000
LONGEST_TITLE = 120


@dataclass
class _Sold:
    lines: int = 0
    days: int = 0
    first: int = 0
    last: int = 0


class Goods:
    """Counts lines and selling days per title, over rows in the order of the file."""

    def __init__(self) -> None:
        self._sold: dict[str, _Sold] = {}
        self._days: dict[str, set[int]] = {}
        self.is_complete = True

    def add(self, titles: Sequence[str], at: Ints, rows: Ints) -> None:
        for index in rows.tolist():
            title = titles[index].strip()[:LONGEST_TITLE]
            if not title:
                continue
            sold = self._sold.get(title)
            if sold is None:
                if len(self._sold) >= MOST_TITLES:
                    self.is_complete = False
                    continue
                sold = self._sold[title] = _Sold()
                self._days[title] = set()
            sold.lines += 1
            if at[index] != NULL:
                self._days[title].add(int(at[index] // DAY))

    def as_json(self) -> list[dict[str, Any]]:
        """The goods sold most often: lines, selling days, and the usual days from one selling day to the next."""
        often = sorted(self._sold.items(), key=lambda pair: (-pair[1].lines, pair[0]))[:SHOWN]
        return [
            {
                "title": title,
                "lines": sold.lines,
                "days": len(self._days[title]),
                "usual_gap_days": _usual_gap(self._days[title]),
            }
            for title, sold in often
        ]


def _usual_gap(days: set[int]) -> float | None:
    if len(days) < 2:
        return None
    return float(np.median(np.diff(np.array(sorted(days)))))
