"""What a command prints."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from xiaohe.cli.bar import drawn
from xiaohe.cli.output import plain, table


class Mark(StrEnum):
    GOOD = "good"


@dataclass(frozen=True)
class Row:
    on: date
    mark: Mark
    notes: tuple[int, ...]


def test_a_dataclass_becomes_plain_json() -> None:
    row = Row(on=date(2025, 6, 30), mark=Mark.GOOD, notes=(1, 2))

    assert plain([row]) == [{"on": "2025-06-30", "mark": "good", "notes": [1, 2]}]


def test_columns_line_up_beside_chinese() -> None:
    lines = table([("毛毛妈", 1240), ("Li", None)], head=("name", "¥"))

    assert lines == [
        "name    ¥",
        "毛毛妈  1,240",
        "Li      –",
    ]


def test_numbers_stand_at_the_right() -> None:
    assert table([("a", 5), ("b", 1000)]) == ["a      5", "b  1,000"]


def test_a_bar_without_an_end_counts() -> None:
    assert drawn(1, 2) == "████████████░░░░░░░░░░░░  50 %"
    assert drawn(12345, 0) == "12,345"
