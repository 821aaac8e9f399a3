"""Rules with mistakes in them: never anything but a refusal, at a place within the text, in both languages, in good time."""

from __future__ import annotations

import time
from dataclasses import replace

import pytest
from django.utils.translation import override
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from tests.segments.text.test_docs import blocks, shown_rules
from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments.rules import jsonform
from xiaohe.segments.sentence import sentence
from xiaohe.segments.sentence.spellings import called
from xiaohe.segments.text import RuleError, parse, print_rule

CHINESE = replace(VOCABULARY, called=called())
RULES = [*shown_rules(), *"".join(blocks("chinese")).splitlines()[::2]]
RANDOM = settings(
    max_examples=400,
    deadline=None,
    suppress_health_check=list(HealthCheck),
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
)
PIECES = st.sampled_from(
    [" and ", " or ", "not ", "(", ")", '"', "“", "/", "#", "\n", "\\", ",", ">=", "in last 0 days", "between", "at least",
     "¥", "money", "9" * 50, "1e99", "2026-02-30", "是", "且", "最近", "的", "茶", "\u200b", "\x00", "\ud800", "é", "of", "has been"]
)  # fmt: skip


@st.composite
def edited(draw: st.DrawFn) -> str:
    """A rule of the page with up to four letters or words taken out, doubled, swapped or put in."""
    text = draw(st.sampled_from(RULES))
    for _edit in range(draw(st.integers(1, 4))):
        first = draw(st.integers(0, len(text)))
        last = min(len(text), first + draw(st.integers(0, 12)))
        put = draw(
            st.one_of(st.just(""), PIECES, st.text(max_size=3), st.just(text[first:last] * 2))
        )
        text = text[:first] + put + text[last:]
    return text


@RANDOM
@given(source=edited())
def test_an_edited_rule_is_one_or_is_refused_where_it_is_wrong(source: str) -> None:
    try:
        rule = parse(source, CHINESE)
    except RuleError as wrong:
        place = wrong.place
        assert 0 <= place.start <= len(source)
        assert 0 <= place.length <= len(source) - place.start
        lines = source.split("\n")
        assert 1 <= place.line <= len(lines)
        assert 1 <= place.column <= len(lines[place.line - 1]) + 1
        told = {}
        for language in ("en", "zh-hans"):
            with override(language):
                told[language] = str(wrong)
                told[language].encode()
        assert told["en"] != told["zh-hans"]
    else:
        assert parse(print_rule(rule, "CNY", CHINESE), CHINESE) == rule
        assert jsonform.from_json(jsonform.to_json(rule), CHINESE) == rule
        assert sentence(rule)


NAMES = sorted([*VOCABULARY.attributes, *(each for each in called().attributes if len(each) > 2)])


@RANDOM
@given(
    name=st.sampled_from([each for each in NAMES if len(each) > 3]),
    at=st.integers(0, 50),
    how=st.integers(0, 2),
)
def test_a_slip_in_a_name_is_answered_with_a_name(name: str, at: int, how: int) -> None:
    at %= len(name) - 1
    letters = list(name)
    if how == 0:
        letters[at], letters[at + 1] = letters[at + 1], letters[at]
    elif how == 1:
        letters.pop(at)
    else:
        letters.insert(at, letters[at])
    slip = "".join(letters)
    near: list[str] = []
    try:
        parse(f"{slip} is known", CHINESE)
    except RuleError as wrong:
        if wrong.code == "unknown_attribute":
            near.append(wrong.suggestion)
    assert all(near)


@pytest.mark.parametrize(
    "source",
    [
        "(" * 5_000 + "vip" + ")" * 5_000, "not " * 50_000 + "vip", "vip and (" * 20_000, "-" * 150_000, '"' + "a" * 190_000,
        " or ".join(["vip"] * 20_000), "store in (" + ", ".join(['"x"'] * 40_000) + ")", "买过" * 90_000, "的" * 190_000,
        "a" * 190_000, "vip\n" * 40_000, "listed (" + "p1, " * 40_000 + "p1)", "did purchase where (" * 9_000,
        "store matches /" + "(" * 100_000 + "/", "did purchase then " * 9_000, "x" * 450_001, "“" * 100_000, "1" * 150_000,
        "是" * 200, "最近90天" * 40,
    ],
    ids=lambda source: f"{source[:12].strip()!r}",
)  # fmt: skip
def test_a_text_that_is_too_much_is_refused_in_good_time(source: str) -> None:
    began = time.process_time()
    with pytest.raises(RuleError) as refused:
        parse(source, CHINESE)
    assert time.process_time() - began < 4
    assert refused.value.place.start <= len(source)
    assert len(str(refused.value)) < 1_500


@pytest.mark.parametrize(
    "pattern", ["(a+)+$", "(a|aa)*b", "(.*a){20}", "(x+x+)+y", "(a?){90}a{90}"]
)
def test_a_pattern_that_is_slow_elsewhere_is_one_here_or_refused(pattern: str) -> None:
    """RE2 reads every pattern that is let through in one pass; Python's engine, which may not, never runs one."""
    began = time.process_time()
    codes: list[str] = []
    try:
        parse(f"store matches /{pattern}/", VOCABULARY)
    except RuleError as wrong:
        codes.append(wrong.code)
    assert codes in ([], ["pattern_unsafe"])
    assert time.process_time() - began < 0.5
