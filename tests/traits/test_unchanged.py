"""A version that would be built of the same is taken over; whatever a table reads makes a new one, as if there had been none."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest

from tests.traits.facts import key, order
from tests.traits.test_state import JUNE, NOW, bring
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import stream
from xiaohe.shop import accounts
from xiaohe.traits import state
from xiaohe.traits.build import TABLES

AGO = NOW - timedelta(hours=3)
LATER = NOW + timedelta(minutes=10)


@pytest.fixture
def shop(place: Workspace) -> None:
    """Ann bought and is a friend, Bob asked; a friend of tomorrow is told already."""
    bring([*order("first", JUNE), *order("second", datetime(2025, 6, 11, 4, tzinfo=UTC))])
    _tell("link.started", JUNE, "ann", "friend")
    _tell("message.in", JUNE, "bob", "asked")
    _tell("link.started", NOW + timedelta(hours=2), "cid", "ahead")
    state.refresh(NOW)


def test_facts_that_no_table_reads_leave_every_file_as_it_was(shop: None) -> None:
    before = _files()
    _tell("page.viewed", AGO, "ann", "look")
    version = state.refresh(LATER)
    assert _files() == before
    assert state.current().version == version
    assert state.current().at == LATER
    assert state.current().data_until is not None
    assert _rows() == _anew(LATER)


@pytest.mark.parametrize(
    ("what", "changes"),
    [
        ("link.started", {"links", "spells", "came"}),
        ("link.ended", {"links", "spells", "rhythm"}),
        ("message.in", {"signals"}),
        ("link.scanned", {"told", "came"}),
        ("claim.made", {"told", "came"}),
        ("card.printed", {"told"}),
        ("order.received", {"parcels"}),
        ("order.paid", {"signals"}),
    ],
)
def test_a_fact_that_a_table_reads_shows(shop: None, what: str, changes: set[str]) -> None:
    before = _rows()
    who = "ann" if what == "link.ended" else "dan"
    _tell(what, AGO, who, "new")
    state.refresh(LATER)
    found = _rows()
    assert changes <= {name for name in TABLES if found[name] != before[name]}
    assert found == _anew(LATER)


def test_one_taken_back_for_one_told_shows(shop: None) -> None:
    """As many facts as before, but others."""
    told = _tell("link.scanned", AGO, "ann", "scan")
    state.refresh(LATER)
    stream.take_back(told, now=LATER)
    _tell("link.scanned", AGO, "bob", "scan 2")
    state.refresh(LATER)
    people = {row["person"] for row in _rows()["told"]}
    assert people == {key("bob")}


def test_a_link_told_ahead_shows_when_it_begins(shop: None) -> None:
    assert key("cid") not in {row["person"] for row in _rows()["spells"]}
    due = NOW + timedelta(hours=3)
    state.refresh(due)
    assert key("cid") in {row["person"] for row in _rows()["spells"]}
    assert _rows() == _anew(due)


def test_an_account_that_is_no_more_ours_shows(shop: None) -> None:
    assert {row["private"] for row in _rows()["links"]} == {True}
    one = accounts.account_named("wecom", "Ahe")
    accounts.classify(one.id, owned=False, free_reach=True, reusable=True)
    state.refresh(NOW)
    assert {row["private"] for row in _rows()["links"]} == {False}


def _tell(what: str, at: datetime, who: str, name: str) -> int:
    """A fact of the stream; its key."""
    more: dict[str, Any] = {}
    if what.startswith("link."):
        more["account_id"] = accounts.account_named("wecom", "Ahe").id
    if what.startswith("order."):
        more |= {"order_key": key("of", who), "amount": 900, "currency": "CNY"}
    told = stream.Fact("xiaohe", name, what, at, key(who), **more)
    stream.record([told], now=NOW)
    return stream.key_hash(told)


def _files() -> dict[str, int]:
    folder = state.current().folder
    return {each.name: each.stat().st_ino for each in folder.glob("*.parquet")}


def _rows() -> dict[str, list[dict[str, Any]]]:
    shown = state.current()
    return {name: _sorted(shown.path(name)) for name in TABLES}


def _sorted(path: Path) -> list[dict[str, Any]]:
    return sorted(pq.read_table(path).to_pylist(), key=repr)


def _anew(now: datetime) -> dict[str, list[dict[str, Any]]]:
    """The tables of a version built when there is no other."""
    for each in state.current().folder.parent.iterdir():
        if each.is_dir():
            shutil.rmtree(each)
    state.refresh(now)
    return _rows()
