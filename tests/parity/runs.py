"""The parity list: every definition there is, as something that can be asked of either engine.

measures     every entry of the registry: its rows, its value with months and people
derived      every table a state is built of
questions    functions that ask about facts; `questions.py` finds those that no run here calls
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import timedelta
from functools import partial
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.parity.desk import Desk
from tests.parity.leaves import moves_and_tags, people_as_known, whole_base
from tests.parity.shop import NOW, ON, Shop
from tests.parity.ways_over import ways_over
from tests.parity.whose import answers_lately, asked_once, likely_pairs, marked, stored_join
from xiaohe.autopilot import last_bought
from xiaohe.autopilot.plan import plan
from xiaohe.cli.main import run as command
from xiaohe.kernel import workspace
from xiaohe.ledger import engine, timeline
from xiaohe.ledger.engine import FACTS, prop
from xiaohe.measures.definition import Definition, Tables
from xiaohe.measures.registry import all_measures
from xiaohe.measures.result import NotYet
from xiaohe.measures.triangle import Triangle
from xiaohe.people import actions, links, overlay, profile, search
from xiaohe.people.joined import reading as joining
from xiaohe.people.keys import Namespace, hasher
from xiaohe.shop import queries
from xiaohe.shop.goods import Groups
from xiaohe.sources import arrivals, merchandise
from xiaohe.touch import cost, standing
from xiaohe.traits import state as states
from xiaohe.traits.build import Moment, Terms, build
from xiaohe.traits.state import State

YEAR = timedelta(days=365)
# By hand also what takes a cluster too long for CI: a whole base of segments.
EVERYTHING = "XIAOHE_PARITY_EVERYTHING"


@dataclass(frozen=True)
class Stand:
    """What runs are about: the shop, and the state DuckDB built of it."""

    shop: Shop
    state: State


Answer = Callable[[Desk, Stand], Any]


@dataclass(frozen=True)
class Run:
    name: str
    answer: Answer

    def __str__(self) -> str:
        return self.name


def runs() -> list[Run]:
    """The whole list, generated afresh: what is registered a moment later is in the next one."""
    return [*_measures(), *_questions()]


# ---------------------------------------------------------------- measures


def _measures() -> Iterator[Run]:
    for each in all_measures():
        if isinstance(each, Definition):
            yield Run(f"measure {each.id}: rows", partial(_rows_of, each))
            yield Run(f"measure {each.id}: value", partial(_value_of, each))
        else:
            yield Run(f"measure {each.id}: value", partial(_triangle, each))


def _rows_of(measure: Definition, desk: Desk, stand: Stand) -> Any:
    state = desk.state(stand.state)
    window, days = measure._window(state, None, None, None)
    with state.reading() as read:
        return read.run(measure.rows(Tables(read, state), window, days))


def _value_of(measure: Definition, desk: Desk, stand: Stand) -> Any:
    """As a page asks: value, the months of a quarter, the people of both sides."""
    since = ON.replace(day=1) - timedelta(days=40)
    read = partial(measure.read, desk.state(stand.state))
    found = read(since, None, by="month")
    sides = () if isinstance(found.value, NotYet) else ("numerator", "denominator")
    return [found.as_json(), *(found.people(side, limit=50) for side in sides)]


def _triangle(measure: Triangle, desk: Desk, stand: Stand) -> Any:
    state = desk.state(stand.state)
    return measure.read(state, base=state).as_json()


# ---------------------------------------------------------------- derived tables


def derived(desk: Desk) -> dict[str, Any]:
    """Every file of a state built from the facts by this engine, from nothing."""
    shutil.rmtree(workspace.current().derived / "state", ignore_errors=True)
    with desk.open():
        states.refresh(NOW)
        built = states.current()
    found: dict[str, Any] = {
        path.stem: pq.read_table(path).replace_schema_metadata()
        for path in sorted(built.folder.glob("*.parquet"))
    }
    found["chance"] = json.loads((built.folder / "chance.json").read_text())
    return found


# ---------------------------------------------------------------- questions about facts


def _questions() -> Iterator[Run]:
    for question in (
        facts, facts_by_subject, properties, who_is_who, linked, people_in_full, order_search, before_a_tap, costs, contact_histories,
        the_plan, counted, times_of_few, told_lately, merchants_side, rhythms_by_group, bought_last, ways_over, stored_join,
        marked, likely_pairs, answers_lately, asked_once, moves_and_tags, people_as_known,
    ):  # fmt: skip
        yield Run(question.__name__.replace("_", " "), partial(_at, question))
    if EVERYTHING in os.environ:
        yield Run("whole base", partial(_at, whole_base))


def _at(question: Callable[[Stand], Any], desk: Desk, stand: Stand) -> Any:
    with desk.open():
        return question(stand)


def facts(stand: Stand) -> Any:
    with engine.reading() as read:
        return read.run(read.facts)


def facts_by_subject(stand: Stand) -> Any:
    with engine.reading() as read:
        return read.run(read.by_subject)


def properties(stand: Stand) -> Any:
    told = {name: prop(FACTS.props, name) for name in ("kind", "via", "how", "minutes")}
    with engine.reading() as read:
        return read.run(FACTS.select("key_hash", **told))


def who_is_who(stand: Stand) -> Any:
    with engine.reading() as read:
        stated = joining.stated(read)
        found = overlay.overlay_of(read)
        persons = overlay.person_of(read)
    assert overlay.current().table.equals(persons)
    edges = zip(
        stated.left.tolist(),
        stated.right.tolist(),
        [repr(stated.sayings[number]) for number in stated.told.tolist()],
        strict=True,
    )
    hand = zip(
        stated.hand_left.tolist(),
        stated.hand_right.tolist(),
        stated.hand_word.tolist(),
        strict=True,
    )
    return {
        "edges": sorted(edges),
        "bought": sorted(zip(stated.order.tolist(), stated.buyer.tolist(), strict=True)),
        "by hand": sorted(hand),
        "quarantined": sorted(found.quarantined),
        "persons": persons.to_pylist(),
    }


def linked(stand: Stand) -> Any:
    with engine.reading() as read:
        return links.links(read, overlay.person_of(read))


def people_in_full(stand: Stand) -> Any:
    return [
        [repr(each) for each in [*profile.evidence_of(person), *profile.timeline(person)]]
        for person in stand.shop.members[:3]
    ]


def order_search(stand: Stand) -> Any:
    return [repr(each) for each in search.find(stand.shop.order_number)]


def before_a_tap(stand: Stand) -> Any:
    """What the owner's word looks at before it is put down; nothing is put down."""
    shop = stand.shop
    with engine.reading() as read:
        found = [actions._buyer_subject(read, person) for person in shop.members[:2]]
        found += actions._linked_subjects(read, shop.members[0], shop.account_id)
    nobody = hasher()(Namespace.MEMBER, "nobody")
    parted = [repr(each) for each in actions.parting_facts(shop.members[0], shop.members[0], NOW)]
    actions.undo([nobody], NOW)
    return [found, parted]


