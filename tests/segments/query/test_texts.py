"""Text of any width and case reads the same to the engine as to Python; shares are the held-out draw's."""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from datetime import date
from decimal import Decimal

import duckdb
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohe.segments.query.standing import within
from xiaohe.segments.query.texts import folded, pattern
from xiaohe.segments.rules.tree import Op, Share
from xiaohe.stats.holdout import draw_numerator

# Letters of several widths, cases and forms, letters that are several, signs of patterns; é and が whole and in parts.
PARTS = (
    *"aAａbＢßsSſ㎏kgKﬁfi①1１茶\uf9fe東（(.[]-^$|\\ \u3000ﬃéガ", "e\u0301", "ｶﾞ", "カ\u3099", "Ⅷ", "½",
)  # fmt: skip
texts = st.lists(st.sampled_from(PARTS), max_size=4).map("".join)
PYTHON = {
    Op.IS: lambda text, wanted: text == wanted,
    Op.CONTAINS: lambda text, wanted: wanted in text,
    Op.STARTS: lambda text, wanted: text.startswith(wanted),
    Op.ENDS: lambda text, wanted: text.endswith(wanted),
}


@pytest.fixture(scope="module")
def sql() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as connection:
        yield connection


@settings(max_examples=150, deadline=None)
@given(
    wanted=texts, told=st.lists(texts, min_size=1, max_size=20), op=st.sampled_from(list(PYTHON))
)
def test_a_pattern_finds_what_folds_to_the_same(
    sql: duckdb.DuckDBPyConnection, wanted: str, told: list[str], op: Op
) -> None:
    # When
    asked = "SELECT regexp_matches(told, $1) FROM (SELECT unnest($2) AS told)"
    found = sql.execute(asked, [pattern(folded(wanted), op), told]).fetchall()
    # Then
    assert [each[0] for each in found] == [
        PYTHON[op](folded(each), folded(wanted)) for each in told
    ]


def test_folding_knows_width_case_and_compatibility() -> None:
    assert folded("ＡＢ①㎏ Straße") == unicodedata.normalize("NFKC", "ab1kg strasse")


def test_a_share_is_the_draw_of_those_left_alone() -> None:
    # Given
    key, day, people = b"k" * 32, date(2026, 3, 1), list(range(1, 400))
    share = Share(day.isoformat(), Decimal("10"), Decimal("42.5"))
    # When
    found = within(key, share, people)
    # Then
    drawn = {person: draw_numerator(key, person, day) for person in people}
    assert found == [
        each
        for each in people
        if 100 * drawn[each] >= 10 * 2**64 and 1000 * drawn[each] < 425 * 2**64
    ]
    rest = [Share(share.salt, Decimal(0), share.low), Share(share.salt, share.high, Decimal(100))]
    assert sorted(found + [one for part in rest for one in within(key, part, people)]) == people
