"""The governor's answers, rule by rule, and what must hold whatever is asked."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats.holdout import Arm
from xiaohe.touch.governor import (
    ALLOW,
    Decision,
    Intent,
    Kind,
    Rule,
    Rules,
    Standing,
    decide,
    is_quiet,
)

ON = date(2025, 6, 30)
ASK = Intent(
    "restock", ON, time(13, 0), asks=True, cycle_days=40.0, cycle_start=ON - timedelta(days=41)
)
CARE = Intent("at_risk", ON, time(13, 0), service=True, cycle_start=ON - timedelta(days=90))


def ago(days: int) -> date:
    return ON - timedelta(days=days)


def said(kind: Kind, rule: Rule, until: date | datetime | None = None) -> Decision:
    return Decision(kind, rule, until)


@pytest.mark.parametrize(
    ("standing", "answer"),
    [
        (Standing(), ALLOW),
        (Standing(opted_out=True), said(Kind.SUPPRESS, Rule.OPTED_OUT)),
        (Standing(linked=False), said(Kind.SUPPRESS, Rule.NOT_LINKED)),
        (Standing(complaint_open=True), said(Kind.SUPPRESS, Rule.COMPLAINT_OPEN)),
        (
            Standing(complaint_closed_on=ago(13)),
            said(Kind.DEFER, Rule.COMPLAINT_RECENT, ON + timedelta(days=1)),
        ),
        (Standing(complaint_closed_on=ago(14)), ALLOW),
        # C 40: a reported purchase restarts the cycle, due again after 0.9 · 40 = 36 days.
        (
            Standing(just_bought_on=ago(1)),
            said(Kind.SUPPRESS, Rule.JUST_BOUGHT, ON + timedelta(days=35)),
        ),
        (
            Standing(ordered_on=ago(35)),
            said(Kind.SUPPRESS, Rule.ALREADY_ORDERED, ON + timedelta(days=1)),
        ),
        (Standing(ordered_on=ago(36)), ALLOW),
        # The orders have arrived: the cycle starts at them or later.
        (Standing(ordered_on=ago(41)), ALLOW),
        (
            Standing(skipped=(("restock", True, ago(9)),)),
            said(Kind.SUPPRESS, Rule.SKIPPED_THIS_CYCLE),
        ),
        (Standing(skipped=(("restock", True, ago(42)),)), ALLOW),
        (
            Standing(asked_on=(ago(30), ago(15)), touched_on=(ago(30), ago(15))),
            said(Kind.SUPPRESS, Rule.ASKED_TWICE),
        ),
        # max(7, 0.25 · 40) = 10 days between two asks of one cycle.
        (
            Standing(asked_on=(ago(9),), touched_on=(ago(9),)),
            said(Kind.DEFER, Rule.ASKED_RECENTLY, ON + timedelta(days=1)),
        ),
        (Standing(asked_on=(ago(10),), touched_on=(ago(10),)), ALLOW),
        (
            Standing(unanswered=2, last_unanswered_on=ago(10)),
            said(Kind.SUPPRESS, Rule.RESTING),
        ),
        (Standing(unanswered=2, last_unanswered_on=ago(50)), ALLOW),
        (Standing(unanswered=1, last_unanswered_on=ago(10)), ALLOW),
        (
            Standing(postponed_until=ON + timedelta(days=1)),
            said(Kind.DEFER, Rule.POSTPONED, ON + timedelta(days=1)),
        ),
        (Standing(postponed_until=ON), ALLOW),
        (
            Standing(spoken_today_by="just_linked"),
            said(Kind.DEFER, Rule.SPOKEN_TODAY, ON + timedelta(days=1)),
        ),
        (
            Standing(touched_on=(ago(6),)),
            said(Kind.DEFER, Rule.CAP_WEEK, ON + timedelta(days=1)),
        ),
        (Standing(touched_on=(ago(7),)), ALLOW),
        (
            Standing(touched_on=(ago(29), ago(20), ago(8))),
            said(Kind.DEFER, Rule.CAP_MONTH, ON + timedelta(days=1)),
        ),
        (Standing(touched_on=(ago(30), ago(20), ago(8))), ALLOW),
        # "Less" leaves a quarter: one in 28 days instead of one in 7.
        (
            Standing(reduced=True, touched_on=(ago(27),)),
            said(Kind.DEFER, Rule.REDUCED, ON + timedelta(days=1)),
        ),
        (Standing(reduced=True, touched_on=(ago(28),)), ALLOW),
        (Standing(arm=Arm.HELD_OUT), said(Kind.HELD_OUT, Rule.HELD_OUT)),
        (
            Standing(arm=Arm.WAITING, waits_until=ON + timedelta(days=2)),
            said(Kind.WAITING, Rule.WAITING, ON + timedelta(days=2)),
        ),
        (Standing(arm=Arm.WAITING, waits_until=ON), ALLOW),
        (Standing(arm=Arm.CONTACTED), ALLOW),
    ],
)
def test_an_ask_meets_the_first_rule_that_objects(standing: Standing, answer: Decision) -> None:
    assert decide(ASK, standing) == answer


@pytest.mark.parametrize(
    ("age", "question", "service", "rule"),
    [
        (7, False, False, Rule.CLEAR),
        (8, False, False, Rule.DATA_TOO_OLD),
        (8, True, False, Rule.CLEAR),
        (21, True, False, Rule.CLEAR),
        (22, True, False, Rule.DATA_TOO_OLD),
        (22, False, True, Rule.CLEAR),
    ],
)
def test_old_data_leaves_questions_then_service_only(
    age: int, question: bool, service: bool, rule: Rule
) -> None:
    intent = replace(ASK, data_age_days=age, question=question, service=service)

    assert decide(intent, Standing()).rule is rule


@pytest.mark.parametrize(
    ("at", "until"),
    [
        (time(21, 29), None),
        (time(21, 30), datetime.combine(date(2025, 7, 1), time(9))),
        (time(8, 59), datetime.combine(ON, time(9))),
        (time(9, 0), None),
    ],
)
def test_quiet_hours_put_off_to_the_morning(at: time, until: datetime | None) -> None:
    decision = decide(replace(ASK, at=at), Standing())

    assert decision == (said(Kind.DEFER, Rule.QUIET_HOURS, until) if until else ALLOW)
    assert is_quiet(at, Rules()) is (until is not None)


def test_promotion_has_a_cap_of_its_own() -> None:
    promoted = Standing(touched_on=(ago(20), ago(9)), promoted_on=(ago(20), ago(9)))

    assert decide(ASK, promoted) == ALLOW
    assert decide(replace(ASK, promotional=True), promoted) == said(
        Kind.DEFER, Rule.CAP_PROMOTION, ON + timedelta(days=10)
    )


def test_care_is_never_held_out_and_comes_once_per_occurrence() -> None:
    assert decide(CARE, Standing(arm=Arm.HELD_OUT)) == ALLOW
    assert decide(CARE, Standing(programs_touched=(("at_risk", ago(40)),))) == said(
        Kind.SUPPRESS, Rule.ALREADY_TOUCHED
    )
    assert decide(CARE, Standing(skipped=(("restock", True, ago(3)),))) == ALLOW


def test_an_answer_passes_the_caps_but_not_an_opt_out() -> None:
    answer = replace(CARE, proactive=False, at=time(23, 0))

    assert decide(answer, Standing(touched_on=(ago(0), ago(1), ago(2)))) == ALLOW
    assert decide(answer, Standing(opted_out=True)).rule is Rule.OPTED_OUT


days = st.integers(0, 120).map(ago)
standings = st.builds(
    Standing,
    linked=st.booleans(),
    opted_out=st.booleans(),
    reduced=st.booleans(),
    complaint_open=st.booleans(),
    complaint_closed_on=st.none() | days,
    touched_on=st.lists(days, max_size=5).map(tuple),
    asked_on=st.lists(days, max_size=3).map(tuple),
    unanswered=st.integers(0, 3),
    last_unanswered_on=st.none() | days,
    postponed_until=st.none() | st.integers(-3, 3).map(ago),
    just_bought_on=st.none() | days,
    ordered_on=st.none() | days,
    arm=st.none() | st.sampled_from(Arm),
    waits_until=st.none() | st.integers(-5, 5).map(ago),
)
intents = st.builds(
    Intent,
    program=st.sampled_from(["restock", "late_due", "at_risk", "just_linked"]),
    on=st.just(ON),
    at=st.times(),
    asks=st.booleans(),
    question=st.booleans(),
    service=st.booleans(),
    promotional=st.booleans(),
    cycle_days=st.none() | st.floats(3, 730),
    cycle_start=st.none() | days,
    data_age_days=st.integers(0, 40),
)


@given(intents, standings)
def test_nobody_who_said_no_is_ever_written_to(intent: Intent, standing: Standing) -> None:
    decision = decide(intent, standing)

    if standing.opted_out or not standing.linked or standing.complaint_open:
        assert decision.kind is Kind.SUPPRESS
    if decision.kind is Kind.ALLOW:
        assert decision == ALLOW
        assert not [day for day in standing.touched_on if (ON - day).days < 7]
        assert len([day for day in standing.touched_on if (ON - day).days < 30]) < 3
        assert not is_quiet(intent.at, Rules())
    else:
        assert decision.rule is not Rule.CLEAR


@given(intents, standings)
def test_a_deferral_names_a_later_moment(intent: Intent, standing: Standing) -> None:
    decision = decide(intent, standing)

    if decision.kind in (Kind.DEFER, Kind.WAITING):
        assert decision.until is not None
        later = decision.until
        assert (later.date() if isinstance(later, datetime) else later) >= ON


@given(intents, standings)
def test_of_two_programs_on_one_day_one_speaks(intent: Intent, standing: Standing) -> None:
    first = decide(intent, standing)
    known = replace(standing, spoken_today_by=intent.program)

    second = decide(replace(intent, program="other"), known)

    if first == ALLOW:
        assert second == said(Kind.DEFER, Rule.SPOKEN_TODAY, ON + timedelta(days=1))
    else:
        assert second.kind is not Kind.ALLOW
