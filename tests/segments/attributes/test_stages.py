"""Exactly one stage for everybody, where each begins, and the tiers and overlays beside it."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import ibis
import pyarrow as pa
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
from xiaohe.ledger.engine import over
from xiaohe.segments.attributes import ready
from xiaohe.segments.attributes.cuts import Cut, Cuts, of
from xiaohe.segments.attributes.moving import moving, turns
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.shop.accounts import account_named
from xiaohe.stats import rfm
from xiaohe.stats.stages import stage_of_buyer

NO_CUTS = Cuts(TODAY, {"recency": Cut((), 0)})
STANDING = pa.schema(
    [
        ("bought_on", pa.date32()), ("last_on", pa.date32()), ("shop_last_on", pa.date32()), ("cycle", pa.float64()),
        ("shop_cycle", pa.float64()), ("occasions", pa.int64()), ("linked", pa.bool_()), ("linked_since", pa.date32()),
        ("last_signal_on", pa.date32()), ("referred_on", pa.date32()),
    ]
)  # fmt: skip


def standing(**told: Any) -> dict[str, Any]:
    since = told.pop("since", None)
    day = None if since is None else TODAY - timedelta(since)
    cycle = told.pop("cycle", None)
    row = dict.fromkeys(STANDING.names) | {"linked": False, "occasions": 0}
    row |= {
        "bought_on": day,
        "last_on": day,
        "shop_last_on": day,
        "cycle": cycle,
        "shop_cycle": cycle,
    }
    return row | told


def moved(
    rows: list[dict[str, Any]], cuts: Cuts = NO_CUTS, on: Any = TODAY
) -> list[dict[str, Any]]:
    with over({"people": pa.Table.from_pylist(rows, schema=STANDING)}) as read:
        people = read.table("people")
        found: list[dict[str, Any]] = read.run(
            people.select(**moving(people, on, cuts))
        ).to_pylist()
        return found


# ---------------------------------------------------------------- stages

# occasions, cycle, days since the last purchase → stage. r = days ÷ cycle; each line has both of its sides.
BUYERS = [
    (1, 30.0, 44, "new"), (1, 30.0, 45, "at_risk"), (2, 30.0, 44, "growing"), (3, 30.0, 44, "regular"),
    # r ≥ 1.5 at 6 days, yet C + 7 only at 11.
    (3, 4.0, 6, "regular"), (3, 4.0, 10, "regular"), (3, 4.0, 11, "at_risk"),
    (1, 30.0, 74, "at_risk"), (1, 30.0, 75, "dormant"), (3, 30.0, 89, "at_risk"), (3, 30.0, 90, "dormant"),
    # r ≥ 2.5 at 10 days, yet C + 14 only at 18.
    (1, 4.0, 17, "at_risk"), (1, 4.0, 18, "dormant"),
    (2, 30.0, 119, "dormant"), (2, 30.0, 120, "lost"), (3, 30.0, 179, "dormant"), (3, 30.0, 180, "lost"),
    # r ≥ 4 at 16 days, yet C + 30 only at 34.
    (1, 4.0, 33, "dormant"), (1, 4.0, 34, "lost"),
    # Without a cycle days alone tell.
    (1, None, 90, "new"), (1, None, 91, "at_risk"), (1, None, 180, "at_risk"), (1, None, 181, "dormant"),
    (1, None, 365, "dormant"), (1, None, 366, "lost"), (0, None, 10, "new"),
]  # fmt: skip


def test_each_stage_of_a_buyer_begins_where_it_is_said_to() -> None:
    rows = [standing(occasions=n, cycle=cycle, since=days) for n, cycle, days, _stage in BUYERS]

    found = [row["stage"] for row in moved(rows)]

    assert found == [stage for *_rest, stage in BUYERS]
    pure = [stage_of_buyer(max(n, 1), days, cycle) for n, cycle, days, _stage in BUYERS]
    assert found == pure


def test_whom_the_shop_has_seen_return_is_dormant_not_lost() -> None:
    rows = [standing(occasions=n, cycle=30.0, since=400) for n in (1, 3)]
    regulars_return = Cuts(TODAY, NO_CUTS.cuts, may_return={True: 0.05, False: 0.049})

    assert [row["stage"] for row in moved(rows, regulars_return)] == ["lost", "dormant"]


@pytest.mark.parametrize(
    ("linked", "heard", "stage"),
    [(True, None, "prospect"), (False, 90, "prospect"), (False, 91, "passer_by"), (False, None, "passer_by")],
)  # fmt: skip
def test_who_never_bought_is_a_prospect_while_linked_or_heard_of(
    linked: bool, heard: int | None, stage: str
) -> None:
    day = None if heard is None else TODAY - timedelta(heard)
    rows = [standing(linked=linked, last_signal_on=day, linked_since=TODAY if linked else None)]

    assert moved(rows)[0]["stage"] == stage


def test_the_next_day_on_which_a_stage_may_change_is_among_those_told() -> None:
    # given every kind of buyer on every day of a year to come, the day as a column
    days = [TODAY + timedelta(day) for day in range(400)]
    kinds = [(n, cycle) for n, cycle, *_rest in BUYERS] + [(1, 33.3), (3, 5.7), (3, 61.9)]
    people = [standing(occasions=n, cycle=cycle, since=1) for n, cycle in kinds]
    rows = [{**row, "day": day} for row in people for day in days]
    table = pa.Table.from_pylist(rows, schema=STANDING.append(pa.field("day", pa.date32())))
    with over({"days": table}) as read:
        known = read.table("days")
        found = read.run(known.select(stage=moving(known, known.day, NO_CUTS)["stage"]))["stage"].to_pylist()  # fmt: skip

    # then it changes on days told alone
    for place, row in enumerate(people):
        stages = found[place * len(days) : (place + 1) * len(days)]
        changes = {day for day, was, now in zip(days[1:], stages, stages[1:], strict=False) if was != now}  # fmt: skip
        assert changes <= set(turns(row, TODAY)), row


def crowd() -> list[dict[str, Any]]:
    """Twenty buyers with one purchase of ¥10 to ¥200 each."""
    return [
        each
        for number in range(20)
        for each in bought(f"crowd-{number}", 20, paid=1_000 * (number + 1))
    ]


CONSENTS = {
    "c-ann": ["given"], "c-bob": ["given", "reduced"], "c-cy": ["withdrawn"], "c-dee": ["withdrawn", "given"], "c-eve": [],
}  # fmt: skip


@dataclass
class Told:
    rows: dict[int, dict[str, Any]]
    rhythm: dict[int, dict[str, Any]]
    cuts: Cuts

    def of(self, who: str) -> dict[str, Any]:
        return self.rows[key(who)]

    def each(self, name: str, *who: str) -> dict[str, Any]:
        return {each: self.of(each)[name] for each in who}


@pytest.fixture(scope="module")
def told(empty_shop: Any) -> Iterator[Told]:
    with empty_shop():
        friend = account_named("wecom", "小李").id
        bring([
            *crowd(),
            *bought("s-ann", 5), *bought("s-bob", 5, 30, 61), *bought("s-cy", 300),
            did("s-dee", "message.in", ago(5)), did("s-eve", "page.viewed", ago(200)),
            *bought("often", 10, 20, 30, paid=100), *bought("twice", 10, 20, paid=800_000), *bought("thrice", 400, 500, 600),
            did("asks", "message.in", ago(90)), did("asked", "message.in", ago(91)),
            did("looks", "product.clicked", ago(3)), did("sees", "page.viewed", ago(3)),
            did("friend", "link.started", ago(3), account_id=friend, kind="friend"),
            *bought("rich-long-ago", 400, paid=90_000_000),
            *(did(who, f"consent.{word}", ago(10 - day)) for who, said in CONSENTS.items() for day, word in enumerate(said)),
            *bought("c-eve", 20),
            did("p-ann", "complaint.opened", ago(5)), did("p-bob", "complaint.opened", ago(5)),
            did("p-bob", "complaint.closed", ago(4)), did("p-cy", "complaint.closed", ago(4)), did("p-cy", "complaint.opened", ago(3)),
            *bought("back", 10, 20, 30, coupon="SALE"), did("back", "order.refunded", ago(9), order_key=key("back-10"), amount=5_000),
            *bought("kept", 10, 20, 30, coupon="SALE", paid=15_000), *bought("cheap", 10, 20, 30, discount="9.00", paid=100),
            *bought("plain", 10, 20, 30, paid=100), *bought("deals", 10, 20, coupon="SALE", paid=100),
        ])  # fmt: skip
        with asked() as world:
            rhythm = world.read.run(world.table("rhythm")).to_pylist()
            yield Told(rows_of(world), {row["person"]: row for row in rhythm}, of(world))


def test_everybody_has_one_stage_and_no_unknown_truth(told: Told) -> None:
    assert told.each("stage", "s-ann", "s-bob", "s-cy", "s-dee", "s-eve") == {
        "s-ann": "new", "s-bob": "regular", "s-cy": "dormant", "s-dee": "prospect", "s-eve": "passer_by",
    }  # fmt: skip
    for row in told.rows.values():
        assert row["stage"] is not None
        for name, each in ATTRIBUTES.items():
            assert each.kind != "truth" or row[name] in (True, False), name
            assert not each.choices or row[name] is None or row[name] in each.choices, name


# ---------------------------------------------------------------- tiers and overlays


def test_the_four_tiers(told: Told) -> None:
    assert told.each("tier", "often", "twice", "thrice", "asks", "looks", "friend", "asked", "sees") == {
        "often": "heavy", "twice": "buyer", "thrice": "buyer", "asks": "potential", "looks": "potential",
        "friend": "follower", "asked": None, "sees": None,
    }  # fmt: skip


def test_vip_are_the_top_five_percent_by_the_years_net(told: Told) -> None:
    year = sorted((row["net_365"] for row in told.rows.values() if row["days_365"]), reverse=True)
    most = year[: len(year) // 20]

    vip = {row["person"]: row["net_365"] for row in told.rows.values() if row["vip"]}

    assert sorted(vip.values(), reverse=True) == most
    assert key("twice") in vip
    assert told.of("rich-long-ago")["net_365"] is None
    assert told.each("value", "rich-long-ago", "twice", "asks") == {
        "rich-long-ago": "low", "twice": "high", "asks": None,
    }  # fmt: skip


def test_tier_stage_and_vip_are_those_of_the_state(told: Told) -> None:
    assert len(told.rhythm) > 30
    for who, row in told.rhythm.items():
        for name in ("stage", "tier", "vip", "days_since", "ratio", "due_on", "days_365", "ev"):
            assert told.rows[who][name] == row[name], name


def test_muted_by_the_latest_word(told: Told) -> None:
    assert told.each("consent", *CONSENTS) == {
        "c-ann": "given", "c-bob": "reduced", "c-cy": "withdrawn", "c-dee": "given", "c-eve": None,
    }  # fmt: skip
    assert [who for who in CONSENTS if told.of(who)["muted"]] == ["c-bob", "c-cy"]


def test_a_complaint_is_open_until_it_is_closed(told: Told) -> None:
    assert told.each("complaint_open", "p-ann", "p-bob", "p-cy", "often") == {
        "p-ann": True, "p-bob": False, "p-cy": True, "often": False,
    }  # fmt: skip


def test_a_bargain_hunter_takes_only_deals_and_sends_back_or_pays_least(told: Told) -> None:
    hunters = {who for who in ("back", "kept", "cheap", "plain", "deals") if told.of(who)["bargain_hunter"]}  # fmt: skip

    assert hunters == {"back", "cheap"}
    assert told.of("back")["promo_share"] == 1.0
    assert told.of("back")["refund_share"] == pytest.approx(1 / 3)
    assert told.of("plain")["promo_share"] == 0.0


# ---------------------------------------------------------------- cuts


def test_the_shops_cuts_are_those_of_a_plain_count(told: Told) -> None:
    year = [row for row in told.rows.values() if row["days_365"]]
    days = [(TODAY - row["bought_on"]).days for row in year]
    net = [row["net_365"] for row in year]
    usual = [row["usual_net"] for row in told.rows.values() if row["usual_net"] is not None]
    often = [row["days_365"] for row in year]

    cuts = told.cuts.cuts

    assert cuts["recency"].values == pytest.approx(rfm.cuts(days))
    assert cuts["frequency"].values == pytest.approx(rfm.cuts(often))
    assert cuts["money"].values == pytest.approx(rfm.cuts(net))
    assert cuts["worth"].values == pytest.approx([rfm.quantile(net, share) for share in (0.5, 0.8)])
    assert cuts["usual_net"].values == pytest.approx(
        [rfm.quantile(usual, n / 20) for n in range(1, 20)]
    )
    assert {name: cut.n for name, cut in cuts.items()} == dict.fromkeys(cuts, len(year)) | {"usual_net": len(usual)}  # fmt: skip
    assert Cuts.from_json(json.loads(json.dumps(told.cuts.as_json()))) == told.cuts


def test_rfm_of_everybody_is_that_of_a_plain_count_and_equals_stand_together(told: Told) -> None:
    cuts = told.cuts
    for row in told.rows.values():
        if row["bought_on"] is None:
            assert (row["recency_score"], row["rfm"]) == (None, None)
            continue
        plain = (
            rfm.recency_score((TODAY - row["bought_on"]).days, cuts.values("recency")),
            rfm.score(row["days_365"], cuts.values("frequency")),
            rfm.score(row["net_365"] or 0, cuts.values("money")),
        )
        assert (row["recency_score"], row["frequency_score"], row["money_score"]) == plain
        assert row["rfm"] == "".join(map(str, plain))


def test_readiness_of_everybody_is_that_of_the_published_points(told: Told) -> None:
    for row in told.rows.values():
        plain = ready.explained(row, told.cuts)
        scores = {name: each and each.points for name, each in plain.scores.items()}
        assert scores == {name: row[name] for name in ("trust", "need", "means")}
        assert row["weakest"] == plain.weakest


# ---------------------------------------------------------------- time


def test_a_later_day_without_news_moves_only_what_time_moves(place: Any) -> None:
    bring(bought("ann", 5, 25, 45, 66))
    later = NOW + timedelta(days=50)
    with asked() as world:
        row = rows_of(world)[key("ann")]
        told = [day for day in turns(row, world.on) if day <= later.date()]
        ahead = world.read.run(
            world.attributes().select("stage").mutate(day=ibis.literal(later.date()))
        )
    with asked(later) as world:
        then = rows_of(world)[key("ann")]

    assert ahead["stage"][0].as_py() == row["stage"] == "regular"
    assert then["stage"] == "at_risk"
    assert told
    # No discount was ever told of.
    assert row["promo_share"] is None
    assert (row["due_on"], row["cycle"]) == (then["due_on"], then["cycle"])
