from __future__ import annotations

from typing import Any

import pytest
from django.utils.translation import override

from xiaohe.segments import library, queries, resolve
from xiaohe.segments.models import Kind
from xiaohe.segments.text import parse
from xiaohe.shop import actions as shop_actions

DOMAIN = [f"g{number:02}" for number in range(1, 21)]


def test_the_domain_library_is_there_from_the_start(place: Any) -> None:
    known = {each.slug: each for each in queries.segments()}

    assert known.keys() >= set(DOMAIN)
    for slug in DOMAIN:
        assert known[slug].kind is Kind.LIBRARY
        assert known[slug].why
        assert known[slug].todo
        assert parse(known[slug].text, queries.vocabulary()) == known[slug].rule


@pytest.mark.parametrize("language", ["zh-hans", "en"])
def test_every_word_is_there_in_both_languages(place: Any, language: str) -> None:
    with override(language):
        told = library.shipped().values()
        assert all(each.name for each in told)
        assert all(each.why for each in told if each.kind is Kind.LIBRARY)
        assert all(each.group for each in told if each.kind is Kind.TAG)
        names = [(each.kind, each.group, each.name) for each in told]
        assert len(names) == len(set(names))


def test_nothing_that_ships_stands_on_itself(place: Any) -> None:
    rules = queries.rules()
    assert not any(resolve.circle(slug, rule, rules) for slug, rule in rules.items())


def test_cuts_follow_the_shops_settings(place: Any) -> None:
    assert "in last 30 days" in queries.segment("g11").text
    shop_actions.update_shop(effective_window_days=90)
    assert "in last 90 days" in queries.segment("g11").text
