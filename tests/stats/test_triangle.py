"""The area index at its three published points."""

import pytest

from xiaohe.stats.triangle import Axis, Triangle, Unmeasured, area, triangle


def test_published_points() -> None:
    assert area(1, 1, 1) == 100
    assert area(2, 2, 2) == 400
    assert round(area(1, 1, 0), 1) == 33.3


def test_a_base_of_zero_takes_the_target() -> None:
    found = triangle(Axis(400, 400), Axis(21_400, 10_700), Axis(0.02, 0.0, target=0.02))
    assert found == Triangle(1, 2, 1)
    assert found.area == pytest.approx(500 / 3)


def test_missing_axes_are_named() -> None:
    found = triangle(Axis(400, 400), Axis(None, 10_700), Axis(0.02, 0))
    assert found == Unmeasured(("worth", "referral"))
