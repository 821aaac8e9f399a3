"""Kaplan–Meier median against a published curve and a slow restatement."""

from fractions import Fraction

from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats.survival import MedianTime, NotReached, TooFew, median_time

# Weeks of remission under 6-MP, + censored: 6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+
# 35+ (Freireich et al., Blood 21 (1963); the worked curve of Cox & Oakes 1984, table 1.1: S(22) = .538,
# S(23) = .448, median 23).
WEEKS = [6, 6, 6, 6, 7, 9, 10, 10, 11, 13, 16, 17, 19, 20, 22, 23, 25, 32, 32, 34, 35]
CAME = [1, 1, 1, 0, 1, 0, 1, 0, 0, 1, 1, 0, 0, 0, 1, 1, 0, 0, 0, 0, 0]


def test_median_of_a_published_curve() -> None:
    # Five copies of everybody leave the curve as it is and reach the 30 returns we ask for.
    found = median_time(WEEKS * 5, [bool(flag) for flag in CAME] * 5)
    assert found == MedianTime(days=23, people=105, observed=45)


def test_exactly_half_is_reached() -> None:
    assert median_time([10] * 30 + [50] * 30, [True] * 30 + [False] * 30) == MedianTime(10, 60, 30)


def test_most_buy_once() -> None:
    found = median_time([10] * 30 + [50] * 70, [True] * 30 + [False] * 70)
    assert isinstance(found, NotReached)
    assert round(found.still_away, 3) == 0.7


def test_twenty_nine_returns_are_too_few() -> None:
    assert median_time([5] * 29, [True] * 29) == TooFew(observed=29, needed=30)


@given(st.lists(st.tuples(st.integers(1, 60), st.booleans()), min_size=40, max_size=120))
def test_agrees_with_exact_fractions(people: list[tuple[int, bool]]) -> None:
    durations, came = [days for days, _ in people], [flag for _, flag in people]
    found = median_time(durations, came)
    if sum(came) < 30:
        assert isinstance(found, TooFew)
        return
    still, expected = Fraction(1), None
    for day in range(1, 61):
        at_risk = sum(1 for days in durations if days >= day)
        returns = sum(1 for days, flag in people if flag and days == day)
        if returns:
            still *= 1 - Fraction(returns, at_risk)
        if expected is None and still <= Fraction(1, 2):
            expected = day
    assert (found.days if isinstance(found, MedianTime) else None) == expected
