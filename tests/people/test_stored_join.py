"""The stored join of a large ledger is made in the background; a page takes what is at hand."""

from __future__ import annotations

import json
import time

import pytest

from xiaohe import jobs
from xiaohe.ledger import engine
from xiaohe.people import actions, handlers, overlay
from xiaohe.people.joined import kept, stored

NUMBER = "1930123456780000001"


@pytest.fixture
def large(town, monkeypatch):
    """A town whose ledger counts as a large one, its join stored by the background."""
    monkeypatch.setattr(kept, "LEAST_FACTS", 0)
    town.kept = town.bring(town.sale(NUMBER, member="wang", phone="13800138000"))
    town.undone = town.bring(town.friend("a", "王姐", phone="13800138000"))
    assert in_background() is True
    return town


def in_background() -> bool:
    jobs.enqueue(handlers.JOIN, {})
    jobs.run_pending(names=[handlers.JOIN])
    return bool(jobs.latest(handlers.JOIN).result["made"])


def exact() -> dict[int, int]:
    with engine.reading() as read:
        table = overlay.overlay_of(read).table
    return dict(zip(table["subject"].to_pylist(), table["person"].to_pylist(), strict=True))


def age(hours: float) -> None:
    about = stored.newest(kept.root()).folder / "about.json"
    said = json.loads(about.read_text())
    about.write_text(json.dumps({**said, "built": time.time() - hours * 3600}))


def test_a_page_after_an_undo_waits_for_the_background_with_the_join_before(large) -> None:
    contact, buyer = large.contact("a"), large.member("wang")
    assert overlay.current().person(contact) == overlay.current().person(buyer)
    before = kept.name_at_hand()
    large.undo(large.undone)
    assert overlay.current().person(contact) == overlay.current().person(buyer)
    assert kept.name_at_hand() == before
    assert in_background() is True
    assert overlay.current().person(contact) == contact
    assert in_background() is False


def test_the_owners_word_holds_while_the_join_waits(large) -> None:
    contact, buyer = large.contact("a"), large.member("wang")
    large.undo(large.undone)
    done = actions.split(contact, large.phone("13800138000"), large.now)
    assert overlay.current().person(contact) != overlay.current().person(buyer)
    actions.undo(done.facts, large.now)
    assert overlay.current().person(contact) == overlay.current().person(buyer)


def test_a_join_that_grows_old_is_made_anew_before_anybody_waits_for_it(large) -> None:
    before = kept.name_at_hand()
    age(hours=30)
    large.bring(large.friend("b", "小李", phone="13800138000"))
    person = overlay.current().person(large.member("wang"))
    assert overlay.current().person(large.contact("b")) == person
    assert kept.name_at_hand() == before
    age(hours=11)
    assert in_background() is True
    assert kept.name_at_hand() != before


def test_much_that_comes_at_once_is_left_to_the_background(large, monkeypatch) -> None:
    monkeypatch.setattr(kept, "MOST_SINCE", 1)
    monkeypatch.setattr(kept, "SOME_SINCE", 1)
    before = kept.name_at_hand()
    large.bring(large.friend("b", "小李", phone="13800138000"))
    assert overlay.current().person(large.contact("b")) == large.contact("b")
    assert kept.name_at_hand() == before
    assert in_background() is True
    assert overlay.current().person(large.contact("b")) == overlay.current().person(
        large.member("wang")
    )
    assert exact()[large.contact("b")] == overlay.current().person(large.contact("b"))
