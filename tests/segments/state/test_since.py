"""What the state's files cannot know yet counts at once: where people came from, what went back, parcels, facts taken back."""

from __future__ import annotations

import os
import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from tests.segments.state.shop import NOW, event, key, put_away_the_library, save, tell
from tests.segments.state.test_follows import members_of
from xiaohe.jobs.models import Job
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, engine, stream
from xiaohe.ledger.stream import Fact
from xiaohe.people import actions as people
from xiaohe.people import overlay
from xiaohe.segments import state
from xiaohe.segments.handlers import FOLLOW
from xiaohe.segments.state import generation, logged
from xiaohe.shop.accounts import account_named
from xiaohe.shop.queries import calendar
from xiaohe.traits import state as traits

SOURCE = ("source_type", "platform", "entry", "code")
SOURCES = ("source_first_on", *(f"{end}_{name}" for end in ("first", "last") for name in SOURCE))
OTHERS = ("refund_share", "net_total", "first_on")
SOON = NOW + timedelta(minutes=5)
PEOPLE = ("ann", "bob", "cyd")
# More on request: `XIAOHE_SEEDS=1-20`.
_first, _, _last = os.environ.get("XIAOHE_SEEDS", "1-1").partition("-")
SEEDS = range(int(_first), int(_last) + 1)
TYPES = {"taobao": "ecommerce", "douyin": "short_video"}

Row = dict[str, Any]


def word(number: str, who: str, what: str, at: datetime, on: str = "taobao", paid: int = 1000) -> Fact:  # fmt: skip
    """A fact about an order on a platform."""
    amount = paid if what in ("order.paid", "order.refunded") else None
    told = event(who, what, at, order_key=key(number), amount=amount, currency=amount and "CNY")
    return told._replace(source=on, key=f"{number}:{told.key}")


def scan(who: str, at: datetime, code: str = "T7", platform: str = "pos") -> Fact:
    said = {"source_type": "store", "platform": platform, "entry": "table_code", "code": code}
    return event(who, "link.scanned", at, props=said)


def link(who: str, at: datetime, **said: str) -> Fact:
    account = account_named("wecom", "小李").id
    return event(who, "link.started", at, props={"kind": "friend", **said}, account_id=account)


def ago(days: int) -> datetime:
    return NOW - timedelta(days=days)


@pytest.fixture
def shop(place: Workspace) -> None:
    """Ann bought once, Bob scanned and was linked; all of it known to the state. Cyd is known for a message alone."""
    tell(
        word("old", "ann", "order.paid", ago(9)),
        scan("bob", ago(9)),
        link("bob", ago(8)),
        *(event(who, "message.in", ago(20)) for who in PEOPLE),
        now=NOW - timedelta(hours=1),
    )
    drain.drain(NOW, force=True)
    traits.refresh(NOW)
    put_away_the_library()


def begin(**rules: str) -> None:
    for slug, text in rules.items():
        save(slug, text, NOW)
    state.refresh(NOW)


def as_told(at: datetime) -> dict[int, Row]:
    """Attributes by the deltas, after making sure that a base anew says the same of everybody."""
    made = state.refresh(at)
    assert made is not None
    assert not made.is_base
    live, members = kept(), members_of(at)
    state.refresh(at, anew=True)
    assert (kept(), members_of(at)) == (live, members)
    return live


def as_tomorrow(live: dict[int, Row], at: datetime) -> None:
    """The next day's state, which has read today's orders, says the same of where people came from."""
    tomorrow = at + timedelta(days=1)
    traits.refresh(tomorrow)
    state.refresh(tomorrow)
    assert {who: source(row) for who, row in kept().items()} == {
        who: source(row) for who, row in live.items()
    }


def kept() -> dict[int, Row]:
    one = generation.newest()
    assert one is not None
    rows = logged.attributes_of(one, ("person", *SOURCES, *OTHERS)).to_pylist()
    return {row["person"]: row for row in rows}


def source(row: Row) -> tuple[Any, ...]:
    return tuple(row[name] for name in SOURCES)


# ---------------------------------------------------------------- orders


def test_whose_first_word_is_todays_order_has_a_source_at_once(shop: None) -> None:
    # Given: one who bought elsewhere, one whom only a scan told of, one of whom nothing told.
    begin(**{"from-douyin": 'last_platform is "douyin"', "known": "first_platform is known"})
    # When: the third has only ordered, and not paid.
    tell(
        word("a", "ann", "order.paid", SOON, "douyin"),
        word("b", "bob", "order.paid", SOON, "douyin"),
        word("c", "cyd", "order.created", SOON, "douyin"),
        word("d", "dan", "order.paid", SOON, "taobao"),
        now=SOON,
    )
    # Then
    rows = as_told(SOON)
    ann, bob, cyd, dan = (rows[key(who)] for who in (*PEOPLE, "dan"))
    assert (ann["first_platform"], ann["last_platform"]) == ("taobao", "douyin")
    assert (bob["first_platform"], bob["last_code"]) == ("pos", None)
    assert (cyd["first_platform"], cyd["source_first_on"]) == ("douyin", date(2025, 6, 30))
    assert (dan["first_source_type"], dan["last_entry"]) == ("ecommerce", "order")
    assert members_of(SOON)["from-douyin"] == {key("ann"), key("bob"), key("cyd")}
    as_tomorrow(rows, SOON)


