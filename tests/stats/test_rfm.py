"""Fifths by quantile cuts: equal values stand together, whatever the order."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats import rfm

AMOUNTS = st.lists(st.integers(0, 10**9), min_size=1, max_size=60)


@given(AMOUNTS, st.floats(0, 1))
def test_a_quantile_is_numpys(values: list[int], share: float) -> None:
    assert rfm.quantile(values, share) == pytest.approx(np.quantile(values, share))


@given(AMOUNTS, st.randoms())
def test_equal_values_have_equal_scores_and_more_is_never_less(
    values: list[int], dice: object
) -> None:
    shuffled = values[:]
    dice.shuffle(shuffled)  # type: ignore[attr-defined]
    cuts = rfm.cuts(shuffled)

    scores = [rfm.score(value, cuts) for value in sorted(values)]

    assert cuts == pytest.approx(rfm.cuts(values))
    assert scores == sorted(scores)
    assert set(scores) <= {1, 2, 3, 4, 5}
    assert {rfm.score(value, cuts) for value in values if value == values[0]} == {rfm.score(values[0], cuts)}  # fmt: skip


def test_a_hundred_different_people_are_five_fifths() -> None:
    cuts = rfm.cuts(range(100))

    assert cuts == pytest.approx((19.8, 39.6, 59.4, 79.2))
    assert [rfm.score(value, cuts) for value in (0, 19, 20, 39, 40, 59, 60, 79, 80, 99)] == [1, 1, 2, 2, 3, 3, 4, 4, 5, 5]  # fmt: skip
    assert [rfm.recency_score(days, cuts) for days in (0, 19, 20, 80, 99)] == [5, 5, 4, 1, 1]


def test_of_equal_people_all_stand_at_the_lower_side_and_days_at_the_better() -> None:
    cuts = rfm.cuts([7] * 10)

    assert (rfm.score(7, cuts), rfm.recency_score(7, cuts)) == (1, 5)
    assert rfm.cuts([]) == ()


def test_nobody_has_no_quantile() -> None:
    with pytest.raises(ValueError, match="no values"):
        rfm.quantile([], 0.5)
