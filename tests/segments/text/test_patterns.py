"""Patterns that are let through mean the same to RE2 and to Python; what does not is refused."""

from __future__ import annotations

import re
from collections.abc import Iterator

import duckdb
import pytest
from hypothesis import HealthCheck, assume, given, settings
from hypothesis import strategies as st

from xiaohe.segments.rules.patterns import unreadable, unsafe_part

PIECES = st.sampled_from(
    ["a", "b", "茶", "1", ".", "^", "$", "|", "(", ")", "(?:", "[ab]", "[^a]", "[a-c1]", "*", "+", "?", "{2}", "{1,3}",
     "\\d", "\\w", "\\s", "\\b", "\\D", "\\.", "\\/", "\\[", "-", " ", "]", "(?i)", "(?=", "\\1", "*+", "{", "}", "[", "&&"]
)  # fmt: skip
TEXTS = st.text(st.sampled_from(list("abcAB茶1 .-[]/\\")), max_size=8)


@pytest.fixture(scope="module")
def engine() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=150, deadline=None, suppress_health_check=list(HealthCheck))
@given(pieces=st.lists(PIECES, min_size=1, max_size=6), text=TEXTS)
def test_what_is_let_through_means_the_same_everywhere(
    engine: duckdb.DuckDBPyConnection, pieces: list[str], text: str
) -> None:
    pattern = "".join(pieces)
    assume(unsafe_part(pattern) is None and unreadable(pattern) is None)
    found = engine.execute("select regexp_matches(?, ?)", [text, pattern]).fetchone()
    assert found == (re.search(pattern, text, re.ASCII) is not None,)


@pytest.mark.parametrize(
    "pattern",
    ["(?=a)", "(?!a)", "(?<=a)b", "(a)\\1", "(?P<x>a)", "(?>a)", "a*+", "a++", "a?+", "a{2}+", "\\Aa", "a\\Z", "\\p{L}",
     "\\u4e00", "[[:alpha:]]", "[a&&b]", "[]a]", "a{1000}", "(a{100}){100}", "a{", "a}", "^*", "\\b+", "a|*", "\x01",
     "[\\w-z]", "\\Qa", "a(?i)b", "$*"],
)  # fmt: skip
def test_what_engines_read_differently_is_refused(pattern: str) -> None:
    assert unsafe_part(pattern) is not None or unreadable(pattern) is not None


@pytest.mark.parametrize(
    "pattern",
    ["^A", "茶|奶", "\\d{3,4}-\\d+", "(?i)tea$", "[^/]+/[a-z_-]*", "a?b+?c*", "(?:x|y)z", "\\(\\)", "[.+*?]", "()", "a||b"],
)  # fmt: skip
def test_what_all_read_alike_is_let_through(pattern: str) -> None:
    assert unreadable(pattern) is None
    assert unsafe_part(pattern) is None