def test_an_order_told_late_is_an_earlier_source(shop: None) -> None:
    begin()
    tell(word("late", "ann", "order.paid", ago(30), "douyin"), now=SOON)
    state.refresh(SOON)
    # Told by and by: when it was paid is when it was.
    tell(word("slow", "cyd", "order.created", ago(3), "douyin"), now=SOON)
    state.refresh(SOON)
    tell(word("slow", "cyd", "order.paid", ago(1), "douyin"), now=SOON)

    rows = as_told(SOON)
    assert (rows[key("ann")]["first_platform"], rows[key("ann")]["last_platform"]) == ("douyin", "taobao")  # fmt: skip
    assert rows[key("cyd")]["source_first_on"] == date(2025, 6, 29)
    as_tomorrow(rows, SOON)


@pytest.mark.parametrize("is_known", [True, False])
def test_an_order_taken_back_is_no_source_and_no_purchase(shop: None, is_known: bool) -> None:
    # Given: an order that the state knows, or one of today.
    number, at = ("old", ago(9)) if is_known else ("new", SOON)
    begin(bought="did purchase", told="first_platform is known")
    tell(word("new", "ann", "order.paid", SOON, "douyin"), now=SOON)
    state.refresh(SOON)
    # When
    gone = word(number, "ann", "order.paid", at, "taobao" if is_known else "douyin")
    assert stream.take_back(stream.key_hash(gone), SOON)
    # Then
    ann = as_told(SOON)[key("ann")]
    left = "douyin" if is_known else "taobao"
    assert (ann["first_platform"], ann["last_platform"]) == (left, left)
    assert ann["net_total"] == (None if is_known else 1000)


def test_money_that_went_back_today_counts_today(shop: None) -> None:
    # Given: an order like her others, so no bulk one, whatever is told of it.
    begin(returns="refund_share >= 1", bulk="did purchase where bulk")
    back = word("old", "ann", "order.refunded", SOON, paid=300)
    tell(back, now=SOON)
    state.refresh(SOON)
    assert members_of(SOON)["returns"] == {key("ann")}
    assert as_told(SOON)[key("ann")]["net_total"] == 700
    stream.take_back(stream.key_hash(back), SOON)
    assert as_told(SOON)[key("ann")]["refund_share"] == 0


# ---------------------------------------------------------------- scans


def test_a_scan_taken_back_changes_the_source_at_once(shop: None) -> None:
    # Given: it spoke for the link that followed.
    begin(**{"of-till": 'did link where platform is "pos"', "by-card": 'first_code is "T7"'})
    assert members_of(NOW) == {"of-till": {key("bob")}, "by-card": {key("bob")}}
    Job.objects.filter(name=FOLLOW).delete()
    # When
    stream.take_back(stream.key_hash(scan("bob", ago(9))), SOON)
    # Then: whoever follows is called, too.
    assert Job.objects.filter(name=FOLLOW, state="ready").count() == 1
    bob = as_told(SOON)[key("bob")]
    assert members_of(SOON) == {"of-till": set(), "by-card": set()}
    assert (bob["first_platform"], bob["source_first_on"]) == (None, date(2025, 6, 22))
    # And told again it counts again.
    later = SOON + timedelta(minutes=1)
    tell(scan("bob", ago(9)), now=later)
    state.refresh(later)
    assert members_of(later)["by-card"] == {key("bob")}


# ---------------------------------------------------------------- parcels


def test_a_parcel_is_received_as_soon_as_it_is_told(shop: None) -> None:
    # Given: of an order of Ann's; whoever tells it does not name her.
    begin(received="did purchase where received_on in last 7 days")
    arrived = word("old", "ann", "order.received", SOON)._replace(subject=key("old"))
    # When, then
    tell(arrived, now=SOON)
    assert as_told(SOON)
    assert members_of(SOON)["received"] == {key("ann")}
    stream.take_back(stream.key_hash(arrived), SOON)
    state.refresh(SOON)
    assert members_of(SOON)["received"] == set()


# ---------------------------------------------------------------- anything


