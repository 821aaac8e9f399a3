from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from threading import Thread
from typing import Any

import pytest
from django.utils import translation

from xiaohe.kernel.errors import BadInput, Conflict, NotFound, XiaoheError
from xiaohe.segments import actions, library, queries
from xiaohe.segments.models import Kind
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.tree import Not, Rule
from xiaohe.segments.text import parse
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)
LATER = NOW + timedelta(hours=1)


def rule(text: str) -> Rule:
    return parse(text, queries.vocabulary())


def test_a_segment_is_kept_with_every_version(any_place: Any) -> None:
    slug = actions.save("Tea", rule("did purchase"), 3, NOW).saved.slug
    actions.save("Tea", rule("did purchase at least 2 times"), 4, LATER, slug)

    saved = queries.segment(slug)

    assert (saved.name, saved.text, saved.version) == ("Tea", "did purchase at least 2 times", 2)
    assert saved.rule == rule(saved.text)
    told = [(each.version, each.text, each.by) for each in queries.versions(slug)]
    assert told == [(2, "did purchase at least 2 times", 4), (1, "did purchase", 3)]
    acts = [(each.act, each.page, each.user_id) for each in audit.latest()]
    assert acts == [
        (AuditAct.CHANGED, f"segment {slug}", 4),
        (AuditAct.ADDED, f"segment {slug}", 3),
    ]


def test_what_is_saved_as_it_was_is_no_version(place: Any) -> None:
    first = actions.save("Tea", rule("did purchase"), 3, NOW)
    again = actions.save("Tea", rule("did purchase"), 3, LATER, first.saved.slug)
    assert (again.version, len(queries.versions(first.saved.slug))) == (0, 1)


def test_is_true_and_is_1_are_two_rules(place: Any) -> None:
    told = "did task.done where how is {}"
    slug = actions.save("Tea", rule(told.format("true")), 3, NOW).saved.slug
    assert actions.save("Tea", rule(told.format("1")), 3, LATER, slug).version == 2


def test_two_people_saving_at_once_lose_nothing(any_place: Any) -> None:
    slug = actions.save("Tea", rule("did purchase"), 3, NOW).saved.slug
    seen = queries.segment(slug).version
    actions.save("Tea", rule("linked"), 3, NOW, slug, seen=seen)

    with pytest.raises(Conflict) as refused:
        actions.save("Tea", rule("due"), 4, LATER, slug, seen=seen)

    assert refused.value.code == "changed_meanwhile"
    assert queries.segment(slug).text == "linked"


def change_rename(slug: str) -> int:
    return actions.rename(slug, "Leaves", 3, LATER).version


def change_rule(slug: str) -> int:
    return actions.save("Tea", rule("linked"), 3, LATER, slug).version


def change_archive(slug: str) -> int:
    return actions.archive(slug, 3, LATER).version


@pytest.mark.parametrize("change", [change_rename, change_rule, change_archive])
def test_every_change_is_taken_back(any_place: Any, change: Callable[[str], int]) -> None:
    before = actions.save("Tea", rule("did purchase"), 3, NOW).saved
    version = change(before.slug)
    assert queries.segment(before.slug) != before

    actions.undo(before.slug, version, 3, LATER)

    after = queries.segment(before.slug)
    assert (after.name, after.rule, after.archived_at) == (before.name, before.rule, None)
    assert after.version == 3
    with pytest.raises(Conflict):
        actions.undo(before.slug, version, 3, LATER)


def test_a_new_one_taken_back_is_put_away_and_comes_back(place: Any) -> None:
    done = actions.save("Tea", rule("did purchase"), 3, NOW)
    actions.undo(done.saved.slug, done.version, 3, NOW)
    assert done.saved.slug not in queries.rules()
    assert [each.slug for each in queries.segments(archived=True)] == [done.saved.slug]

    actions.restore(done.saved.slug, 3, LATER)

    assert queries.rules()[done.saved.slug] == done.saved.rule


def test_a_rename_moves_neither_slug_nor_share(place: Any) -> None:
    before = actions.save("A tenth", rule('share 0 to 10 percent of "spring"'), 3, NOW).saved
    after = actions.rename(before.slug, "Ten of hundred", 3, LATER).saved
    assert (after.slug, after.salt, after.rule) == (before.slug, before.salt, before.rule)


