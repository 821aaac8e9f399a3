"""What is written is read again: text and JSON, for every tree; and nothing but a refusal comes of anything else."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.segments.rules import rules
from tests.segments.vocabulary import VOCABULARY
from xiaohe.segments.rules import checks, jsonform
from xiaohe.segments.rules.normal import normal
from xiaohe.segments.rules.tree import All, Leaf, Listed, Rule, leaves
from xiaohe.segments.text import RuleError, canonical, parse, print_rule

RANDOM = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@RANDOM
@given(rule=rules(VOCABULARY))
def test_a_tree_is_read_again_from_its_text(rule: Leaf) -> None:
    checks.check(rule, VOCABULARY)
    for text in (print_rule(rule, "CNY", VOCABULARY), print_rule(rule, "CNY")):
        # Python holds true and 1 for equal; what is printed tells them apart.
        again = parse(text, VOCABULARY)
        assert (again, repr(again)) == (rule, repr(rule)), text
        assert print_rule(again, "CNY") == print_rule(rule, "CNY")


@RANDOM
@given(rule=rules(VOCABULARY))
def test_a_tree_is_read_again_from_its_json(rule: Leaf) -> None:
    document = json.loads(json.dumps(jsonform.to_json(rule)))
    again = jsonform.from_json(document, VOCABULARY)
    assert (again, print_rule(again, "CNY")) == (rule, print_rule(rule, "CNY"))


@RANDOM
@given(rule=rules(VOCABULARY))
def test_the_normal_form_is_its_own(rule: Leaf) -> None:
    assert normal(rule) == rule
    for leaf in leaves(rule):
        assert canonical(leaf, "CNY") == canonical(normal(leaf), "CNY")


@RANDOM
@given(source=st.text(max_size=60))
def test_any_text_is_a_rule_or_refused(source: str) -> None:
    _read_or_refused(source)


WORDS = st.sampled_from(
    [
        "and",
        "or",
        "not",
        "(",
        ")",
        ",",
        "did",
        "purchase",
        "where",
        "net",
        ">=",
        "<",
        "=",
        '"东店"',
        "茶",
        "/a/",
        "in",
        "last",
        "30",
        "days",
        "ago",
        "since",
        "2026-01-01",
        "has",
        "been",
        "for",
        "top",
        "percent",
        "of",
        "stage",
        "is",
        "regular",
        "between",
        "¥5",
        "12.5",
        "-1",
        "then",
        "within",
        "hours",
        "segment",
        "listed",
        "p1",
        "share",
        "sum",
        "over",
        "days",
        "first",
        "matches",
        "contains",
        "starts",
        "with",
        "true",
        "known",
        "same",
        "week",
        "year",
        "link",
        "live",
        "on",
        "ever",
        "60",
        "to",
        "next",
        "first_on",
        "birthday",
        "/(",
        "「a」",
        "“b”",
        "%",
    ]
)


@RANDOM
@given(words=st.lists(WORDS, max_size=14))
def test_words_of_the_language_in_any_order_are_a_rule_or_refused(words: list[str]) -> None:
    _read_or_refused(" ".join(words))


@RANDOM
@given(rule=rules(VOCABULARY, most_leaves=3), data=st.data())
def test_a_damaged_rule_is_a_rule_or_refused(rule: Leaf, data: st.DataObject) -> None:
    text = print_rule(rule, "CNY", VOCABULARY)
    at = data.draw(st.integers(0, len(text)))
    gone = data.draw(st.integers(0, 5))
    _read_or_refused(text[:at] + data.draw(st.text(max_size=2)) + text[at + gone :])


JSON = st.recursive(
    st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.floats(),
        st.sampled_from(["all", "is", "last", "x"]),
    ),
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.dictionaries(
            st.sampled_from(["kind", "rule", "rules", "field", "test", "op", "values", "window"]),
            inner,
            max_size=4,
        ),
    ),
    max_leaves=12,
)


@RANDOM
@given(rule=rules(VOCABULARY, most_leaves=3), junk=JSON, data=st.data())
def test_a_damaged_document_is_a_rule_or_refused(
    rule: Leaf, junk: object, data: st.DataObject
) -> None:
    document = jsonform.to_json(rule)
    here: object = document
    while isinstance(here, dict | list) and here:
        key = data.draw(
            st.sampled_from(list(here) if isinstance(here, dict) else list(range(len(here))))
        )
        inner = here[key]  # type: ignore[call-overload]
        if data.draw(st.booleans()) or not isinstance(inner, dict | list):
            here[key] = junk  # type: ignore[call-overload]
            break
        here = inner
    refused = _refusal(lambda: print_rule(jsonform.from_json(document, VOCABULARY), "CNY"))
    if refused is not None:
        assert refused.place.path is not None
        assert "%(" not in str(refused)


def _read_or_refused(source: str) -> None:
    refused = _refusal(lambda: _assert_printed(parse(source, VOCABULARY)))
    if refused is None:
        return
    place = refused.place
    assert "%(" not in str(refused)
    assert 0 <= place.start <= place.start + place.length <= len(source)
    assert place.line >= 1
    assert place.column >= 1


def _assert_printed(rule: Rule) -> None:
    assert parse(print_rule(rule, "CNY"), VOCABULARY) == rule


def _refusal(work: Callable[[], object]) -> RuleError | None:
    """The refusal `work` ends in, if any; whatever else it raises is a bug."""
    try:
        work()
    except RuleError as refused:
        return refused
    return None


@pytest.mark.parametrize("deep", [40, 4000, 90_000])
@pytest.mark.parametrize("opening", ["(", "not ", "(not "])
def test_what_is_too_deep_is_refused_and_not_a_crash(opening: str, deep: int) -> None:
    with pytest.raises(RuleError) as refused:
        parse(opening * deep + "did purchase where " + opening * deep, VOCABULARY)
    assert refused.value.code in {"too_deep", "too_long", "ended"}


def test_a_deep_document_is_refused_and_not_a_crash() -> None:
    rule: dict[str, object] = {"kind": "everyone"}
    for _ in range(900):
        rule = {"kind": "not", "rule": rule}
    with pytest.raises(RuleError) as refused:
        jsonform.from_json({"version": 1, "rule": rule}, VOCABULARY)
    assert refused.value.code == "too_deep"


def test_a_list_of_as_many_people_as_one_may_name_round_trips_and_is_read_at_once() -> None:
    longest = 2**63 - 1
    everybody = [longest - number for number in range(10_000)]
    source = f"vip and listed ({', '.join(f'p{each}' for each in everybody)})"
    began = time.process_time()
    rule = parse(source, VOCABULARY)
    assert parse(print_rule(rule, "CNY"), VOCABULARY) == rule
    assert time.process_time() - began < 3
    assert rule == All((rule.rules[0], Listed(tuple(sorted(everybody)))))  # type: ignore[union-attr]
    for more, code in ((", p1)", "too_many_values"), (")" + " and vip" * 40_000, "too_long")):
        with pytest.raises(RuleError) as refused:
            parse(source[:-1] + more, VOCABULARY)
        assert refused.value.code == code
