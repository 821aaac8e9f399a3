"""Who is no customer is in no outcome and in no comparison, and back in both when the mark is taken back."""

from __future__ import annotations

from datetime import timedelta

from tests.autopilot.conftest import NOW, ON, Store
from tests.autopilot.test_due import person_of
from tests.autopilot.test_outcomes import NEXT, contacted_shop, later
from xiaohe.people import actions, marks
from xiaohe.people.marks import As, On
from xiaohe.stats.holdout import Arm, Design
from xiaohe.touch import comparison, outcomes, taps
from xiaohe.touch.comparison import Recorded


def test_a_marked_person_is_in_no_outcome_and_no_comparison(sqlite_shop: Store) -> None:
    shop = sqlite_shop
    task = contacted_shop(shop)
    for name in ("a", "b"):
        taps.sent(task[name], NOW)
        drawn = (Arm.CONTACTED, Design.HELD_OUT, ON - timedelta(days=1))
        comparison.record(
            [Recorded(person_of(shop, name), ON - timedelta(days=34), *drawn, drawn[2])], NOW
        )
    later(1)

    def counted() -> tuple[list[int], int]:
        found = outcomes.compare(NEXT)
        drawn = found.immature + len(found.contacted.people)
        return outcomes.came_of_it(ON, NEXT).contacted, drawn

    before = counted()
    done = marks.mark(person_of(shop, "a"), As.STAFF, On.PERSON, NOW)
    later(1)
    assert counted() == ([person_of(shop, "b")], before[1] - 1)
    actions.undo(done.facts, NOW)
    later(1)
    assert counted() == before