def costs(stand: Stand) -> Any:
    return repr(cost.cost(ON - timedelta(days=90), ON))


def merchants_side(stand: Stand) -> Any:
    """Goods, stores and colleagues as facts name them."""
    with engine.reading() as read:
        return [
            [repr(each) for each in merchandise.goods_told(read)],
            repr(merchandise.names_told(read)),
        ]


def bought_last(stand: Stand) -> Any:
    """The article a sentence may name, of each person."""
    people: dict[int, int | None] = dict.fromkeys(stand.shop.members)
    return sorted(last_bought.items(stand.state, people).items())


def rhythms_by_group(stand: Stand) -> Any:
    """What a state says where two groups of goods are set, one of them consumable, and the shop was closed for a week."""
    calendar = queries.calendar()
    items = {hasher()(Namespace.ITEM, f"goods {n}"): 1 + n % 2 for n in range(3)}
    closed = ((ON - timedelta(days=90), ON - timedelta(days=84)),)
    terms = Terms(calendar, "CNY", 30, closed, Groups(items, {2: 90.0}, frozenset({1})))
    with engine.reading() as read, TemporaryDirectory() as folder:
        persons = overlay.person_of(read)
        build(
            read,
            Path(folder),
            moment=Moment.start_of(ON, calendar),
            terms=terms,
            persons=persons,
            links=links.links(read, persons),
        )
        tables = [pq.read_table(f"{folder}/{name}.parquet") for name in ("rhythms", "rhythm")]
    assert all(table.num_rows for table in tables)
    return [sorted(map(repr, table.to_pylist())) for table in tables]


def contact_histories(stand: Stand) -> Any:
    with engine.reading() as read:
        persons = read.register("persons", overlay.person_of(read))
        found = standing.histories(read, persons, before=NOW, calendar=queries.calendar())
    return [[person, repr(history)] for person, history in sorted(found.items())]


def the_plan(stand: Stand) -> Any:
    day = plan(ON, state=stand.state, before=NOW)
    return [repr(day.listed), repr(day.decided)]


def times_of_few(stand: Stand) -> Any:
    few = stand.shop.members[:3]
    with engine.reading() as read:
        page = timeline.timeline(read, few, 7)
        older = timeline.timeline(read, few, 7, before=timeline.place_of(page))
        orders = read.run(timeline.facts_of(read, few, types=["order.paid"], since=NOW - YEAR))
        many = read.run(timeline.facts_of(read, stand.shop.members, types=["order.paid"]))
    return [page.to_pylist(), older.to_pylist(), _sorted(orders), _sorted(many)]


def told_lately(stand: Stand) -> Any:
    day = timedelta(days=1)
    senders = ["table", "taobao", "xiaohe", "nobody"]
    found = arrivals.lately(senders, today=NOW - day, week=NOW - 7 * day, timeout=60)
    return [[sender, repr(each)] for sender, each in sorted(found.items())]


def _sorted(table: pa.Table) -> Any:
    return table.sort_by("key_hash").to_pylist()


def counted(stand: Stand) -> Any:
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        assert command(["facts", "count", "--json"]) == 0
    return json.loads(said.getvalue())
