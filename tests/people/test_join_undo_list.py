"""Whatever was imported, said and taken back: the due list and every measure are those of a shop that never had it."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pyarrow.parquet as pq
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.people.conftest import NOON, Town
from tests.people.test_overlay import PHONE, _rows, friend, sale
from tests.traits.facts import order
from tests.traits.test_state import bring
from xiaohe.autopilot import due
from xiaohe.measures.registry import all_measures
from xiaohe.people import actions, marks
from xiaohe.people.marks import As, On
from xiaohe.traits import state

MEMBERS = ("wang", "li", "zhao", "qian", "sun")
# Everything is looked at from one day, after the last tap.
AT = NOON + timedelta(days=6)

rows = st.lists(st.one_of(sale, friend), min_size=1, max_size=3)
two = st.tuples(st.integers(0, 7), st.integers(0, 7))
step = st.one_of(
    st.tuples(st.just("import"), rows),
    st.tuples(st.just("undo"), two),
    st.tuples(st.sampled_from(["join", "unjoin", "two people", "mark", "unmark", "no"]), two),
    st.tuples(st.just("take back"), two),
)


SECOND = 1 / 3_600  # of an hour


class Hasty(Town):
    """A town in which things follow one another by the second, never twice at one."""

    def bring(self, *rows: Any) -> int:
        self.hours += SECOND - 1
        return super().bring(*rows)

    @property
    def now(self) -> datetime:
        self.hours += SECOND
        return NOON + timedelta(hours=self.hours)


def shop(town: Town) -> None:
    """Five who buy once a month and are due, two of them linked."""
    facts = []
    for number, name in enumerate(MEMBERS):
        for days in (94, 63, 31):
            at = NOON - timedelta(days=days + number)
            facts += [
                {**each, "subject": town.member(name)}
                for each in order(f"{name}{days}", at, name, paid=1_000 + 100 * number)
            ]
    bring(facts)
    town.bring(
        town.sale("7", member="qian", phone="13700137000"),
        town.friend("q", "钱", phone="13700137000"),
        town.sale("8", member="sun", phone=PHONE),
        town.friend("s", "孙", phone=PHONE),
    )


def tables() -> dict[str, list[str]]:
    """Everything the list and the measures are read from."""
    state.refresh(AT)
    folder = state.current().folder
    found = {each.stem: pq.read_table(each) for each in folder.glob("*.parquet")}
    return {name: sorted(map(str, table.to_pylist())) for name, table in found.items()}


def answers() -> tuple[list[Any], dict[str, Any]]:
    """The due list of the day, and each registered measure as it is printed."""
    known = state.current()
    told = {}
    for each in all_measures():
        told[each.id] = each.read(known).as_json()
    return [row.as_json() for row in due.evaluate(known.on)], told


def play(town: Town, steps: list[tuple[str, Any]]) -> None:
    """Go through the doors, then take everything back, imports last."""
    known = [*map(town.member, MEMBERS), town.contact("a"), town.contact("q"), town.phone(PHONE)]
    made: list[int] = []
    said: list[marks.Done] = []
    for what, how in steps:
        if what == "import":
            made.append(town.bring(*_rows(town, how)))
            continue
        one, other = known[how[0]], known[how[1]]
        if what == "undo" and made:
            town.undo(made.pop(how[0] % len(made)))
        elif what == "take back" and said:
            actions.undo(said.pop(how[0] % len(said)).facts, town.now)
        elif what == "mark":
            said.append(marks.mark(one, As.STAFF, On.PERSON, town.now))
        elif what == "unmark":
            said.append(marks.unmark(one, town.now))
        elif what == "no":
            said.append(actions.not_in_wechat(one, None, town.now))
        elif what == "join" and one != other:
            said.append(actions.join(one, other, town.now))
        elif what in ("unjoin", "two people") and one != other:
            why = "two_people" if what == "two people" else ""
            said.append(actions.split(one, other, town.now, why=why))
    for each in said:
        actions.undo(each.facts, town.now)
    for number in made:
        town.undo(number)


def test_everything_taken_back_leaves_the_list_and_every_measure_as_they_were(place: Any) -> None:
    town = Hasty()
    town.hours = 2
    shop(town)
    stood, before = tables(), answers()
    assert len(before[0]) >= 3

    turns = count()

    @settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
    @given(steps=st.lists(step, min_size=3, max_size=8))
    def taken_back(steps: list[tuple[str, Any]]) -> None:
        play(town, steps)
        assert tables() == stood
        # The same tables give the same answers; that is looked at now and then, for it takes twice as long.
        if next(turns) % 6 == 0:
            assert answers() == before

    taken_back()
