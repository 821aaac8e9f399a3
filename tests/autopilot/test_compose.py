"""The list's composition against a brute-force twin."""

from __future__ import annotations

from itertools import combinations

from hypothesis import given
from hypothesis import strategies as st

from xiaohe.autopilot.compose import Candidate, compose, restock_limit
from xiaohe.touch.governor import Rule
from xiaohe.touch.programs import CARE_ORDER, Program

candidates = st.lists(
    st.builds(
        Candidate,
        person=st.integers(1, 30),
        program=st.sampled_from(Program),
        ev=st.integers(0, 3),
    ),
    max_size=9,
    unique_by=lambda each: each.person,
)


def twin(everybody: list[Candidate], size: int) -> set[int]:
    """Try every list there could be: as much restock as allowed, then as much care, then the best of each.

    Whoever was put on it by hand stands beside that.
    """
    by_hand = {c.person for c in everybody if c.program is Program.CHOSEN}
    everybody = [c for c in everybody if c.program is not Program.CHOSEN]

    def rank(chosen: tuple[Candidate, ...]) -> tuple:
        restock = sorted((-c.ev, c.person) for c in chosen if c.program is Program.RESTOCK)
        care = sorted(
            (CARE_ORDER.index(c.program), -c.ev, c.person)
            for c in chosen
            if c.program is not Program.RESTOCK
        )
        return (-len(restock), restock, -len(care), care)

    lists = (
        chosen
        for length in range(size + 1)
        for chosen in combinations(everybody, length)
        if sum(c.program is Program.RESTOCK for c in chosen) <= size * 2 // 3
    )
    return by_hand | {c.person for c in min(lists, key=rank)}


@given(candidates, st.integers(0, 6))
def test_the_list_is_the_best_there_could_be(everybody: list[Candidate], size: int) -> None:
    composed = compose(everybody, size)

    assert {c.person for c in composed.listed} == twin(everybody, size)
    assert len(composed.listed) + len(composed.left) == len(everybody)


@given(candidates, st.integers(0, 6))
def test_the_order_of_asking_does_not_matter(everybody: list[Candidate], size: int) -> None:
    assert compose(everybody, size) == compose(everybody[::-1], size)


def test_restock_fills_two_thirds_at_most_and_nothing_fills_the_rest() -> None:
    restock = [Candidate(n, Program.RESTOCK, ev=100 - n) for n in range(20)]
    care = [Candidate(100, Program.LATE_DUE, ev=9), Candidate(101, Program.AT_RISK, ev=1)]

    composed = compose(restock + care, 12)

    assert restock_limit(12) == 8
    assert [c.person for c in composed.listed] == [0, 1, 2, 3, 4, 5, 6, 7, 101, 100]
    assert {left.rule for left in composed.left} == {Rule.MIX}


def test_more_care_than_room_waits_for_another_day() -> None:
    care = [Candidate(n, Program.JUST_LINKED, ev=0) for n in range(5)]

    composed = compose(care, 3)

    assert [c.person for c in composed.listed] == [0, 1, 2]
    assert [(left.candidate.person, left.rule) for left in composed.left] == [
        (3, Rule.DAILY_LIMIT),
        (4, Rule.DAILY_LIMIT),
    ]


def test_whoever_was_put_off_to_today_comes_first() -> None:
    everybody = [
        Candidate(1, Program.RESTOCK, ev=900),
        Candidate(2, Program.RESTOCK, ev=10, promised=True),
    ]

    assert [c.person for c in compose(everybody, 2).listed] == [2]
