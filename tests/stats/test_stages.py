"""One stage for each person and day, without holes."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats.stages import Stage, Tier, is_heavy, stage_of_buyer, stage_of_other, tier_of

ORDER = [Stage.NEW, Stage.GROWING, Stage.REGULAR, Stage.AT_RISK, Stage.DORMANT, Stage.LOST]


@pytest.mark.parametrize(
    ("occasions", "days", "stage"),
    [
        (1, 59, Stage.NEW),
        (2, 59, Stage.GROWING),
        (3, 59, Stage.REGULAR),
        (3, 60, Stage.AT_RISK),
        (2, 100, Stage.DORMANT),
        (3, 119, Stage.AT_RISK),
        (3, 120, Stage.DORMANT),
        (2, 160, Stage.LOST),
        (3, 239, Stage.DORMANT),
        (3, 240, Stage.LOST),
    ],
)
def test_stages_of_a_forty_day_rhythm(occasions: int, days: int, stage: Stage) -> None:
    assert stage_of_buyer(occasions, days, 40.0) is stage


def test_the_previous_stage_holds_while_the_days_are_few() -> None:
    # C = 3: r passes 1.5 on day 5, but C + 7 is day 10, C + 14 day 17, C + 30 day 33.
    at = {day: stage_of_buyer(3, day, 3.0) for day in (9, 10, 16, 17, 32, 33)}
    assert list(at.values()) == [
        Stage.REGULAR,
        Stage.AT_RISK,
        Stage.AT_RISK,
        Stage.DORMANT,
        Stage.DORMANT,
        Stage.LOST,
    ]


def test_nobody_is_lost_while_such_people_still_return() -> None:
    assert stage_of_buyer(3, 240, 40.0, return_chance=0.05) is Stage.DORMANT
    assert stage_of_buyer(3, 240, 40.0, return_chance=0.049) is Stage.LOST


def test_buyers_without_a_cycle_go_by_days() -> None:
    stages = [stage_of_buyer(1, days, None) for days in (90, 91, 180, 181, 365, 366)]
    assert stages == [
        Stage.NEW,
        Stage.AT_RISK,
        Stage.AT_RISK,
        Stage.DORMANT,
        Stage.DORMANT,
        Stage.LOST,
    ]


def test_who_never_bought() -> None:
    assert stage_of_other(linked=True, days_since_signal=None) is Stage.PROSPECT
    assert stage_of_other(linked=False, days_since_signal=90) is Stage.PROSPECT
    assert stage_of_other(linked=False, days_since_signal=91) is Stage.PASSER_BY


def test_heavy_needs_three_days_and_the_top_fifth() -> None:
    assert not is_heavy(2, 10**6, purchases_p80=2, net_p80=1)
    assert is_heavy(3, 0, purchases_p80=3, net_p80=10**6)
    assert is_heavy(3, 10**6, purchases_p80=9, net_p80=10**6)
    assert tier_of(has_bought=True, heavy=False, need_signal=True, linked=True) is Tier.BUYER
    assert tier_of(has_bought=False, heavy=False, need_signal=False, linked=True) is Tier.FOLLOWER


@given(st.integers(1, 9), st.integers(0, 3000), st.floats(3, 730) | st.none())
def test_no_day_brings_anybody_back_without_a_purchase(
    occasions: int, days: int, cycle: float | None
) -> None:
    today = stage_of_buyer(occasions, days, cycle)
    tomorrow = stage_of_buyer(occasions, days + 1, cycle)
    assert ORDER.index(tomorrow) >= ORDER.index(today)
