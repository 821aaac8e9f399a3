"""What is known of people beside their stage: links, sources, habits, days that come back, who brought whom."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

import numpy as np
import pytest

from tests.segments.attributes.shop import (
    NOW,
    TODAY,
    ago,
    asked,
    bought,
    bring,
    did,
    key,
    rows_of,
)
from tests.traits.facts import fact
from xiaohe.ledger import imports
from xiaohe.ledger.catalogue import as_json
from xiaohe.people import actions
from xiaohe.segments.attributes import recurring, referrals
from xiaohe.segments.attributes.conclude import COLUMNS
from xiaohe.segments.attributes.registry import ATTRIBUTES, RECURRING, before
from xiaohe.shop.accounts import account_named


def test_the_table_has_every_attribute_and_each_its_kind(place: Any) -> None:
    kinds = {
        "text": {"string"}, "choice": {"string"}, "number": {"int64", "float64"}, "money": {"int64"},
        "truth": {"boolean"}, "day": {"date"}, "recurring": {"date"},
    }  # fmt: skip
    with asked() as world:
        schema = world.attributes().schema()

    assert list(schema) == ["person", *COLUMNS]
    assert {f"{name}_before" for name in RECURRING} == set(COLUMNS) - set(ATTRIBUTES)
    for name, each in ATTRIBUTES.items():
        assert str(schema[name]).lstrip("!") in kinds[each.kind.value], name


def referred(who: str, days: int, by: str | None = None, **props: str) -> dict[str, Any]:
    other = key(by) if by else None
    return did(who, "order.referred", ago(days), order_key=key(f"{who}-{days}"), other=other, **props)  # fmt: skip


def birthday(who: str, days: int, **props: Any) -> dict[str, Any]:
    return did(who, "date.told", ago(days), **{"name": "birthday", **props})


def link(who: str, what: str, days: int, account: int, **more: str) -> dict[str, Any]:
    return did(who, f"link.{what}", ago(days), account_id=account, **more)


def line(order: str, category: str) -> dict[str, Any]:
    return fact(
        "order.item", ago(9), subject=key("h-ann"), order_key=key(order), item_key=key(category), amount=5,
        quantity=1.0, currency="CNY", props=as_json({"category": category}),
    )  # fmt: skip


Rows = dict[int, dict[str, Any]]


@pytest.fixture(scope="module")
def rows(empty_shop: Any) -> Iterator[Rows]:
    with empty_shop():
        lily, group = account_named("wecom", "小丽").id, account_named("group", "福利群").id
        follow = account_named("official_account", "号").id
        bring([
            # Who is known.
            fact("order.paid", ago(3), subject=key("o1"), order_key=key("o1"), amount=1, currency="CNY"),
            fact("cost.recorded", ago(3), subject=0, amount=5), fact("card.printed", ago(3), subject=0, quantity=5.0),
            did("visit", "link.scanned", ago(3)), did("typed", "claim.made", ago(3)), did("web", "page.viewed", ago(3)),
            did("later", "message.in", NOW + timedelta(hours=1)),
            # Links.
            link("l-ann", "started", 50, lily, kind="friend"), link("l-ann", "started", 20, group, kind="group"),
            link("l-bob", "started", 50, lily, kind="friend"), link("l-bob", "ended", 9, lily, kind="friend", ended_by="customer"),
            link("l-dee", "started", 50, lily, kind="friend"), link("l-dee", "ended", 9, lily, kind="friend", ended_by="customer"),
            link("l-dee", "started", 40, group, kind="group"),
            link("l-cy", "started", 50, follow, kind="follow"),
            # Sources and stores.
            *bought("f-ann", 50, store="西店"), *bought("f-ann", 10, 5, store="东店"), *bought("f-ann", 2),
            did("f-bob", "link.scanned", ago(9), entry="table_code", platform="pos", code="T7", store="北店"),
            did("f-bob", "message.in", ago(8)),
            # Habits.
            *bought("h-ann", 10, 20, 30, hour=8, store="东店"), *bought("h-ann", 5, hour=19), *bought("h-bob", 9, hour=23),
            *bought("h-cy", 8, hour=6), *bought("h-cy", 9, hour=18),
            # A platform of the owner's own format.
            *({**each, "source": "guozi"} for each in bought("h-dee", 8, 9)),
            line("h-ann-10", "茶"), line("h-ann-20", "茶"), line("h-ann-20", "杯"), line("h-ann-30", "杯"), line("h-ann-5", "饼"),
            # Birthdays.
            birthday("d-ann", 9, month=3, day=1), birthday("d-ann", 8, calendar="lunar", month="8", day="15", year="1990"),
            birthday("d-ann", 7, name="anniversary", month=5, day=20),
            birthday("d-bob", 9, month=3, day=1), birthday("d-bob", 8),
            birthday("d-cy", 9, month=13, day=1), birthday("d-dee", 9, month="true", day=1),
            # Referrals. Eve opened a group purchase that Flo joined; nobody knows the channel's key; Dee brought herself.
            *bought("r-ann", 300), *bought("r-bob", 200), *bought("r-cy", 100), *bought("r-dee", 90), *bought("r-eve", 80),
            *bought("r-flo", 70),
            referred("r-bob", 200, "r-ann"), referred("r-cy", 100, "r-bob"), referred("r-dee", 90, "r-ann"),
            referred("r-eve", 80, group="7", role="开团"), referred("r-flo", 70, group="7", role="参团"),
            referred("r-eve", 80, "channel"), referred("r-dee", 90, "r-dee"),
            # Joined before it was opened, as a file may say that knows days alone.
            *bought("r-gus", 60), *bought("r-hal", 50),
            referred("r-gus", 60, group="9", role="参团"), referred("r-hal", 50, group="9", role="开团"),
        ])  # fmt: skip
        with asked() as world:
            yield rows_of(world)


def test_everybody_the_shop_knows_and_nobody_else(rows: Rows) -> None:
    people = {
        "web", "l-ann", "l-bob", "l-cy", "l-dee", "f-ann", "f-bob", "h-ann", "h-bob", "h-cy", "h-dee", "d-ann", "d-bob", "d-cy", "d-dee",
        "r-ann", "r-bob", "r-cy", "r-dee", "r-eve", "r-flo", "r-gus", "r-hal",
    }  # fmt: skip

    assert set(rows) == {key(who) for who in people}


def test_links_of_each_kind_since_when_with_whom_and_who_ended_them(rows: Rows) -> None:
    ann, bob, cy, dee = (rows[key(who)] for who in ("l-ann", "l-bob", "l-cy", "l-dee"))

    assert (ann["linked"], ann["friend"], ann["in_group"], ann["follows"]) == (True, True, True, False)  # fmt: skip
    assert (ann["link_days"], ann["linked_since"]) == (50, TODAY - timedelta(50))
    assert (ann["account"], ann["ended_by"], ann["stage"]) == ("福利群", None, "prospect")
    assert (bob["linked"], bob["ever_linked"], bob["link_days"], bob["ended_by"]) == (False, True, None, "customer")  # fmt: skip
    # Another link lasts.
    assert (dee["linked"], dee["friend"], dee["link_days"], dee["ended_by"]) == (True, False, 40, None)  # fmt: skip
    assert (cy["linked"], cy["ever_linked"], cy["follows"], cy["tier"]) == (False, False, True, None)  # fmt: skip


def test_where_somebody_came_from_and_to_which_store_they_belong(rows: Rows) -> None:
    ann, bob = rows[key("f-ann")], rows[key("f-bob")]

    assert (ann["store"], bob["store"]) == ("东店", "北店")
    assert (ann["first_platform"], ann["first_code"], ann["source_first_on"]) == ("table", None, TODAY - timedelta(50))  # fmt: skip
    assert (bob["first_entry"], bob["last_code"]) == ("table_code", "T7")


def test_habits_and_the_two_favourite_categories(rows: Rows) -> None:
    ann, bob, cy = (rows[key(who)] for who in ("h-ann", "h-bob", "h-cy"))

    assert (ann["hour_habit"], ann["shop_habit"]) == ("morning", "store")
    # Both twice: tea was bought last. Biscuits once.
    assert (ann["category_1"], ann["category_2"]) == ("茶", "杯")
    # An order table does not say where; a platform sells online, whoever named it.
    assert (cy["shop_habit"], rows[key("h-dee")]["shop_habit"]) == (None, "online")
    # Once is no habit; of two the last.
    assert (bob["hour_habit"], cy["hour_habit"]) == (None, "morning")


# ---------------------------------------------------------------- days that come back

BIRTHDAYS = [
    # calendar, month, day, asked on → next, the one before
    ("solar", 6, 30, date(2025, 6, 30), date(2025, 6, 30), date(2024, 6, 30)),
    ("solar", 6, 29, date(2025, 6, 30), date(2026, 6, 29), date(2025, 6, 29)),
    ("solar", 2, 29, date(2025, 1, 5), date(2025, 2, 28), date(2024, 2, 29)),
    ("solar", 2, 29, date(2024, 2, 29), date(2024, 2, 29), date(2023, 2, 28)),
    ("solar", 12, 31, date(2026, 1, 1), date(2026, 12, 31), date(2025, 12, 31)),
    ("lunar", 1, 1, date(2026, 1, 31), date(2026, 2, 17), date(2025, 1, 29)),
    ("lunar", 12, 30, date(2025, 1, 28), date(2025, 1, 28), date(2024, 2, 9)),
    # The twelfth month of that year has 29 days.
    ("lunar", 12, 30, date(2025, 1, 29), date(2026, 2, 16), date(2025, 1, 28)),
    # 2025 has two sixth months: the ordinary one counts.
    ("lunar", 6, 15, date(2025, 7, 1), date(2025, 7, 9), date(2024, 7, 20)),
    ("lunar", 6, 15, date(2025, 8, 1), date(2026, 7, 28), date(2025, 7, 9)),
    ("lunar", 8, 15, date(2025, 10, 6), date(2025, 10, 6), date(2024, 9, 17)),
]  # fmt: skip


@pytest.mark.parametrize(("calendar", "month", "day", "on", "ahead", "behind"), BIRTHDAYS)
def test_the_next_birthday_and_the_one_before(
    calendar: str, month: int, day: int, on: date, ahead: date, behind: date
) -> None:
    rows = {
        (row["lunar"], row["month"], row["day"]): row for row in recurring.around(on).to_pylist()
    }

    found = rows[calendar == "lunar", month, day]

    assert (found["ahead"], found["behind"]) == (ahead, behind)


def test_every_day_of_every_year_has_a_next_and_a_last() -> None:
    for year in range(1992, 2059):
        for on in (date(year, 1, 1), date(year, 2, 10), date(year, 12, 31)):
            for row in recurring.around(on).to_pylist():
                assert on - timedelta(387) <= row["behind"] < on <= row["ahead"] <= on + timedelta(387)  # fmt: skip


def test_the_latest_word_on_a_birthday_counts_and_nonsense_is_unknown(rows: Rows) -> None:
    ann = rows[key("d-ann")]

    assert (ann["birthday"], ann[before("birthday")]) == (date(2025, 10, 6), date(2024, 9, 17))
    assert (ann["anniversary"], ann["baby"]) == (date(2026, 5, 20), None)
    assert [rows[key(who)]["birthday"] for who in ("d-bob", "d-cy", "d-dee")] == [None, None, None]


# ---------------------------------------------------------------- who brought whom


def test_who_brought_whom_and_how_long_the_chain_is(rows: Rows) -> None:
    told = {
        who: rows[key(f"r-{who}")]
        for who in ("ann", "bob", "cy", "dee", "eve", "flo", "gus", "hal")
    }

    assert {who: row["referrals"] for who, row in told.items()} == {
        "ann": 2, "bob": 1, "cy": 0, "dee": 0, "eve": 1, "flo": 0, "gus": 0, "hal": 1,
    }  # fmt: skip
    assert {who: row["chain_depth"] for who, row in told.items()} == {
        "ann": 0, "bob": 1, "cy": 2, "dee": 1, "eve": 0, "flo": 1, "gus": 1, "hal": 0,
    }  # fmt: skip
    assert [who for who, row in told.items() if row["promoter"]] == ["ann", "bob", "eve", "hal"]
    assert [who for who, row in told.items() if row["was_referred"]] == [
        "bob",
        "cy",
        "dee",
        "flo",
        "gus",
    ]


@pytest.mark.parametrize(
    ("before_whom", "depths"),
    [([-1, 0, 1, 2], [0, 1, 2, 3]), ([1, 0], [1, 1]), ([1, 2, 0, 0], [2, 2, 2, 3]), ([-1], [0])],
)  # fmt: skip
def test_chains_end_and_circles_do_not_go_on_for_ever(
    before_whom: list[int], depths: list[int]
) -> None:
    assert referrals.depths(np.array(before_whom)).tolist() == depths


def test_a_long_chain_is_as_long_as_it_is() -> None:
    assert referrals.depths(np.arange(-1, 199)).tolist() == list(range(200))


# ---------------------------------------------------------------- joins, and what was taken back


def test_a_join_adds_up_and_its_undo_and_an_import_taken_back_take_apart(place: Any) -> None:
    bring([*bought("ann", 10, 40), did("ann", "message.in", ago(3))])
    second = bring([*bought("phone", 20, 60), did("phone", "complaint.opened", ago(2))])
    done = actions.join(key("ann"), key("phone"), NOW - timedelta(hours=3))
    with asked() as world:
        [joined] = rows_of(world).values()
    actions.undo(done.facts, NOW - timedelta(hours=2))
    with asked() as world:
        apart = rows_of(world)
    imports.undo(second, now=NOW - timedelta(hours=1))
    with asked() as world:
        left = rows_of(world)

    assert (joined["occasions"], joined["days_365"], joined["stage"]) == (4, 4, "regular")
    assert (joined["complaint_open"], joined["replies"]) == (True, 1)
    assert apart[key("ann")]["stage"] == apart[key("phone")]["stage"] == "growing"
    assert apart[key("phone")]["complaint_open"]
    assert list(left) == [key("ann")]
