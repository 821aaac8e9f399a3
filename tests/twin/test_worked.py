"""The twin itself, on a handful of people that can be followed with a pencil."""

from datetime import date, datetime, timedelta

import pytest

from tests.twin.measures import m01, m04, m24, m25, m26
from tests.twin.orders import Row, orders_of
from tests.twin.people import Contact, join
from tests.twin.rhythm import Shop, picture
from tests.twin.standing import lines, month_firsts

MAY = datetime.fromisoformat("2025-05-01 12:00")


def paid(number: str, buyer: str | None, days: int, amount: int = 10_000, **more) -> Row:
    at = MAY + timedelta(days=days)
    return Row(at=at, paid_at=at, order_no=number, buyer=buyer, paid=amount, **more)


def test_one_person_from_rows_to_due_day() -> None:
    orders = orders_of([paid("1", "mao", 0), paid("2", "mao", 10), paid("3", "mao", 40)])
    join(orders, [])
    (line,) = lines(orders, date(2025, 7, 1))
    # Gaps 10 and 30, own median 20; fewer than 30 people, so the preset of 30 days: (2·20 + 3·30) ÷ 5 = 26.
    assert (line.rhythm.n, line.rhythm.own_median, line.rhythm.cycle) == (2, 20, 26)
    assert line.rhythm.preset
    assert line.rhythm.due_on == date(2025, 7, 6)
    assert line.rhythm.ratio == pytest.approx(21 / 26)
    assert (line.p, line.p_preset, line.rhythm.m, line.ev) == (0.30, True, 10_000, 3_000)
    assert line.stage == "regular"


def test_a_refund_in_full_is_no_occasion_and_a_gift_is_one() -> None:
    orders = orders_of(
        [
            paid("1", "mao", 0, refunded=10_000),
            paid("2", "mao", 3, 0),
            paid("3", "mao", 5, refunded=1),
        ]
    )
    join(orders, [])
    assert picture(orders, date(2025, 6, 1)).people["mao"].k == 2


def test_a_cancellation_goes_to_the_latest_earlier_line_that_covers_it() -> None:
    bought = [
        paid("1", "mao", 0, 500, line=500, quantity=5, item="tea"),
        paid("2", "mao", 9, 200, line=200, quantity=2, item="tea"),
    ]
    back = Row(
        at=MAY + timedelta(days=20), buyer="mao", state="cancel", quantity=-3, line=-300, item="tea"
    )
    assert [order.net for order in orders_of([*bought, back])] == [200, 200]


def test_bulk_neither_starts_nor_ends_a_gap() -> None:
    usual = [paid(str(day), "mao", day, quantity=1) for day in (0, 10, 20)]
    orders = orders_of(
        [*usual, paid("bulk", "mao", 25, quantity=6), paid("last", "mao", 30, quantity=1)]
    )
    join(orders, [])
    state = picture(orders, date(2025, 6, 20)).people["mao"]
    assert (state.n, state.own_median, state.k) == (3, 10, 5)


def test_contacts_join_by_order_number_and_by_a_phone_of_one_buyer() -> None:
    orders = orders_of(
        [
            paid("1", "mao", 0, phone="13800000001"),
            paid("2", "lin", 1, phone="13800000002"),
            paid("3", "wang", 2, phone="13800000002"),
        ]
    )
    contacts = [
        Contact("店铺号1", MAY, order_numbers=("2",)),
        Contact("店铺号2", MAY, phones=("13800000001",)),
        Contact("店铺号2", MAY + timedelta(hours=1), phones=("13800000002",)),
    ]
    label = join(orders, contacts)
    assert m01(contacts, label) == 3
    assert m04(orders, contacts, label, date(2025, 6, 1)) == (2, 3)
    assert m04(orders, contacts, label, date(2027, 1, 1)) == (0, 0)
    assert m04(orders, contacts, label, date(2027, 1, 1), days=None) == (2, 3)


def test_measures_of_a_month() -> None:
    rows = [
        paid("1", "mao", 0),
        paid("2", "mao", 40),
        paid("3", "lin", 1),
        paid("4", None, 2, 4_000),
    ]
    orders = orders_of(rows)
    join(orders, [])
    assert m24(orders, date(2025, 5, 1), date(2025, 6, 1)) == (10_000, 8_000)
    assert m25(orders, date(2025, 5, 1), date(2025, 7, 1)) == (1, 2)
    assert m26(orders, date(2025, 5, 1), date(2025, 6, 1), date(2025, 7, 1), days=60) == (1, 1)
    assert m26(orders, date(2025, 5, 1), date(2025, 6, 1), date(2025, 7, 2), days=60) == (1, 2)


def test_month_ends_need_half_a_year_before_and_two_weeks_after() -> None:
    found = month_firsts(date(2025, 1, 2), date(2025, 8, 15))
    assert found == [date(2025, 7, 1), date(2025, 8, 1)]
    assert month_firsts(date(2025, 1, 3), date(2025, 8, 14)) == []


def test_a_shop_day_may_start_at_five() -> None:
    late = Row(at=datetime.fromisoformat("2025-05-02 03:00"), buyer="mao", order_no="1", paid=1)
    orders = orders_of([late])
    assert orders[0].day(timedelta(hours=5)) == date(2025, 5, 1)
    assert picture(orders, date(2025, 5, 2), Shop(starts=timedelta(hours=5))).on == date(2025, 5, 2)
