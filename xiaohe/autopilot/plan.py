"""One day thought through: every wish to reach somebody, the governor's answer to each, and the list.

    derived state ──► proposals ─┐
    contact facts ──► standings ─┼─► governor ──► allowed ──► compose ──► listed
    arms on record, draws ───────┘       └──────► everybody else, with the rule

Reads only. `due` prints it, `today.prepare` writes it down: both say the same because both are this.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from xiaohe.autopilot import eligible, proposals
from xiaohe.autopilot.compose import Candidate, compose
from xiaohe.autopilot.proposals import Proposal
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger import engine
from xiaohe.people import overlay
from xiaohe.shop.models import Shop
from xiaohe.shop.queries import calendar, the_shop
from xiaohe.stats.holdout import Design
from xiaohe.touch import comparison
from xiaohe.touch.comparison import NOT_COMPARED, Recorded, Side
from xiaohe.touch.governor import Decision, Intent, Kind, Rules, Standing, decide
from xiaohe.touch.models import Chosen
from xiaohe.touch.programs import SPEAKING_ORDER, Program
from xiaohe.touch.standing import History, histories, programs_of, standing
from xiaohe.traits import state as traits_state
from xiaohe.traits.state import State

TOO_OLD_FOR_OFFERS_DAYS = 7


@dataclass(frozen=True, slots=True)
class Decided:
    """One proposal and what became of it."""

    proposal: Proposal
    decision: Decision
    side: Side = NOT_COMPARED

    @property
    def listed(self) -> bool:
        return self.decision.kind is Kind.ALLOW


@dataclass(frozen=True)
class Plan:
    """The day: `listed` in the order shown, `decided` everything, listed included."""

    on: date
    state: State
    data_age_days: int
    listed: tuple[Decided, ...]
    decided: tuple[Decided, ...]
    contacts: Mapping[int, tuple[int | None, int]]
    histories: Mapping[int, History]

    @property
    def new_arms(self) -> list[Recorded]:
        """Draws made for the first time today."""
        return [each.side.new for each in self.decided if each.side.new is not None]


def rules_of(shop: Shop) -> Rules:
    """The governor's rules as this shop has set them."""
    return Rules(
        quiet_from=shop.quiet_from,
        quiet_to=shop.quiet_to,
        week_cap=shop.cap_proactive_week,
        month_cap=shop.cap_proactive_month,
        promotion_cap=shop.cap_promotional_month,
        complaint_quiet_days=shop.complaint_rest_days,
        reduced_factor=shop.less_divisor,
    )


def plan(on: date, *, state: State | None = None, before: datetime | None = None) -> Plan:
    """Think shop day `on` through with what was known before the instant `before` (its start, if not given)."""
    days, shop = calendar(), the_shop()
    state = state or traits_state.as_of(on)
    before = before or days.start_of(on)
    age = (on - state.data_until).days if state.data_until else 0
    with state.reading() as read, engine.reading() as facts:
        arms = _arms(read, on)
        wishes = _wishes(read, facts, on, before, days, comparison.waited(arms, on=on))
        told = _histories(read, facts, before, days)
        decided = _Judge(on, shop, age, told, arms, _design(read, on, shop)).all(wishes)
        decided, listed = _composed(decided, told, shop.list_size, on)
        contacts = proposals.contact_of(read, [each.proposal.person for each in listed])
    return Plan(on, state, age, tuple(listed), tuple(decided), contacts, told)


def chosen_for(on: date) -> list[int]:
    """Who was put on the list of `on` by hand, as whoever they are now."""
    now = overlay.current()
    rows = Chosen.objects.filter(on=on).order_by("id").values_list("person", flat=True)
    return list(dict.fromkeys(now.person(each) for each in rows))


def choosing(
    on: date, people: Sequence[int], *, before: datetime, state: State | None = None
) -> list[Decided]:
    """What the governor says of putting these people on the list of `on` by hand; writes nothing.

    Only what is about them is read: in a large shop everybody's history takes half a minute.
    """
    if not people:
        return []
    days, shop = calendar(), the_shop()
    state = state or traits_state.current(on)
    age = (on - state.data_until).days if state.data_until else 0
    with state.reading() as read, engine.reading() as facts:
        wishes = {each.person: [each] for each in proposals.chosen(read, on, people)}
        theirs = proposals.subjects_of(read, people)
        told = histories(
            facts, facts.register("persons", theirs), before=before, calendar=days, only=True
        )
        arms = comparison.recorded(_by_subject(theirs), on=on, only=True)
        judge = _Judge(on, shop, age, told, arms, _design(read, on, shop))
        return judge.all(wishes)


def _wishes(
    read: Any,
    facts: Any,
    on: date,
    before: datetime,
    days: ShopCalendar,
    waited: Mapping[int, date],
) -> dict[int, list[Proposal]]:
    """Everybody's proposals, each person's in speaking order."""
    every = [
        *proposals.due(read, on),
        *proposals.waited(read, on, waited),
        *proposals.at_risk(read, on),
        *proposals.just_linked(read, on, before, days),
        *proposals.first_arrived(read, facts, on, days),
        *proposals.chosen(read, on, chosen_for(on)),
    ]
    found: dict[int, list[Proposal]] = defaultdict(list)
    for each in every:
        found[each.person].append(each)
    for wishes in found.values():
        wishes.sort(key=lambda wish: SPEAKING_ORDER.index(wish.program))
    return found


