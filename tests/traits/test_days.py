"""The shop's clock in a question is the zone's, at every change of it and at any time between."""

from __future__ import annotations

import random
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import ibis
import pyarrow as pa
import pytest

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger.engine import over, spark_sql
from xiaohe.traits.days import shop_day, shop_time
from xiaohe.traits.offsets import EARLIEST, LATEST, changes_of, periods

ZONES = (
    "Asia/Shanghai", "America/New_York", "Europe/Berlin", "Europe/Dublin", "Australia/Sydney", "Australia/Lord_Howe",
    "America/Sao_Paulo", "America/St_Johns", "America/Havana", "Africa/Casablanca", "Asia/Gaza", "Asia/Kathmandu",
    "Pacific/Apia",
)  # fmt: skip


def instants(zone: str, count: int = 500) -> list[datetime]:
    """Any time, and around every change."""
    dice = random.Random(zone)
    span = int((LATEST - EARLIEST).total_seconds())
    found = [EARLIEST + timedelta(seconds=dice.randrange(span)) for _each in range(count)]
    for at, _offset in changes_of(zone):
        found += [at + timedelta(seconds=each) for each in (-604_800, -3_600, -1, 0, 1, 3_600, 86_400)]  # fmt: skip
    return [each for each in found if EARLIEST <= each < LATEST]


def asked(zone: str, starts: str, rows: list[tuple[datetime, bool]]) -> pa.Table:
    columns = [list(each) for each in zip(*rows, strict=True)]
    types = [pa.timestamp("us", "UTC"), pa.bool_()]
    told = pa.table([pa.array(each, kind) for each, kind in zip(columns, types, strict=True)], names=["at", "date_only"])  # fmt: skip
    calendar = ShopCalendar(zone, time.fromisoformat(starts))
    with over({"told": told}) as read:
        table = read.table("told")
        return read.run(
            table.select(
                on=shop_day(table["at"], table.date_only, calendar),
                clock=shop_time(table["at"], table.date_only, calendar).cast("timestamp"),
            )
        )


@pytest.mark.parametrize("zone", ZONES)
def test_the_clock_is_the_zones(zone: str) -> None:
    times = instants(zone)

    clock = asked(zone, "00:00", [(each, False) for each in times])["clock"].to_pylist()

    plain = [each.astimezone(ZoneInfo(zone)).replace(tzinfo=None) for each in times]
    assert [each.replace(tzinfo=None) for each in clock] == plain


@pytest.mark.parametrize("zone", ["Asia/Shanghai", "America/New_York", "Australia/Sydney"])
def test_a_shop_day_may_begin_at_four_and_a_date_is_that_very_day(zone: str) -> None:
    times = instants(zone)
    local = ZoneInfo(zone)

    days = asked(zone, "04:00", [(each, told) for told in (False, True) for each in times])["on"]

    clocks = [each.astimezone(local).replace(tzinfo=None) for each in times]
    assert days.to_pylist() == [
        *((each - timedelta(hours=4)).date() for each in clocks),
        *(each.date() for each in clocks),
    ]


@pytest.mark.parametrize("zone", ["America/New_York", "Europe/Berlin"])
def test_a_rule_of_many_years_is_one_branch_and_every_engine_can_be_asked(zone: str) -> None:
    facts = ibis.table({"at": "timestamp('UTC', 6)", "date_only": "boolean"}, name="facts")
    question = facts.select(on=shop_day(facts["at"], facts.date_only, ShopCalendar(zone)))

    assert len(periods(zone)) == 5
    for sql in (ibis.to_sql(question, dialect="duckdb"), spark_sql.compiled(question).sql):
        assert len(sql) < 2_500


def test_before_the_first_and_after_the_last_change_known_the_offset_stays() -> None:
    far = [datetime(1971, 7, 1, tzinfo=UTC), datetime(2150, 7, 1, tzinfo=UTC)]

    clock = asked("America/New_York", "00:00", [(each, False) for each in far])["clock"].to_pylist()

    assert [each.hour for each in clock] == [19, 19]
