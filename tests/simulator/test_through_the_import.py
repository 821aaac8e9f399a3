"""The files through the real import: every report agrees with the generator's own count."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from xiaohe.kernel.workspace import Workspace
from xiaohe.simulator import sample
from xiaohe.sources import importing

NOW = datetime(2025, 7, 4, 1, tzinfo=UTC)
Import = Callable[[Path], dict[str, Any]]


@pytest.fixture
def imported(place: Workspace) -> Import:
    def run(path: Path) -> dict[str, Any]:
        report = importing.run(path, now=NOW).as_json()
        for group in ("excluded", "rejected"):
            report[group] = {reason: count for reason, count in report[group].items() if count}
        return report

    return run


def written(folder: Path, **chosen: int) -> tuple[sample.SampleFiles, dict[str, Any]]:
    files = sample.write(folder, **chosen)
    assert files.truth is not None
    return files, json.loads(files.truth.read_text(encoding="utf-8"))


def test_another_seed_and_size_agree_with_the_count(tmp_path: Path, imported: Import) -> None:
    files, truth = written(tmp_path, seed=11, buyers=700)
    orders, contacts = imported(files.orders), imported(files.contacts)
    counted = truth["orders"]
    assert (orders["read"], orders["accepted"]) == (counted["rows"], counted["valid"])
    assert orders["excluded"] == {"closed": counted["closed"], "unpaid": counted["unpaid"]}
    assert orders["rejected"] == contacts["rejected"] == {}
    assert (orders["duplicate"], orders["no_buyer"]) == (0, 0)
    assert contacts["accepted"] == truth["contacts"]["friends"]


def test_the_export_of_day_four_updates_and_adds(tmp_path: Path, imported: Import) -> None:
    files, truth = written(tmp_path)
    imported(files.orders)
    report, counted = imported(files.later_orders), truth["orders_day4"]
    found = {name: report[name] for name in ("accepted", "updated", "duplicate")}
    assert found == {name: counted[name] for name in found}
    assert report["excluded"].get("closed", 0) == counted.get("excluded_closed", 0)
    assert counted["updated"] > 0
    assert counted["accepted"] > 20


def test_rough_files_are_judged_row_by_row(tmp_path: Path, imported: Import) -> None:
    files, truth = written(tmp_path, buyers=100)
    report = imported(files.rough_orders)
    expected = truth["rough_orders"]
    names = ("read", "accepted", "updated", "duplicate", "excluded", "rejected", "no_buyer")
    assert {name: report[name] for name in names} == {name: expected[name] for name in names}
    contacts, counted = imported(files.rough_contacts), truth["rough_contacts"]
    names = ("read", "accepted", "updated", "duplicate", "excluded", "rejected")
    assert {name: contacts[name] for name in names} == {name: counted[name] for name in names}
