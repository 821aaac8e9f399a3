"""Ties: seen from both ends, through joins and their undo, and never a join themselves."""

from __future__ import annotations

from typing import Any

import pytest

from tests.people.conftest import NOON, Town
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.people import actions, overlay, ties
from xiaohe.people.models import Tie
from xiaohe.people.ties import TieKind


def bring_three(town: Town) -> tuple[int, int, int]:
    for name in ("ann", "bea", "cai"):
        town.bring(town.sale(f"10000000000000{name}", member=name))
    return town.member("ann"), town.member("bea"), town.member("cai")


def seen(person: int) -> list[tuple[int, TieKind, str]]:
    return [(each.person, each.kind, each.words) for each in ties.of(person)]


def test_a_tie_is_on_both_pages_sealed_and_taken_back(any_town: Town) -> None:
    ann, bea, _cai = bring_three(any_town)
    number = ties.tie(ann, bea, "family", " 妈妈 ", now=NOON, user_id=1)

    assert seen(ann) == [(bea, TieKind.FAMILY, "妈妈")]
    assert seen(bea) == [(ann, TieKind.FAMILY, "妈妈")]
    assert "妈妈".encode() not in bytes(Tie.objects.get().sealed or b"")
    ties.strike(bea, number, now=NOON)
    assert seen(ann) == seen(bea) == []
    ties.restore(ann, number)
    assert seen(bea) == [(ann, TieKind.FAMILY, "妈妈")]


def test_saying_it_again_says_it_in_new_words(any_town: Town) -> None:
    ann, bea, _cai = bring_three(any_town)
    first = ties.tie(ann, bea, "family", "妈妈", now=NOON, user_id=1)

    assert ties.tie(bea, ann, "gift", "每年生日", now=NOON, user_id=2) == first
    assert seen(ann) == [(bea, TieKind.GIFT, "每年生日")]


def test_a_tie_follows_a_join_and_its_undo_and_joins_nobody(any_town: Town) -> None:
    ann, bea, cai = bring_three(any_town)
    ties.tie(bea, cai, "gift", "", now=NOON, user_id=1)
    people = any_town.groups()
    done = actions.join(ann, bea, any_town.now)

    both = overlay.current().person(bea)
    assert seen(ann) == seen(bea) == [(cai, TieKind.GIFT, "")]
    assert seen(cai) == [(both, TieKind.GIFT, "")]
    actions.undo(done.facts, any_town.now)
    assert seen(ann) == []
    assert seen(bea) == [(cai, TieKind.GIFT, "")]
    assert any_town.groups() == people


def test_two_ends_that_became_one_person_show_nothing(any_town: Town) -> None:
    ann, bea, _cai = bring_three(any_town)
    ties.tie(ann, bea, "family", "", now=NOON, user_id=1)
    actions.join(ann, bea, any_town.now)

    assert seen(ann) == seen(bea) == []
    with pytest.raises(Conflict):
        ties.tie(ann, bea, "gift", "", now=NOON, user_id=1)


def test_nonsense_is_refused_and_somebody_elses_tie_is_not_theirs(any_town: Town) -> None:
    ann, bea, cai = bring_three(any_town)
    number = ties.tie(ann, bea, "family", "", now=NOON, user_id=1)

    with pytest.raises(BadInput):
        ties.tie(ann, cai, "gift", "长" * 61, now=NOON, user_id=1)
    with pytest.raises(ValueError, match="cousin"):
        ties.tie(ann, cai, "cousin", "", now=NOON, user_id=1)
    with pytest.raises(NotFound):
        ties.strike(cai, number, now=NOON)
    assert seen(cai) == []


def test_whoever_is_erased_leaves_no_tie(any_town: Any) -> None:
    ann, bea, cai = bring_three(any_town)
    ties.tie(ann, bea, "family", "", now=NOON, user_id=1)
    ties.tie(cai, ann, "gift", "", now=NOON, user_id=1)

    assert ties.forget([ann]) == 2
    assert not Tie.objects.exists()
