"""The list stands by itself after an import."""

from __future__ import annotations

from datetime import timedelta

from tests.autopilot.conftest import ON, Store, settings
from tests.autopilot.test_due import hand_worked
from xiaohe import jobs
from xiaohe.autopilot import handlers, today
from xiaohe.jobs import registry
from xiaohe.shop import clock


def test_an_import_leaves_todays_list_prepared(sqlite_shop: Store) -> None:
    settings(clock_on=ON)
    registry.discover()

    hand_worked(sqlite_shop)
    jobs.run_pending(until_empty=True)

    assert clock.today() == ON
    assert today.is_prepared(ON)
    assert len(today.listing(ON, clock.now()).cards) == 3


def test_the_list_is_prepared_each_night() -> None:
    registry.discover()

    schedule = registry.schedules()[handlers.PREPARE]
    before = clock.clock.utc_now()

    assert timedelta() < schedule(before) - before <= timedelta(days=1)
