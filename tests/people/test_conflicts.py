"""Evidence that contradicts itself waits for the owner's word; each word is a fact that can be taken back."""

import pytest

from xiaohe.kernel.errors import NotFound
from xiaohe.people import actions, conflicts
from xiaohe.people.conflicts import Word

PHONE, ORDER = "13800138000", "1930123456789012345"


@pytest.fixture
def clash(any_town):
    """A contact's text holds the phone of one buyer and the order of another."""
    any_town.bring(
        any_town.sale("1", member="wang", phone=PHONE),
        any_town.sale(ORDER, member="li"),
        any_town.friend("a", "毛毛妈", phone=PHONE, orders=(ORDER,)),
    )
    return any_town


def _one():
    (found,), total = conflicts.waiting()
    assert total == 1
    return found


def test_a_contradiction_shows_who_and_by_what(clash):
    found = _one()
    assert (
        set(found.persons) >= {clash.member("wang"), clash.member("li")} or len(found.persons) == 2
    )
    assert any(held.value in (PHONE, ORDER) for held in found.evidence)


@pytest.mark.parametrize("word", list(Word))
def test_each_word_settles_it_and_its_undo_brings_it_back(clash, word):
    before, found = clash.groups(), _one()
    done = conflicts.decide(found.id, word, clash.now)
    assert conflicts.waiting() == ([], 0)
    assert clash.same(clash.member("wang"), clash.member("li")) is (word is Word.SAME)
    actions.undo(done.facts, clash.now)
    assert clash.groups() == before
    assert _one() == found


def test_what_is_settled_or_made_up_cannot_be_decided(clash):
    with pytest.raises(NotFound):
        conflicts.decide("1f", Word.SAME, clash.now)
    assert _one()