@dataclass
class Told:
    """Whatever was told and still holds, and where people came from by it: the traits' rule once more, in plain Python."""

    facts: list[Fact] = field(default_factory=list)

    def sources(self, now: datetime, person_of: Callable[[int], int]) -> dict[int, tuple[Any, ...]]:
        seen = [each for each in self.facts if each.occurred_at <= now]
        found: dict[int, list[tuple[Any, ...]]] = {}
        for subject, at, said in [*_of_orders(seen), *_of_scans(seen), *_of_links(seen, person_of)]:
            found.setdefault(person_of(subject), []).append((calendar().day_of(at), at, said))
        return {
            who: (
                min(told)[0] if told else None,
                *_plain(min(told, key=lambda each: (each[0], not _says(each[2]), each[1], each[2]))[2]),
                *_plain(min(told, key=lambda each: (not _says(each[2]), -each[0].toordinal(), -each[1].timestamp(), each[2]))[2]),
            )
            for who, told in found.items()
        }  # fmt: skip


Statement = tuple[int, datetime, tuple[str, ...]]
NOTHING = ("unknown", "unknown", "unknown", "")


def _says(said: tuple[str, ...]) -> bool:
    return said[1:] != NOTHING[1:]


def _plain(said: tuple[str, ...]) -> tuple[str | None, ...]:
    return tuple(None if each == none else each for each, none in zip(said, NOTHING, strict=True))


def _said(fact: Fact) -> tuple[str, ...]:
    props = fact.props or {}
    return tuple(props.get(name) or none for name, none in zip(SOURCE, NOTHING, strict=True))


def _of_orders(facts: Iterable[Fact]) -> list[Statement]:
    """At the earliest word that it was paid, else placed; on the platform whose name is the first."""
    orders: dict[int, list[Fact]] = {}
    for each in facts:
        if each.order_key is not None:
            orders.setdefault(each.order_key, []).append(each)
    told = []
    for words in orders.values():
        paid = [each for each in words if each.type == "order.paid"]
        on = min(each.source for each in words)
        at = min(each.occurred_at for each in paid or words)
        told.append((words[0].subject, at, (TYPES[on], on, "order", "")))
    return told


def _of_scans(facts: Iterable[Fact]) -> list[Statement]:
    return [(each.subject, each.occurred_at, _said(each)) for each in facts if each.type == "link.scanned"]  # fmt: skip


def _of_links(facts: Iterable[Fact], person_of: Callable[[int], int]) -> list[Statement]:
    """A friend's first start is the link; said nothing, the latest scan of seven days up to its day speaks."""
    firsts: dict[int, Fact] = {}
    for each in sorted(facts, key=lambda each: each.occurred_at):
        if each.type == "link.started":
            firsts.setdefault(each.subject, each)
    told = []
    for who, start in firsts.items():
        spoke = [
            (at, said)
            for subject, at, said in _of_scans(facts)
            if person_of(subject) == person_of(who)
            and 0 <= (calendar().day_of(start.occurred_at) - calendar().day_of(at)).days <= 7
        ]
        said = _said(start)
        told.append((who, start.occurred_at, said if _says(said) or not spoke else max(spoke)[1]))
    return told


@pytest.mark.parametrize("seed", SEEDS)
def test_whatever_comes_sources_are_those_of_all_facts(shop: None, seed: int) -> None:
    dice, told, now = random.Random(seed), Told(), NOW
    joined: list[people.Done] = []
    told.facts = [word("old", "ann", "order.paid", ago(9)), scan("bob", ago(9)), link("bob", ago(8))]  # fmt: skip
    begin(known="first_platform is known")
    for step in range(6):
        now += timedelta(minutes=7)
        back = timedelta(minutes=dice.choice([0, 1, 60 * 30, 60 * 24 * 9]))
        who, at = dice.choice(PEOPLE), now - back
        number = f"{who}{dice.randrange(2)}"
        new = {
            0: [word(number, who, "order.created", at, dice.choice(list(TYPES)))],
            1: [word(number, who, "order.paid", at, dice.choice(list(TYPES)))],
            2: [scan(who, at, dice.choice(["A1", "B2"]))],
            3: [link(who, at)],
        }.get(dice.randrange(6), [])
        if new:
            tell(*new, now=now)
            told.facts += [each for each in new if each not in told.facts]
        elif dice.random() < 0.6:
            gone = dice.choice(told.facts)
            assert stream.take_back(stream.key_hash(gone), now)
            told.facts.remove(gone)
        else:
            if joined:
                people.undo(joined.pop().facts, now)
            else:
                joined.append(people.join(*map(key, dice.sample(PEOPLE, 2)), now))
            traits.refresh(now)
        state.refresh(now)
        with engine.reading() as read:
            person_of = overlay.overlay_of(read).person
        plain = told.sources(now, person_of)
        assert {who: source(row) for who, row in kept().items() if row["source_first_on"]} == plain, step  # fmt: skip
    as_tomorrow(as_told(now), now)
