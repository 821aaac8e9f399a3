"""Lines of the builder: every kind of condition has one, says the same rule again, and lets go of what means nothing any more."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from typing import Any

import pytest
from django.http import QueryDict

from tests.segments.text.test_docs import shown_rules
from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments import text
from xiaohe.segments.rules import checks
from xiaohe.web.pages.segments import called, forms, menu
from xiaohe.web.pages.segments.built import Building, Built
from xiaohe.web.pages.segments.controls import Line, Part, Tag
from xiaohe.web.pages.segments.draft import (
    Draft,
    Is,
    group,
    line_place,
    new_place,
    replaced,
    walk,
)
from xiaohe.web.pages.segments.drafts import Drafting
from xiaohe.web.pages.segments.fitting import fitted
from xiaohe.web.pages.segments.lines import Drawing

RULES = (
    'did tag where (tag is "茶" and by in (hand, import))',
    "did link where (kind is friend and live and staff is \"阿禾\" and on in last 30 days)",
    "did link where ended_by is customer in last 2 months",
    'first_platform is "taobao" or last_entry contains "卡" or not consent is withdrawn',
    "sum of net over purchase in last 90 days >= ¥500",
    "first of on over purchase in last month in last 30 days",
    'last of title over purchase.item contains "茶"',
    "distinct of title over purchase.item in last 2 cycles >= 3",
    'did message.out then purchase where (net >= ¥100 or store is "东店") within 7 days in last 90 days',
    "not did opened in last 24 hours",
    "did purchase where (hour between 14 and 16 and weekday in (sat, sun)) in same month last year",
    "stage has been in (regular, growing) for 30 days and muted has been false for 7 days",
    'has been in segment "regulars" for 10 days and not in segment "east-side"',
    "net_365 in top 20 percent of store and ratio in bottom 10 percent",
    "birthday in next 7 days or baby in this month",
    "referrals >= 1 and was_referred",
    'share 0 to 10 percent of "salt"',
    "listed (p12, p7)",
    "did purchase 100 to 30 days ago and not (vip or (linked and not due))",
    'did "custom:Order Completed" where name in (1, "1", "two", "=3")',
    "did custom:booked where (seats is true or seats is false) and first of live over link is false",
    "occasions in (1, 2, 3) and net_365 in (¥5, ¥6.50) and count of purchase in (0, 2)",
    "last_on in (2026-01-01, 2026-02-01) and last_on > 2026-01-01 and last_on < 2026-03-01",
    "stage in (lost, new, regular) and did browse.* in last 5 days",
    "vip is false and not vip and not (vip is false)",
    "birthday in last 7 days or birthday in last month or due_on in next year or last_on in this quarter",
    'did purchase where (net > ¥5 and (store is "a" or store is "b") and not (covers > 3 and hour < 9))',
    'did purchase.item where (title contains "茶" or not (quantity >= 2 or not (category is "a" and brand is "b")))',
    'did link where not (kind is friend or live) then purchase where (net > ¥5 or (net < ¥2 and bulk)) within 7 days',
    "not (vip or (linked and not (due or (muted and not (promoter or friend and due)))))",
    "due_on in same week last year and did purchase in last month and first_on in last 3 months",
)  # fmt: skip


def _built(draft: Draft) -> tuple[Built, Building]:
    building = Building(
        VOCABULARY,
        lambda source: text.parse(source, VOCABULARY),
        lambda rule: checks.check(rule, VOCABULARY),
    )
    return building.whole(draft), building


# What only the text form says: more brackets within brackets than a phone has room for.
ONLY_AS_TEXT = (
    "did purchase where (net > ¥5 and (net < ¥9 or (covers > 1 and (covers < 3 or"
    ' (store is "a" and (store is "b" or staff is "c"))))))'
)


def _sent(line: Line) -> Iterator[tuple[str, str]]:
    """What a browser posts of a line that nobody touched."""
    yield "node", line.place
    yield f"{line.place}:kind", line.kind
    if line.is_not:
        yield f"{line.place}:not", "1"
    if line.is_group or len(line.lines) > 1:
        yield f"{line.place}:join", line.join
    for part in line.parts:
        yield from ((part.name, value) for value in _values(part))
    for each in line.lines:
        yield from _sent(each)


def _values(part: Part) -> list[str]:
    options = [option for some in part.groups for option in some.options]
    chosen = [option.value for option in options if option.chosen]
    match part.tag:
        case Tag.WORD:
            return []
        case Tag.CHECKS:
            return chosen
        case Tag.SELECT:
            return chosen[:1] or [options[0].value]
    return [part.value]


def _saved_unchanged(source: str) -> tuple[Any, Draft]:
    """The rule that is saved if the builder is opened on `source` and nothing is touched; and the lines it showed."""
    rule = text.parse(source, VOCABULARY)
    draft = Drafting(lambda each: text.print_rule(each, "CNY", VOCABULARY), "CNY").whole(rule)
    slugs = {slug: slug for slug in VOCABULARY.segments}
    shown = Drawing(VOCABULARY, _nothing_known, _by_number, slugs, {}, {}).line(draft)
    posted: dict[str, list[str]] = defaultdict(list)
    for name, value in _sent(shown):
        posted[name].append(value)
    form = QueryDict(mutable=True)
    for name, values in posted.items():
        form.setlist(name, values)
    built, _building = _built(fitted(forms.draft_of(form), VOCABULARY))
    assert dict(built.problems) == {}
    return built.rule, draft


def _nothing_known(record: str, field: str) -> tuple[str, ...]:
    return ()


def _by_number(people: tuple[int, ...], words: str) -> list[tuple[int, str, bool]]:
    return [(each, str(each), True) for each in people]


@pytest.mark.parametrize("source", [*RULES, *shown_rules()])
def test_a_rule_opened_in_the_builder_and_saved_untouched_is_the_same_rule(source: str) -> None:
    saved, draft = _saved_unchanged(source)
    assert saved == text.parse(source, VOCABULARY)
    assert Is.TEXT not in {each.kind for _place, each in walk(draft)}


def test_what_no_taps_can_show_stays_as_it_was_written() -> None:
    saved, draft = _saved_unchanged(ONLY_AS_TEXT)
    assert saved == text.parse(ONLY_AS_TEXT, VOCABULARY)
    assert [each.kind for _place, each in walk(draft)] == [Is.GROUP, Is.TEXT]


def test_whatever_can_have_happened_is_offered() -> None:
    offered = [each.value for group in called.records(VOCABULARY.records) for each in group.options]
    assert sorted(offered) == sorted(VOCABULARY.records)


def test_every_ready_made_condition_is_whole_or_waits_for_one_choice() -> None:
    for each in menu.every():
        ready: Any = menu.ready(each.name)
        built, building = _built(group(ready))
        assert len(built.problems) <= 1, each.name
        assert not building.refused, (each.name, built.problems)


def test_another_choice_lets_go_of_what_was_filled_in_for_the_one_before() -> None:
    line = Draft(Is.VALUE, {"field": ("net_365",), "op": ("contains",), "v": ("茶",)})
    assert dict(fitted(group(line), VOCABULARY).children[0].fields) == {"field": ("net_365",)}
    kept = Draft(Is.VALUE, {"field": ("store",), "op": ("contains",), "v": ("东",)})
    detail = Draft(Is.VALUE, {"field": ("title",), "op": ("is",), "v": ("茶",)})
    bought = Draft(Is.MEASURE, {"of": ("message.in",)}, children=(detail,))
    after = fitted(group(kept, bought), VOCABULARY).children
    assert after == (kept, Draft(Is.MEASURE, {"of": ("message.in",)}))


def _shown_after(draft: Draft, *orders: str) -> Draft:
    for do in orders:
        draft = fitted(forms.edited(draft, do, menu.ready, _no_text), VOCABULARY)
    return draft


def _no_text(written: str) -> Draft | None:
    drafting = Drafting(lambda each: text.print_rule(each, "CNY", VOCABULARY), "CNY")
    return drafting.of(text.parse(written, VOCABULARY))


def test_brackets_around_details_are_put_together_by_taps() -> None:
    draft = _shown_after(group(), "add:r:bought-named", "some:r-0", "where:r-0-1")
    assert [place for place, _each in walk(draft)] == [
        "r", "r-0", "r-0-0", "r-0-1", "r-0-1-0", "r-0-1-1",
    ]  # fmt: skip
    filled = {
        "r-0-0": ("title", "contains", "茶"),
        "r-0-1-0": ("quantity", ">=", "2"),
        "r-0-1-1": ("category", "is", "茶"),
    }
    for place, (name, op, value) in filled.items():
        told = Draft(Is.VALUE, {"field": (name,), "op": (op,), "v": (value,)})
        draft = replaced(draft, place, told)
    built, _building = _built(draft)
    source = (
        'did purchase.item where (title contains "茶" and (quantity >= 2 or category is "茶"))'
        " in last 90 days"
    )
    assert built.rule == text.parse(source, VOCABULARY)
    without = _shown_after(draft, "drop:r-0-1-0", "drop:r-0-1-0")
    assert list(_built(without)[0].problems) == ["r-0-1"]
    assert line_place(draft, "r-0-1-1") == "r-0"
    # A bracket is for details: a group of conditions takes conditions.
    assert _shown_after(draft, "where:r", "some:r", "group:r-0") == draft


def test_a_detail_is_put_back_with_its_line() -> None:
    source = 'did purchase where (net > ¥5 and not (store is "a" or store is "b"))'
    draft = _no_text(source)
    assert draft is not None
    whole = group(draft)
    less = _shown_after(whole, "drop:r-0-1-0")
    assert less != whole
    assert _shown_after(less, f"again:r-0::{source}") == whole


def test_what_is_nested_deeper_than_a_page_has_room_for_is_kept_as_text() -> None:
    source = "vip"
    for number in range(12):
        source = f"(not ({source} and due) or linked)" if number % 2 else f"({source} and muted)"
    rule = text.parse(source, VOCABULARY)
    saved, draft = _saved_unchanged(source)
    assert saved == rule
    assert Is.TEXT in {each.kind for _place, each in walk(draft)}


def test_one_goes_on_where_something_is_to_be_filled_in() -> None:
    before = group()
    after = _shown_after(before, "add:r:bought-named")
    drawing = Drawing(VOCABULARY, _nothing_known, _by_number, {}, {}, {})
    line = drawing.line(after).at(new_place(before, after))
    assert line is not None
    assert line.waits_at() == "r-0-0:v"
    more = _shown_after(after, "some:r-0")
    assert new_place(after, more) == "r-0-1"
    assert new_place(more, more) == ""
