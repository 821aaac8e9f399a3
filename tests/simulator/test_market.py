"""A quarter with a known effect: the interval covers it, as often as it says."""

import pytest

from xiaohe.simulator.market import Market, Quarter, run
from xiaohe.stats.experiment import Compared, NotMeasurableYet
from xiaohe.stats.holdout import Design

# 85 regulars are due less than a thousand times a year, so the small shop waits a week.
SMALL, MIDDLE, LARGE = Market(agents=85), Market(agents=420), Market(agents=1_500)


def test_one_quarter_covers_the_known_effect() -> None:
    found = run(1, LARGE)
    assert found.design is Design.HELD_OUT
    assert isinstance(found.reading, Compared)
    assert found.is_covered
    # Large enough to tell it from nothing, too.
    assert found.reading.effect.low > 0


def test_one_quarter_of_a_small_shop_waits_a_week_and_covers_it_too() -> None:
    found = run(1, SMALL)
    assert found.design is Design.WAIT_A_WEEK
    assert isinstance(found.reading, Compared)
    assert found.is_covered


@pytest.mark.parametrize("market", [SMALL, MIDDLE], ids=["wait a week", "held out"])
def test_intervals_cover_at_the_stated_rate(market: Market) -> None:
    # 95 of 100 are promised; fewer than 90 of 100 would be more than three standard errors short of it.
    read = [quarter for seed in range(200) if _is_read(quarter := run(seed, market))]
    assert len(read) >= 190
    assert sum(quarter.is_covered for quarter in read) >= 0.9 * len(read)


def _is_read(quarter: Quarter) -> bool:
    return isinstance(quarter.reading, Compared)


def test_without_an_effect_the_interval_covers_nothing() -> None:
    quarters = [run(seed, Market(agents=420, persuaded=0)) for seed in range(100)]
    assert sum(quarter.known_effect == 0 and quarter.is_covered for quarter in quarters) >= 90


def test_a_handful_of_people_is_not_measurable_yet() -> None:
    assert isinstance(run(1, Market(agents=12)).reading, NotMeasurableYet)


def test_the_same_seed_lives_the_same_quarter() -> None:
    assert run(7, SMALL) == run(7, SMALL)
