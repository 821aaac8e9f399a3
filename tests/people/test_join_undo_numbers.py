"""Joins taken back leave every number as if nobody had said anything, though facts came in between."""

from __future__ import annotations

from datetime import timedelta

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people.conftest import Town
from tests.people.test_overlay import _rows, friend, sale
from xiaohe.people import actions, marks, profile
from xiaohe.people.links import coverage
from xiaohe.people.marks import As, On
from xiaohe.traits import state

TABLES = ("orders", "persons", "links", "signals", "rhythm", "spells", "came")
rows = st.lists(st.one_of(sale, friend), min_size=1, max_size=4)
say = st.tuples(
    st.sampled_from(["join", "split", "two", "mark"]), st.integers(0, 6), st.integers(0, 6)
)


def _numbers(town, known, at):
    """Everything pages read at a moment: the derived tables, coverage, and each person's page."""
    state.refresh(at)
    found = {}
    for name in TABLES:
        with state.current().reading(name) as read:
            rows = read.run(read.table(name)).to_pylist()
        found[name] = sorted(map(str, rows))
    with state.current().reading("links", "orders") as read:
        told = read.run(read.table("links"))
        buyers = read.run(read.table("orders"))["person"].drop_null()
    found["coverage"] = coverage(told, buyers)
    for subject in known:
        person = town.person(subject)
        found[subject] = person, profile.evidence_of(person), profile.timeline(person)
    return found


@settings(max_examples=4, deadline=None, suppress_health_check=list(HealthCheck))
@given(first=rows, between=rows, said=st.lists(say, min_size=1, max_size=4), random=st.randoms())
def test_what_is_said_and_taken_back_changes_no_number(place, first, between, said, random):
    town = Town()
    known = [town.member("wang"), town.member("li"), town.contact("a"), town.contact("b")]
    known += [town.phone("13800138000"), town.order("1930123456780000001"), town.member("zhao")]
    made = [town.bring(*_rows(town, first))]
    # One moment for both looks: the town's clock moves with each tap, past midnight too.
    at = town.now + timedelta(days=2)
    before = _numbers(town, known, at)
    done = []
    for what, one, other in said:
        if what == "mark":
            done.append(marks.mark(known[one], As.STAFF, On.PERSON, town.now))
        elif one != other and what == "join":
            done.append(actions.join(known[one], known[other], town.now))
        elif one != other:
            why = "two_people" if what == "two" else ""
            done.append(actions.split(known[one], known[other], town.now, why=why))
    extra = town.bring(*_rows(town, between))
    random.shuffle(done)
    for each in done:
        actions.undo(each.facts, town.now)
    town.undo(extra)
    assert _numbers(town, known, at) == before
    for each in made:
        town.undo(each)
