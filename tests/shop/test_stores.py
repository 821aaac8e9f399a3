"""Stores, hours, closed days, colleagues, shifts, and what is no customer's."""

from __future__ import annotations

from datetime import date, time, timedelta
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.shop import accounts, stores, team
from xiaohe.shop.models import Account
from xiaohe.shop.selling import ClosedDays, OwnContact, Staff, Store
from xiaohe.shop.stores import Stretch

MAY = date(2025, 5, 1)


def test_hours_are_typed_as_people_write_them(any_place: Any) -> None:
    store = stores.add(" 滨江 店 ")
    week = [stores.parse_day("10:00-14:00, 17–21:30")] + [stores.parse_day("")] * 6
    stores.set_hours(store.pk, week)

    assert store.name == "滨江 店"
    assert [str(each) for each in stores.hours(store.pk)[0]] == ["10:00–14:00", "17:00–21:30"]
    assert stores.parse_day("22:00-02:00") == [Stretch(time(22), time(2))]
    for text in ("ten to two", "10:00", "25-26", "10-12 and more"):
        with pytest.raises(BadInput):
            stores.parse_day(text)
    with pytest.raises(BadInput, match="overlap"):
        stores.set_hours(store.pk, [stores.parse_day("10-14, 13-18")] + [[]] * 6)
    assert len(stores.hours(store.pk)[0]) == 2


def test_a_store_given_up_is_offered_no_more_and_may_come_back(any_place: Any) -> None:
    store = stores.add("A")
    with pytest.raises(Conflict):
        stores.add("A")
    stores.close_for_good(store.pk, MAY)

    assert stores.all_stores() == []
    assert stores.add("A").pk == store.pk
    assert [each.gone_on for each in stores.all_stores()] == [None]


def test_a_day_counts_as_closed_when_nobody_could_buy_anywhere(any_place: Any) -> None:
    one, other = stores.add("A"), stores.add("B")
    stores.close_days(MAY, MAY + timedelta(days=2), store_id=one.pk)
    assert stores.closed_spans() == ()

    stores.close_days(MAY + timedelta(days=1), MAY + timedelta(days=5), store_id=other.pk)
    whole = stores.close_days(date(2025, 5, 4), date(2025, 5, 4), why="盘点")

    assert stores.closed_spans() == ((date(2025, 5, 2), date(2025, 5, 4)),)
    stores.reopen_days(whole.pk)
    assert stores.closed_spans() == ((date(2025, 5, 2), date(2025, 5, 3)),)
    with pytest.raises(NotFound):
        stores.reopen_days(whole.pk)


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    spans=st.lists(
        st.tuples(st.integers(0, 30), st.integers(0, 9), st.sampled_from([None, 0, 1])), max_size=8
    )
)
def test_closed_spans_are_the_days_one_by_one(place: Any, spans: list[Any]) -> None:
    ClosedDays.objects.all().delete()
    Store.objects.all().delete()
    shops = [stores.add(name).pk for name in "AB"]
    shut: dict[int | None, set[date]] = {None: set(), **{pk: set() for pk in shops}}
    for start, length, which in spans:
        first = MAY + timedelta(days=start)
        where = None if which is None else shops[which]
        stores.close_days(first, first + timedelta(days=length), store_id=where)
        shut[where] |= {first + timedelta(days=n) for n in range(length + 1)}

    found = stores.closed_spans()
    days = {
        first + timedelta(days=n) for first, last in found for n in range((last - first).days + 1)
    }
    assert days == shut[None] | (shut[shops[0]] & shut[shops[1]])
    assert all(later[0] - former[1] > stores.DAY for former, later in pairwise(found))


def test_senseless_closed_days_are_refused(any_place: Any) -> None:
    with pytest.raises(BadInput):
        stores.close_days(MAY, MAY - timedelta(days=1))
    with pytest.raises(BadInput):
        stores.close_days(MAY, MAY + timedelta(days=400))
    assert stores.all_closed() == []


def test_a_colleague_gets_the_accounts_files_name_after_them(any_place: Any) -> None:
    account = accounts.account_named("wecom", "xiaolin", staff="小林")
    where = stores.add("滨江店")
    who = team.add("小林", store_id=where.pk, phone="138 0013 8000", address="滨江路 1 号")

    assert [each.pk for each in team.accounts_of(who.pk)] == [account.pk]
    assert team.contact(team.one(who.pk)) == ("138 0013 8000", "滨江路 1 号")
    assert b"8000" not in bytes(Staff.objects.get().phone_sealed or b"")
    before = team.hand_account(account.pk, staff_id=None, store_id=where.pk)
    assert (before.staff_member_id, Account.objects.get().store_id) == (who.pk, where.pk)
    assert team.accounts_of(who.pk) == []


def test_two_shifts_do_not_overlap_and_one_may_run_past_midnight(any_place: Any) -> None:
    who = team.add("小林")
    team.plan_shift(who.pk, MAY, time(10), time(14))
    night = team.plan_shift(who.pk, MAY, time(22), time(2))
    with pytest.raises(Conflict):
        team.plan_shift(who.pk, MAY, time(13), time(15))

    assert [each.starts_at for each in team.shifts(MAY, MAY + stores.DAY)] == [time(10), time(22)]
    team.drop_shift(night.pk)
    assert len(team.shifts(MAY, MAY + stores.DAY, staff_id=who.pk)) == 1


def test_own_phones_and_addresses_are_told_once_for_marking(any_place: Any) -> None:
    team.add("小林", phone="13800138000")
    store = stores.add("滨江店")
    team.set_store_contact(store.pk, phone="", address="滨江路 1 号")
    own = team.add_own("phone", " 139 0013 9000 ", "测试机")

    assert [(each.kind, each.value, each.as_) for each in team.own_values()] == [
        ("phone", "13800138000", "staff"),
        ("address", "滨江路 1 号", "own"),
        ("phone", "139 0013 9000", "own"),
    ]
    team.put_back_own(team.drop_own(own.pk))
    assert OwnContact.objects.count() == 1
    with pytest.raises(BadInput):
        team.add_own("fax", "1")
    with pytest.raises(BadInput):
        team.add_own("phone", "  ")


def test_whoever_left_keeps_being_no_customer(any_place: Any) -> None:
    who = team.add("小林", phone="13800138000")
    team.leave(who.pk, MAY)

    assert team.everybody() == []
    assert [each.value for each in team.own_values()] == ["13800138000"]
    assert team.come_back(who.pk).gone_on is None
