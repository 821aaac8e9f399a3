"""docs/events.md tells the truth: its table is the code's, its commands run, its limits are the code's."""

from __future__ import annotations

import importlib.util
import re
import shlex
from pathlib import Path

import pytest

from xiaohe.api.segment import LARGEST_BATCH
from xiaohe.cli.main import run
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import catalogue
from xiaohe.sources import names
from xiaohe.sources.segment import dead, table
from xiaohe.sources.segment.messages import LARGEST_EVENT

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "events.md").read_text()


def test_the_mapping_table_is_the_codes() -> None:
    spec = importlib.util.spec_from_file_location(
        "events_table", ROOT / "tools" / "events_table.py"
    )
    assert spec is not None and spec.loader is not None  # noqa: PT018
    tool = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(tool)

    assert tool.page_with(tool.made()) == TEXT, "run: python tools/events_table.py"


def test_the_limits_are_the_codes() -> None:
    told = [
        LARGEST_BATCH // 1024,
        LARGEST_EVENT // 1024,
        names.MOST_NAMES,
        dead.MOST_LETTERS,
        dead.KEPT.days,
    ]

    assert told == [500, 32, 300, 10_000, 30]
    assert all(
        word in TEXT for word in ("500 KB", "32 KB", "300 names", "10,000 per source", "30 days")
    )


def test_the_commands_run(place: Workspace, capsys: pytest.CaptureFixture[str]) -> None:
    for command in re.findall(r"^ *\$ xiaohe (.*)$", TEXT, re.MULTILINE):
        assert run(shlex.split(command)) == 0, command


@pytest.mark.parametrize("row", [*table.ROWS, table.PAGE, table.SCREEN], ids=lambda row: row.event)
def test_every_row_fits_the_type_it_names(row: table.Row) -> None:
    listed = set(catalogue.fact_type(row.type).props)

    assert set(row.fields.values()) <= listed
    assert {"path", "campaign", "library", "properties"} <= listed
