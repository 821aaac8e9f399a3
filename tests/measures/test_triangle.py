"""M55 is said only when all three axes are."""

from datetime import UTC, date, datetime

import pytest

from tests.traits.facts import fact, key, link, links_of, order, table
from xiaohe.measures.registry import measure
from xiaohe.measures.result import Missing, NotYet
from xiaohe.measures.triangle import TRIANGLE, Axes, Targets, axes

ON = date(2025, 6, 30)
JUNE = datetime(2025, 6, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("ratios", "area"), [((1, 1, 1), 100), ((2, 2, 2), 400), ((1, 1, 0), 33.3)]
)
def test_areas_of_s36(ratios, area) -> None:
    now = Axes(mine=ratios[0] * 40.0, worth=ratios[1] * 5000.0, referral=ratios[2] * 0.1)
    base = Axes(mine=40.0, worth=5000.0, referral=0.1)
    found = TRIANGLE.area(now, base, Targets())
    assert found == pytest.approx(area, abs=0.05)


def test_a_base_of_zero_is_replaced_by_the_target() -> None:
    base = Axes(mine=40.0, worth=5000.0, referral=0.0)
    found = TRIANGLE.area(Axes(40.0, 5000.0, 0.1), base, Targets(referral=0.1))
    assert found == pytest.approx(100)


def test_what_is_missing_is_named(state_of) -> None:
    facts = table([fact("message.in", JUNE, subject=key("ann")), *order("a", JUNE, "ann")])
    links = links_of([link("ann", datetime(2024, 1, 1, tzinfo=UTC)), link("bob", JUNE)])
    state = state_of(facts, ON, links=links)
    assert axes(state) == Axes(mine=1.0, worth=500.0, referral=None)
    found = measure("M55").read(state, base=state)
    assert found.value == NotYet(Missing.AXES, n=2, needed=3, parts=("referral",))
