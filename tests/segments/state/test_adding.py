"""What comes is added to what was known: of the people it is about no other fact is read, and the answer is that of all facts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import ibis
import pyarrow as pa
import pytest

from tests.segments.state.shop import (
    NOW,
    afresh,
    bring,
    event,
    key,
    order,
    put_away_the_library,
    save,
    tell,
)
from tests.segments.state.test_follows import members_of
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, stream
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.engine.compiled import compiled
from xiaohe.ledger.stream import Fact
from xiaohe.segments import state
from xiaohe.segments.rules.tree import InSegment
from xiaohe.segments.state import built, generation, warming
from xiaohe.traits import state as traits

ADDING = {
    "often": "count of page.viewed in last 30 days >= 3",
    "never": "not did page.viewed in last 7 days",
    "spent": "sum of amount over voucher.applied in last 90 days >= 20 money",
    "first": 'first of path over page.viewed is "home"',
    "asleep": "days since last page.viewed >= 2",
    "heard": "last_signal_on in today",
}


@pytest.fixture
def shop(place: Workspace) -> None:
    """Two buyers who looked at pages a week ago, in files."""
    bring(
        [*order("a", NOW - timedelta(days=20), "ann"), *order("b", NOW - timedelta(days=9), "bob")]
    )
    ago = NOW - timedelta(days=3)
    tell(*(event(who, "page.viewed", ago, n, {"path": "home"}) for who in ("ann", "bob") for n in range(2)))  # fmt: skip
    drain.drain(NOW, force=True)
    traits.refresh(NOW)
    put_away_the_library()
    for slug, text in ADDING.items():
        save(slug, text, NOW)
    state.refresh(NOW)


@pytest.fixture
def asked(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """The views of facts that questions look at from now on."""
    found: list[str] = []
    run = Reading.run

    def noted(self: Reading, expression: ibis.Expr, *, timeout: float | None = None) -> pa.Table:
        found.extend(each.view for each in compiled(expression).demands)
        return run(self, expression, timeout=timeout)

    monkeypatch.setattr(Reading, "run", noted)
    return found


def test_of_few_people_nothing_but_what_came_is_read(shop: None, asked: list[str]) -> None:
    tell(
        event("ann", "page.viewed", NOW, 7, {"path": "tea"}),
        event("bob", "voucher.applied", NOW, 8, amount=2500, currency="CNY"),
    )

    later = NOW + timedelta(seconds=1)
    made = state.refresh(later)

    assert made is not None
    assert not made.is_base
    assert asked == []
    assert members_of(later) == afresh(later)
    assert state.current(later).ids(InSegment("often")).tolist() == [key("ann")]


def test_somebody_new_is_asked_about_all_the_same(shop: None) -> None:
    tell(event("new", "content.clicked", NOW, 1))
    state.refresh(NOW)

    assert members_of(NOW) == afresh(NOW)
    assert key("new") in members_of(NOW)["never"]


def test_what_was_taken_back_of_somebody_new_is_not_known_of_them_later(shop: None) -> None:
    seen = event("new", "page.viewed", NOW, 1, {"path": "home"})
    tell(seen)
    state.refresh(NOW)
    stream.take_back(stream.key_hash(seen), NOW)
    state.refresh(NOW)
    tell(event("new", "message.in", NOW - timedelta(days=4), 2))
    state.refresh(NOW)

    newest = generation.newest()
    assert newest is not None
    assert not newest.is_base
    assert members_of(NOW) == afresh(NOW)
    assert key("new") not in members_of(NOW)["heard"]


def test_the_inviter_of_an_order_is_looked_at_when_it_is_paid(place: Workspace) -> None:
    bring(order("a", NOW - timedelta(days=20), "ann"))
    traits.refresh(NOW)
    put_away_the_library()
    save("invites", "referrals >= 1", NOW)
    state.refresh(NOW)

    tell(event("ann", "message.in", NOW, 2))
    tell(event("friend", "order.referred", NOW, 1, other=key("ann"), order_key=key("o")))
    state.refresh(NOW)
    assert members_of(NOW)["invites"] == set()
    paid = {"order_key": key("o"), "amount": 900, "currency": "CNY"}
    tell(event("friend", "order.paid", NOW, 1, **paid))
    made = state.refresh(NOW)

    assert made is not None
    assert not made.is_base
    assert members_of(NOW)["invites"] == afresh(NOW)["invites"] == {key("ann")}


def paid(who: str, number: str, minor: int) -> Fact:
    return event(who, "order.paid", NOW, 1, order_key=key(number), amount=minor, currency="CNY")


def test_a_question_kept_of_people_without_orders_knows_the_orders_that_come(shop: None) -> None:
    save("again", "count of purchase in last 365 days >= 2", NOW)
    save("much", "sum of net over purchase in this month >= 16 money", NOW)
    seen = event("ann", "page.viewed", NOW, 3, {"path": "home"})
    tell(seen)
    state.refresh(NOW)
    # Whoever had something taken back is asked everything, though nobody ordered anything.
    stream.take_back(stream.key_hash(seen), NOW)
    state.refresh(NOW)
    tell(paid("ann", "o", 900))
    state.refresh(NOW)
    tell(paid("bob", "p", 500), event("new", "message.in", NOW, 4))
    made = state.refresh(NOW)

    assert made is not None
    assert not made.is_base
    assert members_of(NOW) == afresh(NOW)
    assert members_of(NOW)["again"] == {key("ann"), key("bob")}
    assert members_of(NOW)["much"] == {key("ann")}


def test_a_refund_that_names_no_buyer_is_the_buyers(shop: None) -> None:
    save("spent-something", "sum of net over purchase ever > 0 money", NOW)
    state.refresh(NOW)
    tell(paid("new", "o", 900))
    state.refresh(NOW)
    assert key("new") in members_of(NOW)["spent-something"]
    for order_key, minor in ((key("o"), 900), (key("a"), 100_000)):
        whole = {"order_key": order_key, "amount": minor, "currency": "CNY"}
        tell(Fact("segment:1", f"back:{order_key}", "order.refunded", NOW, order_key, **whole))
    made = state.refresh(NOW)

    assert made is not None
    assert not made.is_base
    assert members_of(NOW) == afresh(NOW)
    assert members_of(NOW)["spent-something"].isdisjoint({key("ann"), key("new")})


def test_who_tells_of_discounts_is_known_when_an_order_comes_and_when_it_goes(shop: None) -> None:
    save("told-of", "promo_share is known", NOW)
    before = {"order_key": key("q"), "amount": 700, "currency": "CNY"}
    tell(event("bob", "order.paid", NOW - timedelta(days=9), 1, **before))
    drain.drain(NOW, force=True)
    traits.refresh(NOW)
    state.refresh(NOW, anew=True)
    common = {"order_key": key("o"), "currency": "CNY"}
    tell(event("ann", "order.created", NOW, 1, {"coupon": "spring"}, **common), paid("ann", "o", 900))  # fmt: skip
    state.refresh(NOW)
    told = members_of(NOW)
    assert told == afresh(NOW)
    tell(event("ann", "order.closed", NOW, 1, **common))
    state.refresh(NOW)

    assert members_of(NOW) == afresh(NOW)
    assert (told["told-of"], members_of(NOW)["told-of"]) == ({key("bob")}, set())


def test_what_was_added_is_added_to_again(shop: None) -> None:
    save("keen", "count of page.viewed in last 30 days >= 4", NOW)
    save("spender", "sum of amount over voucher.applied in last 90 days >= 30 money", NOW)
    state.refresh(NOW, anew=True)
    for number, who in enumerate(("ann", "bob", "ann", "bob"), 10):
        tell(
            event(who, "page.viewed", NOW, number, {"path": "tea"}),
            event(who, "voucher.applied", NOW, number, amount=1500, currency="CNY"),
        )
        made = state.refresh(NOW)
        assert made is not None
        assert not made.is_base
        assert members_of(NOW) == afresh(NOW)

    both = {key("ann"), key("bob")}
    assert members_of(NOW)["keen"] == members_of(NOW)["spender"] == both


BUYING = {
    "bought": "did purchase today",
    "spent-much": "sum of net over purchase in last 90 days >= 30 money",
    "regained": "sum of refunded over purchase >= 10 money",
    "tea": 'did purchase.item where title contains "茶" in last 30 days',
    "from-shop": "last_platform is known",
    "best": "net_total in top 50 percent",
}


def test_orders_are_carried_on_from_one_look_to_the_next(shop: None) -> None:
    for slug, text in BUYING.items():
        save(slug, text, NOW)
    state.refresh(NOW)

    def told(what: str, name: str, who: str = "", number: int = 0, **more: Any) -> Fact:
        subject = who or name
        return event(subject, what, NOW - timedelta(minutes=9 - number), number, order_key=key(name), currency="CNY", **more)  # fmt: skip

    for news in (
        [told("order.paid", "c", "ann", 1, amount=4000)],
        [event("bob", "page.viewed", NOW, 31)],
        # Another's, a word that names nobody about one told before, and one of an older day.
        [told("order.paid", "d", "bob", 2, amount=9000), told("order.refunded", "c", "", 3, amount=1500)],
        [told("order.item", "d", "bob", 4, amount=9000, quantity=1.0, props={"title": "绿茶"})],
        [told("order.refunded", "b", "bob", 5, amount=1200)],
        [told("order.created", "e", "cyd", 6, other=key("number of e"), props={"coupon": "8折"}), told("order.paid", "e", "cyd", 7, amount=100)],
        [told("order.paid", "f", "ann", 8, amount=3000)],
    ):  # fmt: skip
        tell(*news)
        made = state.refresh(NOW)
        assert made is not None
        assert members_of(NOW) == afresh(NOW), news[0].type


def test_a_process_puts_questions_together_before_anything_comes(shop: None) -> None:
    for slug, text in BUYING.items():
        save(slug, text, NOW)
    made = state.refresh(NOW)
    built._questions.clear()

    assert warming.warm(NOW)
    known = set(built._questions)
    tell(event("ann", "page.viewed", NOW, 41), event("bob", "page.viewed", NOW, 42))
    state.refresh(NOW)

    assert set(built._questions) == known
    assert made is not None
    assert generation.newest().number == made.number + 1  # type: ignore[union-attr]
    assert members_of(NOW) == afresh(NOW)


def test_hours_run_out_whatever_else_comes_meanwhile(shop: None) -> None:
    save("reached", "did message.out in last 2 hours", NOW)
    state.refresh(NOW)
    tell(event("ann", "message.out", NOW, 51))
    state.refresh(NOW)
    later = NOW + timedelta(hours=1)
    tell(event("ann", "page.viewed", later, 52), now=later)
    state.refresh(later)
    assert members_of(later)["reached"] == {key("ann")}
    over = NOW + timedelta(hours=2, minutes=1)
    state.refresh(over)

    assert members_of(over)["reached"] == set()
    assert members_of(over) == afresh(over)


def test_what_comes_in_between_is_no_work_for_a_cluster(
    shop: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    tell(event("ann", "page.viewed", NOW, 7), event("bob", "voucher.applied", NOW, 8, amount=2500, currency="CNY"))  # fmt: skip

    with monkeypatch.context() as here:
        # Nobody is there to answer.
        here.setenv("XIAOHE_ENGINE", "spark://127.0.0.1:9")
        made = state.refresh(NOW)

    assert made is not None
    assert not made.is_base
    assert members_of(NOW) == afresh(NOW)
