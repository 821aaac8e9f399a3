"""Settings, clock, accounts, sign-in and audit of one shop."""

from datetime import UTC, date, datetime, time, timedelta
from threading import Barrier, Thread

import pytest
from django.db import connections

from tests.processes import until
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.errors import BadInput, NotAllowed
from xiaohe.shop import accounts, actions, audit, clock, queries, signin
from xiaohe.shop.models import Account, AccountKind, AuditAct, Shop, SignInToken, User

NOW = datetime(2025, 6, 30, 4, 0, tzinfo=UTC)


def test_a_new_shop_is_a_shopping_helper_and_reading_it_writes_nothing(any_place):
    shop = queries.the_shop()
    assert (shop.list_size, shop.list_at) == (12, time(13))
    assert (shop.quiet_from, shop.quiet_to) == (time(21, 30), time(9))
    assert (shop.preset_cycle_days, shop.effective_window_days, shop.attribution_days) == (
        30,
        30,
        3,
    )
    assert shop.held_out_share == 0.10
    assert shop.caps.proactive_week == 1
    assert shop.clock_on is None
    assert not Shop.objects.exists()


def test_changed_settings_stay_and_the_others_keep_their_defaults(any_place):
    actions.update_shop(name="阿禾咖啡", day_starts_at=time(5))
    shop = queries.the_shop()
    assert (shop.name, shop.list_size) == ("阿禾咖啡", 12)
    assert queries.calendar() == ShopCalendar("Asia/Shanghai", time(5))


@pytest.mark.parametrize(
    ("setting", "value"),
    [("time_zone", "Mars/Base"), ("list_size", 0), ("held_out_share", 0.9), ("currency", "yuan")],
)
def test_a_setting_that_makes_no_sense_is_refused_and_nothing_changes(any_place, setting, value):
    with pytest.raises(BadInput):
        actions.update_shop(name="new", **{setting: value})
    assert queries.the_shop().name == ""


def test_an_unknown_setting_is_a_mistake_of_the_caller(any_place):
    with pytest.raises(TypeError):
        actions.update_shop(colour="teal")


def test_the_sample_clock_keeps_its_date_at_every_hour(any_place):
    calendar = ShopCalendar("Asia/Shanghai", time(5))
    for hours in range(48):
        wall = NOW + timedelta(hours=hours)
        moved = clock.moved(wall, date(2025, 6, 30), calendar)
        assert calendar.day_of(moved) == date(2025, 6, 30)
        assert calendar.local(moved).time() == calendar.local(wall).time()


@pytest.mark.parametrize("starts_at", [time(0), time(4)])
def test_the_sample_clock_keeps_its_date_where_clocks_change(starts_at):
    calendar = ShopCalendar("America/New_York", starts_at)
    longest, shortest, plain = date(2024, 11, 3), date(2024, 3, 10), date(2024, 6, 3)
    for day in (longest, shortest, plain):
        for minutes in range(0, 25 * 60, 15):
            wall = calendar.start_of(day) + timedelta(minutes=minutes)
            for to in (longest, shortest, plain):
                assert calendar.day_of(clock.moved(wall, to, calendar)) == to


def test_a_clock_set_to_a_moment_goes_on_from_there_whatever_date_was_set(any_place):
    actions.set_clock(date(2025, 6, 30))
    moment = datetime(2024, 2, 29, 4, tzinfo=UTC)
    with clock.set_to(moment):
        first = clock.now()
        assert moment <= first < moment + timedelta(minutes=1)
        assert until(lambda: clock.now() > first)
        assert clock.today() == date(2024, 2, 29)
    assert clock.today() == date(2025, 6, 30)


def test_a_set_clock_says_its_date_and_none_is_the_real_one(any_place):
    actions.set_clock(date(2025, 6, 30))
    assert queries.calendar().day_of(clock.now()) == clock.today() == date(2025, 6, 30)
    actions.set_clock(None)
    assert abs(clock.now() - datetime.now(UTC)) < timedelta(seconds=5)


def test_one_account_per_name_with_the_default_flags_of_its_kind(any_place):
    friend = accounts.account_named("wecom", "LiLei")
    follow = accounts.account_named(AccountKind.OFFICIAL_ACCOUNT, "阿禾咖啡")
    assert accounts.account_named("wecom", " LiLei ").id == friend.id
    assert friend.is_private
    assert not follow.is_private
    assert [account.name for account in accounts.register()] == ["LiLei", "阿禾咖啡"]


def test_the_register_can_be_edited(any_place):
    account = accounts.account_named("wecom", "LiLei")
    accounts.classify(account.id, owned=True, free_reach=False, reusable=True)
    assert not Account.objects.get().is_private


def test_an_account_of_an_unknown_kind_is_refused(any_place):
    with pytest.raises(ValueError, match="pigeon"):
        accounts.account_named("pigeon", "LiLei")
    assert not Account.objects.exists()


def test_a_sign_in_link_works_once(any_place):
    token = signin.new_link_token(NOW)
    owner = signin.redeem(token, NOW + timedelta(minutes=14))
    assert owner.username == "owner"
    assert not owner.has_usable_password()
    with pytest.raises(NotAllowed) as refused:
        signin.redeem(token, NOW + timedelta(minutes=14))
    assert refused.value.code == "link_used"
    again = signin.redeem(signin.new_link_token(NOW), NOW)
    assert again.pk == owner.pk
    assert User.objects.count() == 1


def test_of_many_who_click_one_link_at_once_one_is_signed_in(any_place):
    signin.owner()
    token = signin.new_link_token(NOW)
    start, answers = Barrier(6), []

    def click():
        start.wait()
        try:
            answers.append(signin.redeem(token, NOW).username)
        except NotAllowed as refused:
            answers.append(refused.code)
        finally:
            connections.close_all()

    threads = [Thread(target=click) for _each in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(answers) == ["link_used"] * 5 + ["owner"]


@pytest.mark.parametrize("minutes", [15, 16, 60 * 24])
def test_a_stale_link_signs_nobody_in(any_place, minutes):
    token = signin.new_link_token(NOW)
    with pytest.raises(NotAllowed) as refused:
        signin.redeem(token, NOW + timedelta(minutes=minutes))
    assert refused.value.code == "link_stale"
    assert not User.objects.exists()


def test_only_the_hash_of_a_link_is_stored_and_old_ones_go(any_place):
    token = signin.new_link_token(NOW)
    assert token.encode() not in bytes(SignInToken.objects.get().token_hash)
    signin.new_link_token(NOW + timedelta(days=2))
    assert SignInToken.objects.count() == 1


def test_an_invented_token_is_refused(any_place):
    with pytest.raises(NotAllowed):
        signin.redeem("guess", NOW)


def test_who_saw_a_person_is_kept(any_place):
    audit.record(AuditAct.VIEWED, now=NOW, user_id=1, page="person", person=42)
    audit.record(
        AuditAct.EXPORTED, now=NOW + timedelta(hours=1), user_id=None, page="lake", people=9
    )
    assert [(e.act, e.page) for e in audit.seen_by(42)] == [("viewed", "person")]
    assert [e.people for e in audit.latest()] == [9, 1]