def _histories(read: Any, facts: Any, before: datetime, days: ShopCalendar) -> dict[int, History]:
    persons = facts.register("persons", read.run(read.table("persons")))
    return histories(facts, persons, before=before, calendar=days)


def _arms(read: Any, on: date) -> dict[int, list[Recorded]]:
    return comparison.recorded(_by_subject(read.run(read.table("persons"))), on=on)


def _by_subject(persons: Any) -> dict[int, int]:
    table = persons.select(["subject", "person"]).to_pydict()
    return dict(zip(table["subject"], table["person"], strict=True))


def _design(read: Any, on: date, shop: Shop) -> Design:
    return eligible.design(read, on, share=shop.held_out_share)


class _Judge:
    """Asks the governor for one day; holds what is the same for everybody."""

    def __init__(
        self,
        on: date,
        shop: Shop,
        age: int,
        told: Mapping[int, History],
        arms: Mapping[int, Sequence[Recorded]],
        design: Design,
    ) -> None:
        self.on, self.shop, self.age = on, shop, age
        self.told, self.arms, self.design = told, arms, design
        self.rules = rules_of(shop)
        self.salt = comparison.salt()
        self.programs = programs_of(told.values())

    def all(self, wishes: Mapping[int, Sequence[Proposal]]) -> list[Decided]:
        return [decided for person in wishes for decided in self.one(person, wishes[person])]

    def one(self, person: int, wishes: Sequence[Proposal]) -> list[Decided]:
        """Every proposal for one person; after the first that may speak the others are put off."""
        last_on = next((w.rhythm.last_on for w in wishes if w.rhythm), None)
        linked = any(wish.linked for wish in wishes)
        known = standing(
            self.told.get(person),
            on=self.on,
            linked=linked,
            last_on=last_on,
            programs=self.programs,
        )
        decided: list[Decided] = []
        for wish in wishes:
            side = self._side(wish, known)
            asked = replace(known, arm=side.arm, waits_until=side.waits_until)
            decision = decide(self._intent(wish, side), asked, self.rules)
            if decision.kind is Kind.ALLOW:
                known = replace(known, spoken_today_by=wish.program.value)
            decided.append(Decided(wish, decision, side))
        return decided

    def _side(self, wish: Proposal, known: Standing) -> Side:
        by_hand = wish.program is Program.CHOSEN
        may_be_drawn = (wish.program.asks or by_hand) and known.linked and not known.opted_out
        rhythm = wish.rhythm
        if not may_be_drawn or known.complaint_open or rhythm is None or rhythm.cycle is None:
            return NOT_COMPARED
        return comparison.side(
            wish.person,
            cycle_start=rhythm.last_on if by_hand else wish.since,
            cycle_days=rhythm.cycle,
            on=self.on,
            arms=self.arms.get(wish.person, ()),
            # By hand nobody is drawn who is not due; whoever was drawn stays where they are.
            design=self.design if wish.program.asks or wish.is_due else Design.NONE,
            salt=self.salt,
            share=self.shop.held_out_share,
            vip=rhythm.vip,
            asked=any(day > wish.since for day in known.asked_on),
        )

    def _intent(self, wish: Proposal, side: Side) -> Intent:
        questions_only = self.age > TOO_OLD_FOR_OFFERS_DAYS
        by_hand = wish.program is Program.CHOSEN
        return Intent(
            program=wish.program.value,
            on=self.on,
            at=self.shop.list_at,
            # Somebody of the comparison is asked by hand as by the list: not while they are left alone.
            asks=wish.program.asks or (by_hand and side.arm is not None),
            # Offers turn into questions when the data is old, so the governor need not refuse them.
            question=wish.program.is_care or questions_only,
            service=not wish.program.asks and not by_hand,
            first_words=wish.program is Program.JUST_LINKED,
            cycle_days=wish.rhythm.cycle if wish.rhythm else None,
            cycle_start=wish.since,
            data_age_days=self.age,
        )


def _composed(
    decided: Sequence[Decided], told: Mapping[int, History], size: int, on: date
) -> tuple[list[Decided], list[Decided]]:
    """The decisions after choosing the list, and the list."""
    allowed = {
        (each.proposal.person, each.proposal.program): each for each in decided if each.listed
    }
    chosen = compose(
        [
            Candidate(person, program, each.proposal.ev, promised=_promised(told.get(person), on))
            for (person, program), each in allowed.items()
        ],
        size,
    )
    put_off = {
        (left.candidate.person, left.candidate.program): Decision(
            Kind.DEFER, left.rule, on + timedelta(days=1)
        )
        for left in chosen.left
    }
    after = [
        replace(each, decision=put_off.get(_name(each), each.decision)) if each.listed else each
        for each in decided
    ]
    return after, [allowed[(each.person, each.program)] for each in chosen.listed]


def _name(each: Decided) -> tuple[int, Any]:
    return (each.proposal.person, each.proposal.program)


def _promised(history: History | None, on: date) -> bool:
    """Whether the owner put this person off to this very day."""
    if history is None:
        return False
    return any(
        act.type == "task.postponed" and act.props.get("until") == on.isoformat()
        for act in history.acts
    )
