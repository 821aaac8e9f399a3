"""Who came by a code has its tag, as long as the code says it and they came by it."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from tests.entries.shop import REAL, claimed, contact_says, order_paid, work
from xiaohe.entries import codes, queries, settling
from xiaohe.entries.queries import What
from xiaohe.ledger import engine, stream
from xiaohe.ledger.engine import prop
from xiaohe.ledger.stream import Fact
from xiaohe.people import marks
from xiaohe.people.marks import As, On
from xiaohe.shop import clock
from xiaohe.traits import state

CONTACT = 77


def added(contact: int, code: str, *, days_ago: int = 3) -> int:
    """A link that says by which code it began."""
    at = clock.now() - timedelta(days=days_ago)
    props = {"kind": "friend", "code": code}
    link = Fact(
        "wecom", f"link:{contact}:{code}", "link.started", at, contact, account_id=1, props=props
    )
    stream.record([link], clock.now())
    return stream.key_hash(link)


def facts() -> list[dict[str, Any]]:
    with engine.reading() as read:
        told = read.facts.filter(read.facts.type.startswith("tag."))
        told = told.mutate(
            **{name: prop(told.props, name) for name in ("tag", "by", "code", "entry")}
        )
        rows = told.order_by("recorded_at", "occurred_at", "key_hash")
        return read.run(rows).to_pylist()


def said() -> list[tuple[int, str, str]]:
    return [(row["subject"], row["type"], row["tag"]) for row in facts()]


@pytest.fixture
def code(any_place: Any) -> str:
    order_paid("seed", buyer=1)
    made = codes.make("parcel_card", clock.now(), platform="taobao", tag="秋季卡")
    return str(made.code)


def test_a_link_by_a_code_brings_its_tag_once_at_the_moment_they_came(code: str) -> None:
    other = codes.make("table_code", clock.now()).code
    added(CONTACT, code)
    added(78, str(other))
    work()
    work(check=True)
    (only,) = facts()
    assert (only["subject"], only["tag"], only["by"]) == (CONTACT, "秋季卡", "code")
    assert (only["code"], only["entry"]) == (code, "parcel_card")
    assert clock.now() - only["occurred_at"] > timedelta(days=2)


def test_a_claim_that_is_joined_brings_it_and_taking_that_back_takes_it(code: str) -> None:
    order_paid(REAL, 41)
    claim = claimed(code, REAL)
    contact_says(CONTACT, "")
    work()
    settling.join(claim.pk, CONTACT, clock.now())
    work()
    assert said() == [(CONTACT, "tag.added", "秋季卡")]
    settling.take_back(claim.pk, clock.now())
    work()
    assert said() == []


def test_another_tag_on_the_code_replaces_the_one_before(code: str) -> None:
    added(CONTACT, code)
    work()
    codes.change(code, tag="冬季卡")
    work()
    assert sorted(said()) == [
        (CONTACT, "tag.added", "冬季卡"), (CONTACT, "tag.added", "秋季卡"), (CONTACT, "tag.removed", "秋季卡"),
    ]  # fmt: skip
    codes.change(code, tag="秋季卡")
    work()
    with engine.reading() as read:
        last = read.facts.filter(read.facts.type.startswith("tag.")).order_by("occurred_at")
        told = [row["type"] for row in read.run(last).to_pylist() if "秋季卡" in row["props"]]
    assert told == ["tag.added", "tag.removed", "tag.added"]


def test_a_link_that_never_was_leaves_no_tag_behind(code: str) -> None:
    link = added(CONTACT, code)
    work()
    assert said()
    stream.take_back(link, clock.now())
    work(check=True)
    assert said() == []
    added(CONTACT, code)
    work()
    assert said() == [(CONTACT, "tag.added", "秋季卡")]


def test_a_tag_by_two_codes_stays_until_both_say_another(code: str) -> None:
    second = str(codes.make("table_code", clock.now(), tag="秋季卡").code)
    added(CONTACT, code)
    added(CONTACT, second)
    work()
    codes.change(code, tag="")
    work()
    assert not [each for each in said() if each[1] == "tag.removed"]
    codes.change(second, tag="")
    work()
    assert {each[1] for each in said()} == {"tag.added", "tag.removed"}


def test_whoever_is_no_customer_is_in_no_number_of_a_code(code: str) -> None:
    added(CONTACT, code)
    added(78, code)
    work()
    assert queries.people(code, What.ADDED) == [CONTACT, 78]
    marks.mark(78, As.STAFF, On.PERSON, clock.now())
    state.refresh(clock.now())
    assert queries.people(code, What.ADDED) == [CONTACT]
    assert queries.funnels()[code].added == 1
    marks.unmark(78, clock.now())
    state.refresh(clock.now())
    assert queries.funnels()[code].added == 2
