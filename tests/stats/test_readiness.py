"""Readiness: each row of the published points, the reasons, the weakest, and the shop's own curve."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats import readiness
from xiaohe.stats.readiness import (
    MEANS,
    NEED,
    RHYTHM,
    SCORES,
    TRUST,
    Reason,
    own_curve,
    ready,
    score,
)

# score, evidence → points: every step of every line, on it and just below.
ROWS = [
    (TRUST, "link_days", [(0, 10), (6, 10), (7, 20), (29, 20), (30, 30), (179, 30), (180, 40), (9_999, 40)]),
    (TRUST, "replies", [(0, 0), (1, 10), (2, 15), (4, 15), (5, 20)]),
    (TRUST, "good_reviews", [(0, 0), (1, 15), (2, 15), (3, 20)]),
    (TRUST, "referrals", [(0, 0), (1, 15), (2, 15), (3, 20)]),
    (NEED, "ratio", [(0, 5), (0.49, 5), (0.5, 25), (0.89, 25), (0.9, 60), (1.49, 60), (1.5, 35), (2.5, 15), (4, 5)]),
    (NEED, "looks", [(0, 0), (1, 15), (3, 20), (6, 25)]),
    (NEED, "wishes", [(0, 0), (1, 15), (7, 15)]),
    (MEANS, "percentile", [(0, 5), (50, 55), (95, 100)]),
]  # fmt: skip
# Taken off somebody who has 55 points of trust, or 80 of means.
LESS = [
    (TRUST, "poor_reviews", [(0, 55), (1, 45), (3, 35)]),
    (TRUST, "complaints", [(0, 55), (1, 40), (2, 30)]),
    (TRUST, "complaint_open", [(0, 55), (1, 15)]),
    (MEANS, "promo_share", [(0.0, 80), (0.19, 80), (0.2, 70), (0.59, 70), (0.6, 60), (1.0, 60)]),
]  # fmt: skip
FIRM = {"link_days": 180.0, "replies": 2.0, "percentile": 75.0}


@pytest.mark.parametrize(("lines", "code", "steps"), ROWS)
def test_each_line_gives_its_points(
    lines: tuple[readiness.Line, ...], code: str, steps: list[tuple[float, int]]
) -> None:
    assert [score(lines, {code: value}).points for value, _ in steps] == [p for _, p in steps]


@pytest.mark.parametrize(("lines", "code", "steps"), LESS)
def test_what_speaks_against_takes_points_off(
    lines: tuple[readiness.Line, ...], code: str, steps: list[tuple[float, int]]
) -> None:
    found = [score(lines, {**FIRM, code: value}).points for value, _ in steps]

    assert found == [points for _, points in steps]


def test_the_three_reasons_that_weigh_most_are_told_with_their_values() -> None:
    told = {"link_days": 40.0, "replies": 1.0, "good_reviews": 2.0, "complaint_open": 1.0}

    found = score(TRUST, told)

    assert found.points == 15
    assert found.reasons == (
        Reason("complaint_open", 1, -40), Reason("link_days", 40, 30), Reason("good_reviews", 2, 15),
    )  # fmt: skip


def test_the_weakest_names_the_next_action() -> None:
    assert ready({"link_days": 400.0, "ratio": 0.1, "percentile": 90.0}).weakest == "need"
    assert ready({"link_days": 400.0, "ratio": 1.0, "percentile": 10.0}).weakest == "means"
    assert ready({"ratio": 1.0, "percentile": 10.0}).weakest == "trust"


def test_who_never_bought_has_no_means_and_that_is_not_the_weakest() -> None:
    found = ready({"link_days": 3.0, "looks": 2.0})

    assert found.scores["means"] is None
    assert found.weakest == "trust"
    assert ready({}).weakest == "trust"


def test_need_is_highest_when_it_is_time() -> None:
    by_ratio = {tenth / 10: score(NEED, {"ratio": tenth / 10}).points for tenth in range(60)}

    most = max(by_ratio.values())

    assert [r for r, points in by_ratio.items() if points == most] == [0.9, 1.0, 1.1, 1.2, 1.3, 1.4]


def test_the_shops_own_curve_takes_its_place_where_every_band_is_known() -> None:
    line = own_curve([0.1, 0.3, 0.4, 0.2, 0.0])

    assert line is not None
    assert line.steps == ((0.0, 15), (0.8, 45), (1.2, 60), (1.5, 30), (2.5, 0))
    assert ready({"ratio": 1.3}, line).scores["need"] == score((line,), {"ratio": 1.3})
    assert own_curve([0.1, None, 0.4, 0.2, 0.0]) is None
    assert own_curve([0.0] * 5) is None
    assert own_curve([0.1] * 4) is None


CODES = sorted({line.code for lines in SCORES.values() for line in lines})


@given(st.fixed_dictionaries({code: st.none() | st.floats(0, 400) for code in CODES}))
def test_scores_stay_within_bounds_and_reasons_are_the_largest(
    told: dict[str, float | None],
) -> None:
    found = ready(told)

    for name, each in found.scores.items():
        if each is None:
            assert name == "means"
            assert told["percentile"] is None
            continue
        assert 0 <= each.points <= 100
        weights = [abs(reason.points) for reason in each.reasons]
        assert weights == sorted(weights, reverse=True)
        assert 0 not in weights
        assert len(weights) <= 3
    assert RHYTHM in NEED


def test_the_published_table_is_the_one_that_counts() -> None:
    page = (Path(__file__).resolve().parents[2] / "docs" / "segments.md").read_text("utf-8")

    for name, lines in SCORES.items():
        for line in lines:
            steps = ", ".join(f"{begins:g}: {points:+d}" for begins, points in line.steps)
            told = "5 more than the value" if line.code == "percentile" else steps.replace("-", "−")
            assert f"| {name} | `{line.code}` | {told} |" in page
