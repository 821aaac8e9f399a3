"""The sample shop through the real doors: the figures of the first-run page come out of the import."""

from __future__ import annotations

import json
from datetime import date
from pathlib import Path

import pytest

from xiaohe import jobs
from xiaohe.autopilot import today
from xiaohe.kernel import workspace
from xiaohe.kernel.workspace import SAMPLE, Workspace
from xiaohe.ledger import imports
from xiaohe.shop import clock
from xiaohe.simulator import sample, shop_of_sample
from xiaohe.touch import taps


@pytest.fixture
def loaded(place: Workspace) -> Workspace:
    """The sample shop, loaded by its job as the button does."""
    job = jobs.enqueue("sample.load", {})
    jobs.run_pending(names=["sample.load"])
    status = jobs.status(job)
    assert status is not None
    assert status.state is jobs.JobState.DONE, status.error
    return workspace.workspace(SAMPLE)


def test_figures_come_out_of_the_import(loaded: Workspace, tmp_path: Path) -> None:
    truth = json.loads(
        (sample.write(tmp_path / "again").truth or tmp_path).read_text(encoding="utf-8")
    )
    with workspace.entered(loaded):
        orders, contacts = (row.report for row in sorted(imports.listing(), key=lambda row: row.id))
    assert (orders["read"], orders["accepted"]) == (
        truth["orders"]["rows"],
        truth["orders"]["valid"],
    )
    left_out = {reason: count for reason, count in orders["excluded"].items() if count}
    assert left_out == {"closed": 312, "unpaid": 170}
    assert contacts["accepted"] == truth["contacts"]["friends"]


def test_a_week_of_lists_that_are_worked_through(loaded: Workspace) -> None:
    with workspace.entered(loaded):
        assert clock.today() == date(2025, 6, 30)
        sizes = []
        for _ in range(7):
            sizes.append(len(today.listing(clock.today(), clock.now()).cards))
            taps.all_sent(clock.today(), clock.now())
            shop_of_sample.next_day(lambda step, share: None)
        assert len(imports.listing()) == 3
    assert all(7 <= size <= 12 for size in sizes), sizes


def test_it_goes_in_one_click_and_leaves_the_merchant_alone(
    loaded: Workspace, place: Workspace
) -> None:
    assert imports.listing() == []
    shop_of_sample.discard_sample()
    assert not loaded.exists()
    assert (place.home / "xiaohe.db").exists()