def test_a_circle_is_refused_with_the_way_round(any_place: Any) -> None:
    first = actions.save("First", rule("linked"), 3, NOW).saved.slug
    second = actions.save("Second", rule(f'in segment "{first}"'), 3, NOW).saved.slug
    third = actions.save("Third", rule(f'not in segment "{second}"'), 3, NOW).saved.slug

    with pytest.raises(BadInput) as refused:
        actions.save("First", rule(f'due or in segment "{third}"'), 3, LATER, first)

    assert "First → Third → Second → First" in str(refused.value)
    assert queries.segment(first).text == "linked"


@pytest.mark.postgres
def test_a_circle_made_by_two_at_once_is_refused_too(any_place: Any) -> None:
    slugs = [actions.save(name, rule("linked"), 3, NOW).saved.slug for name in ("One", "Two")]
    refused: list[XiaoheError] = []

    def stand(one: str, other: str) -> None:
        from django.db import connections

        try:
            name = queries.segment(one).name
            actions.save(name, rule(f'in segment "{other}"'), 3, LATER, one)
        except XiaoheError as error:
            refused.append(error)
        finally:
            connections.close_all()

    threads = [Thread(target=stand, args=pair) for pair in (slugs, slugs[::-1])]
    for each in threads:
        each.start()
    for each in threads:
        each.join()

    assert [each.code for each in refused] == ["circle"]


def test_what_others_stand_on_is_not_put_away(place: Any) -> None:
    first = actions.save("First", rule("linked"), 3, NOW).saved.slug
    actions.save("Second", rule(f'in segment "{first}"'), 3, NOW)

    with pytest.raises(Conflict) as refused:
        actions.archive(first, 3, LATER)

    assert "“Second”" in str(refused.value)


def test_an_unknown_segment_is_answered_with_the_one_that_was_meant(place: Any) -> None:
    actions.save("Tea lovers", rule("linked"), 3, NOW)
    with pytest.raises(NotFound) as refused:
        queries.segment("tea-lover")
    assert "Did you mean “tea-lovers”?" in str(refused.value)
    with pytest.raises(RuleError) as wrong:
        rule('in segment "tea-lover"')
    assert wrong.value.suggestion


@pytest.mark.parametrize("name", ["tea ", "Zombies", "", "x" * 81])
def test_names_are_told_apart(place: Any, name: str) -> None:
    actions.save("Tea", rule("linked"), 3, NOW)
    with pytest.raises((Conflict, BadInput)):
        actions.save(name, rule("due"), 3, NOW)


def test_one_of_the_library_is_edited_and_put_back(any_place: Any) -> None:
    shipped = queries.segment("g04")
    actions.save("Not yet", rule("linked and not did purchase"), 3, NOW, "g04")
    edited = queries.segment("g04")
    assert (edited.kind, edited.version, edited.as_shipped) == (Kind.LIBRARY, 2, False)
    assert edited.shipped == shipped.text != edited.text

    actions.put_back("g04", 3, LATER)

    back = queries.segment("g04")
    assert (back.name, back.rule, back.as_shipped) == (shipped.name, shipped.rule, True)
    assert [each.version for each in queries.versions("g04")] == [3, 2, 1]


def test_renaming_one_of_the_library_leaves_it_as_it_ships(place: Any) -> None:
    actions.rename("g11", "Quiet ones", 3, NOW)
    renamed = queries.segment("g11")
    assert (renamed.name, renamed.as_shipped) == ("Quiet ones", True)
    actions.undo("g11", 2, 3, NOW)
    assert queries.segment("g11").name == "Zombies"


@pytest.mark.parametrize("language", ["en", "zh-hans"])
def test_everything_of_the_library_can_be_edited_under_its_own_name(
    place: Any, language: str
) -> None:
    with translation.override(language):
        for slug, each in library.shipped().items():
            done = actions.save(each.name, Not(each.rule), None, NOW, slug=slug)
            assert done.saved.name == each.name
