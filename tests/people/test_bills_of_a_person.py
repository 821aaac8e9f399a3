"""A payment on a bill is the list's order on a person's page as in every number, with what went back of it."""

from __future__ import annotations

from pathlib import Path

import pyarrow.compute as pc
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.files import NEWER, order
from tests.sources.test_aftersales import imported
from tests.sources.test_bills import LISTED, NOW, back, bill, listed, paid
from xiaohe.ledger import engine, imports
from xiaohe.people import overlay, profile
from xiaohe.traits import state


def folded() -> dict[int, set[tuple[int, int, int]]]:
    """Each person's orders as all numbers count them: key, paid, refunded."""
    state.refresh(NOW)
    with state.current().reading("orders") as read:
        rows = read.run(read.table("orders").filter(read.table("orders").person.notnull()))
    found: dict[int, set[tuple[int, int, int]]] = {}
    for row in rows.filter(pc.field("was_paid")).to_pylist():
        found.setdefault(row["person"], set()).add((row["order_key"], row["paid"], row["refunded"]))
    return found


def told() -> dict[int, set[tuple[int, int, int]]]:
    """The same from the timelines of everybody who is anybody's subject."""
    with engine.reading() as read:
        facts = read.facts.filter(read.facts.subject != read.facts.order_key)
        subjects = read.run(facts.select("subject").distinct())["subject"].to_pylist()
    who = overlay.current()
    return {
        person: lines
        for person in {who.person(each) for each in subjects}
        if (lines := _lines(person))
    }


def _lines(person: int) -> set[tuple[int, int, int]]:
    return {
        (each.order_key, each.amount or 0, each.refunded)
        for each in profile.timeline(person)
        if each.order_key is not None
    }


def test_a_refund_only_the_bill_knows_is_on_the_persons_order(
    place: object, tmp_path: Path
) -> None:
    imported(tmp_path, LISTED, [listed(1, "100.00")], "youzan.csv")
    bill(tmp_path, [paid(1, "100.00"), back(1, "30.00")])
    ((line,),) = told().values()
    assert line[1:] == (10_000, 3_000)


number = st.integers(1, 3)
step = st.one_of(
    st.tuples(st.just("bill"), st.lists(st.tuples(number, st.sampled_from(["", "30.00", "100.00"])), min_size=1, max_size=3)),
    st.tuples(st.just("list"), st.lists(number, min_size=1, max_size=2, unique=True)),
    st.tuples(st.just("other"), number),
    st.tuples(st.just("undo"), st.integers(0, 3)),
)  # fmt: skip


@settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))
@given(steps=st.lists(step, min_size=2, max_size=5))
def test_timelines_say_of_paid_orders_what_the_numbers_count(
    place: object, tmp_path: Path, steps: list
) -> None:
    made: list[int] = []
    for what, how in steps:
        if what == "bill":
            rows = [paid(each, "100.00") for each, _back in how]
            rows += [back(each, amount) for each, amount in how if amount]
            made.append(bill(tmp_path, rows).import_id)
        elif what == "list":
            rows = [listed(each, "100.00") for each in how]
            made.append(imported(tmp_path, LISTED, rows, "youzan.csv").import_id)
        elif what == "other":
            # One payment for orders of two platforms.
            rows = [order(listed(how, "")["订单号"], paid="50.00")]
            made.append(imported(tmp_path, NEWER, rows, "taobao.csv").import_id)
        elif made:
            imports.undo(made.pop(how % len(made)), now=NOW)
    assert told() == folded()
    for each in made:
        imports.undo(each, now=NOW)
    assert told() == {}
