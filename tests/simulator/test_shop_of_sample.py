"""The sample shop through the real doors: the figures of the first-run page come out of the import."""

from __future__ import annotations

import json
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at as pointed_at
from xiaohe import jobs
from xiaohe.autopilot import today
from xiaohe.entries import queries
from xiaohe.kernel import workspace
from xiaohe.kernel.workspace import SAMPLE, Workspace, discard
from xiaohe.ledger import engine, imports
from xiaohe.people import conflicts, likely, marks
from xiaohe.shop import clock, goods, stores, team
from xiaohe.simulator import sample, shop_of_sample
from xiaohe.touch import taps
from xiaohe.traits import state


@pytest.fixture(scope="module")
def loaded_once(
    tmp_path_factory: pytest.TempPathFactory, template_store: Path, django_db_blocker: Any
) -> Path:
    """The folder of a sample shop that its job has loaded, as the button asks for; copied for each test."""
    home = tmp_path_factory.mktemp("asked") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), pointed_at(home):
        job = jobs.enqueue("sample.load", {})
        jobs.run_pending(names=["sample.load"])
        status = jobs.status(job)
        assert status is not None
        assert status.state is jobs.JobState.DONE, status.error
    return home / "sample"


@pytest.fixture
def loaded(place: Workspace, loaded_once: Path) -> Workspace:
    """The sample shop as it stands after loading."""
    shutil.copytree(loaded_once, place.home / "sample")
    return workspace.workspace(SAMPLE)


def test_figures_come_out_of_the_import(loaded: Workspace, tmp_path: Path) -> None:
    truth = json.loads(
        (sample.write(tmp_path / "again").truth or tmp_path).read_text(encoding="utf-8")
    )
    with workspace.entered(loaded):
        reports = [row.report for row in sorted(imports.listing(), key=lambda row: row.id)]
    orders, contacts, articles, visits, newest = reports
    assert (orders["read"], orders["accepted"]) == (
        truth["orders"]["rows"],
        truth["orders"]["valid"],
    )
    left_out = {reason: count for reason, count in orders["excluded"].items() if count}
    assert left_out == {"closed": 312, "unpaid": 170}
    assert contacts["accepted"] == truth["contacts"]["friends"]
    for each in (articles, visits, newest):
        assert each["rejected"] == dict.fromkeys(each["rejected"], 0)
    assert (visits["accepted"], newest["accepted"]) == (visits["read"], 8)


def test_it_has_something_to_show_on_every_page(loaded: Workspace) -> None:
    with workspace.entered(loaded):
        grouped = {each.group.name for each in goods.most_sold(100) if each.group}
        assert grouped == {"猫粮", "咖啡", "茶", "零食"}
        assert goods.to_ask()
        assert "东店" in {each.name for each in stores.all_stores()}
        assert {each.name for each in team.everybody()} == {"阿禾", "小满", "阿宽"}
        funnel = max(queries.funnels().values(), key=lambda each: each.scanned)
        assert (funnel.printed, funnel.shipped, funnel.claimed, funnel.joined) == (200, 174, 5, 3)
        assert likely.questions(clock.now())
        assert [len(each.persons) for each in conflicts.waiting()[0]] == [2]
        assert len(marks.listing()) == 1
        with state.current().reading() as read:
            rhythm: Any = read.table("rhythm")
            assert read.scalar(rhythm.count()) == 3214
            assert read.scalar(rhythm.group_id.nunique()) == 4


def test_a_segment_of_each_kind_has_people(loaded: Workspace) -> None:
    tea: dict[int, int] = {}
    with workspace.entered(loaded), engine.reading() as read:
        told = read.run(
            read.facts.select("type", "subject", "order_key", "props", "occurred_at")
        ).to_pylist()
    number = {kind: sum(each["type"] == kind for each in told) for kind in TOLD}
    assert all(number.values()), number
    assert number["complaint.opened"] > number["complaint.closed"]
    buyer = {each["order_key"]: each["subject"] for each in told if each["type"] == "order.paid"}
    for each in told:
        title = json.loads(each["props"] or "{}").get("title", "")
        if each["type"] == "order.item" and "茶" in title and each["order_key"] in buyer:
            tea[buyer[each["order_key"]]] = tea.get(buyer[each["order_key"]], 0) + 1
    assert sum(times >= 2 for times in tea.values()) > 100
    in_east = sum('"store":"东店"' in (each["props"] or "").replace(" ", "") for each in told)
    assert in_east > 50


TOLD = (
    "content.viewed", "content.clicked", "product.viewed", "message.in", "message.out", "consent.withdrawn",
    "complaint.opened", "complaint.closed", "link.scanned", "claim.made", "identity.marked",
)  # fmt: skip


def test_a_week_of_lists_that_are_worked_through(loaded: Workspace) -> None:
    with workspace.entered(loaded):
        assert clock.today() == date(2025, 6, 30)
        sizes = []
        for day in range(7):
            if day:
                shop_of_sample.next_day(lambda step, share: None)
            sizes.append(len(today.listing(clock.today(), clock.now()).cards))
            taps.all_sent(clock.today(), clock.now())
        assert len(imports.listing()) == 7
    assert all(7 <= size <= 12 for size in sizes), sizes


def test_it_goes_in_one_click_and_leaves_the_merchant_alone(
    loaded: Workspace, place: Workspace
) -> None:
    assert imports.listing() == []
    shop_of_sample.discard_sample()
    assert not loaded.exists()
    assert (place.home / "xiaohe.db").exists()


def test_nobody_brings_back_a_part_of_a_shop_that_was_thrown_away(place: Workspace) -> None:
    shop = Workspace(SAMPLE, place.home / SAMPLE)
    shop.home.mkdir()
    shop.secret("hash")

    discard(shop)

    with pytest.raises(FileNotFoundError):
        shop.secret("hash")
    with pytest.raises(FileNotFoundError):
        shop.made(shop.derived / "segments")
    assert not list(place.home.glob("*sample*"))
