"""What came of contacting: touches, answers, orders after contact, what it cost, and whether it made a difference.

    touch ──► order within W days ──► direct if somebody marked that order on the task, else assisted
    arms  ──► ordered within their window ──► difference with interval, or "not measurable yet"

An order has one owner: the last touch before it. It counts if it came after the touch (later on that day, if
it says when; from the next day on, if it only says which day) and at most W days later. An attributed order is
not an earned one: only the comparison says what contacting brought.

Minutes are measured, not estimated: the gaps between consecutive taps of a shop day, each counted up to five
minutes (a longer one is a pause), plus minutes somebody entered as cost.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from itertools import groupby, pairwise
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.money import spoken
from xiaohe.ledger import engine
from xiaohe.people import overlay
from xiaohe.shop.queries import calendar, the_shop
from xiaohe.stats import experiment
from xiaohe.stats.experiment import ArmCount, Compared, NotMeasurableYet
from xiaohe.stats.holdout import WAITING_DAYS, Arm, Design
from xiaohe.touch import comparison
from xiaohe.touch.comparison import Recorded
from xiaohe.touch.models import Day, Listed, Tap, Task
from xiaohe.traits import state as traits_state
from xiaohe.traits.state import State

PAUSE = timedelta(minutes=5)
# People held out are compared over the days that p speaks of.
HELD_OUT_DAYS = 14


@dataclass(frozen=True)
class Contact:
    """One task whose words were copied or sent."""

    task: int
    person: int
    program: str
    at: datetime
    on: date
    sent: bool
    replied: bool
    reported: bool  # somebody marked an order on it
    reported_amount: int | None


@dataclass(frozen=True)
class OrderAfter:
    """One order and the touch that owns it."""

    order_key: int
    person: int
    on: date
    net: int
    direct: bool
    task: int


@dataclass(frozen=True)
class Cost:
    """What contacting took: minor units of the shop's currency, and minutes."""

    amount: int
    minutes: int


@dataclass(frozen=True)
class Outcome:
    """What came of the touches of shop days [since, until)."""

    since: date
    until: date
    data_until: date | None
    currency: str
    contacts: tuple[Contact, ...]
    orders: tuple[OrderAfter, ...]
    cost: Cost
    window_days: int

    @property
    def contacted(self) -> list[int]:
        """People whose words were copied or sent."""
        return _people(self.contacts)

    @property
    def sent(self) -> list[int]:
        return _people(contact for contact in self.contacts if contact.sent)

    @property
    def replied(self) -> list[int]:
        return _people(contact for contact in self.contacts if contact.replied)

    @property
    def ordered(self) -> list[int]:
        """People with an order after contact."""
        return _people(self.orders)

    @property
    def ordered_directly(self) -> list[int]:
        return _people(order for order in self.orders if order.direct)

    @property
    def said_ordered(self) -> list[int]:
        """People somebody marked as having ordered, whether an import has shown it yet or not."""
        return _people(contact for contact in self.contacts if contact.reported)

    @property
    def said_amount(self) -> int:
        return sum(contact.reported_amount or 0 for contact in self.contacts)

    @property
    def net(self) -> int:
        return sum(order.net for order in self.orders)

    @property
    def net_direct(self) -> int:
        return sum(order.net for order in self.orders if order.direct)

    @property
    def is_mature(self) -> bool:
        """Whether the data covers the whole window of the last touch."""
        last = max((contact.on for contact in self.contacts), default=None)
        if last is None or self.data_until is None:
            return last is None
        return self.data_until >= last + timedelta(days=self.window_days)


def came_of_it(since: date, until: date, *, state: State | None = None) -> Outcome:
    """What came of the touches of shop days [since, until), as far as orders and taps tell."""
    state = state or traits_state.current()
    days, shop = calendar(), the_shop()
    contacts = _contacts(since, until, days)
    orders = _orders_after(contacts, state, shop.attribution_days, days)
    return Outcome(
        since=since,
        until=until,
        data_until=state.data_until,
        currency=shop.currency,
        contacts=tuple(contacts),
        orders=tuple(orders),
        cost=cost(since, until),
        window_days=shop.attribution_days,
    )


def _contacts(since: date, until: date, days: ShopCalendar) -> list[Contact]:
    first, end = days.start_of(since), days.start_of(until)
    now = overlay.current()
    found = []
    tasks = Task.objects.exclude(copied_at=None, sent_at=None).order_by("id")
    for task in tasks:
        at = min(moment for moment in (task.copied_at, task.sent_at) if moment is not None)
        if not first <= at < end:
            continue
        found.append(
            Contact(
                task=task.pk,
                person=now.person(task.person),
                program=task.program,
                at=at,
                on=days.day_of(at),
                sent=task.sent_at is not None,
                replied=task.replied_at is not None,
                reported=task.ordered_at is not None,
                reported_amount=task.ordered_amount,
            )
        )
    return found


def _orders_after(
    contacts: Sequence[Contact], state: State, window_days: int, days: ShopCalendar
) -> list[OrderAfter]:
    if not contacts:
        return []
    first = min(contact.on for contact in contacts)
    last = max(contact.on for contact in contacts)
    # Touches after the asked days may own an order too, then it is not one of ours.
    later = _contacts(last + timedelta(days=1), last + timedelta(days=window_days + 1), days)
    touches: dict[int, list[Contact]] = defaultdict(list)
    for contact in [*contacts, *later]:
        touches[contact.person].append(contact)
    ours = {contact.task for contact in contacts}
    found = []
    for row in _orders(state, touches, first, last + timedelta(days=window_days)):
        owner = _owner(touches[row["person"]], row, window_days)
        if owner is not None and owner.task in ours:
            found.append(
                OrderAfter(
                    row["order_key"],
                    row["person"],
                    row["on"],
                    row["net"] or 0,
                    owner.reported,
                    owner.task,
                )
            )
    return found


def _orders(state: State, people: Iterable[int], first: date, last: date) -> list[dict[str, Any]]:
    import pyarrow as pa

    with state.reading() as read:
        orders = read.table("orders")
        wanted = read.register("asked", pa.table({"person": pa.array(sorted(people), pa.int64())}))
        valid = orders.filter(orders.valid & (orders.on >= first) & (orders.on <= last))
        kept = valid.semi_join(wanted, "person").order_by("on", "order_key")
        columns = ["order_key", "person", "on", "at", "date_only", "net"]
        return list(read.run(kept.select(*columns)).to_pylist())


def _owner(touches: Sequence[Contact], order: dict[str, Any], window_days: int) -> Contact | None:
    """The last touch before the order, at most W days earlier."""
    before = [
        touch
        for touch in touches
        if (touch.on < order["on"] if order["date_only"] else touch.at < order["at"])
        and order["on"] <= touch.on + timedelta(days=window_days)
    ]
    return max(before, key=lambda touch: touch.at, default=None)


# ---------------------------------------------------------------- cost


def cost(since: date, until: date) -> Cost:
    """Money and minutes of shop days [since, until)."""
    money, entered = _recorded_cost(since, until)
    return Cost(money, minutes_of_taps(since, until) + entered)


def minutes_of_taps(since: date, until: date) -> int:
    """Minutes at the list: gaps between taps of one shop day, up to five minutes each."""
    rows = Tap.objects.filter(on__gte=since, on__lt=until).order_by("on", "at", "id")
    total = timedelta()
    for _on, taps in groupby(rows.values_list("on", "at"), key=lambda row: row[0]):
        moments = [at for _day, at in taps]
        total += sum((min(b - a, PAUSE) for a, b in pairwise(moments)), timedelta())
    return round(total.total_seconds() / 60)


def _recorded_cost(since: date, until: date) -> tuple[int, int]:
    days = calendar()
    with engine.reading() as read:
        facts = read.facts
        costs = facts.filter(
            (facts.type == "cost.recorded")
            & (facts.occurred_at >= days.start_of(since))
            & (facts.occurred_at < days.start_of(until))
        )
        rows = read.run(costs.select("amount", "props")).to_pylist()
    minutes = [int(json.loads(row["props"] or "{}").get("minutes", 0)) for row in rows]
    return sum(row["amount"] or 0 for row in rows), sum(minutes)


# ---------------------------------------------------------------- the comparison


@dataclass(frozen=True)
class ArmPeople:
    """The people of one arm whose days are over, and who of them ordered in those days."""

    people: tuple[int, ...]
    ordered: tuple[int, ...]

    @property
    def count(self) -> ArmCount:
        return ArmCount(len(self.people), len(self.ordered))


@dataclass(frozen=True)
class Comparison:
    """Contacted against left alone; `reading` is the effect with its interval, or when it can be read."""

    contacted: ArmPeople
    left_alone: ArmPeople
    reading: Compared | NotMeasurableYet
    design: Design
    window_days: int
    immature: int  # drawn, but their days are not over in the data yet
    mixed: int  # left out: joined out of people of both arms
    pulled_out: int  # left out: the owner wanted them contacted
    data_until: date | None


def compare(today: date, *, state: State | None = None) -> Comparison:
    """Both arms of the design in force (the newest drawn), everybody as drawn, whether contacted or not.

    As drawn: who was to be contacted and was not stays in that arm, else the two would not be alike. Waiting:
    orders of the first 7 days from the first due day. Held out: of the first 14 days from the draw.
    """
    state = state or traits_state.current()
    persons = overlay.current()
    arms = [
        (persons.person(arm.subject), arm)
        for found in comparison.recorded({}, on=today).values()
        for arm in found
    ]
    design = max(arms, key=lambda each: each[1].assigned_on)[1].design if arms else Design.NONE
    window = HELD_OUT_DAYS if design is Design.HELD_OUT else WAITING_DAYS
    drawn = [(person, arm) for person, arm in arms if arm.design is design]
    kept = [(person, arm) for person, arm in drawn if not arm.pulled_out]
    mixed = _mixed(kept)
    cases = [
        (person, arm, _clock(arm)) for person, arm in kept if (person, arm.cycle_start) not in mixed
    ]
    end = state.data_until + timedelta(days=1) if state.data_until else date.min
    over = [case for case in cases if case[2] + timedelta(days=window) <= end]
    bought = _bought_on(state, {person for person, _arm, _start in over})
    contacted = _arm(over, {Arm.CONTACTED}, bought, window)
    left_alone = _arm(over, {Arm.HELD_OUT, Arm.WAITING}, bought, window)
    started = min((arm.assigned_on for _person, arm in kept), default=today)
    return Comparison(
        contacted,
        left_alone,
        experiment.read(contacted.count, left_alone.count, started_on=started, today=today),
        design,
        window,
        immature=len(cases) - len(over),
        mixed=len(mixed),
        pulled_out=len(drawn) - len(kept),
        data_until=state.data_until,
    )


def _clock(arm: Recorded) -> date:
    return arm.first_due_on if arm.design is Design.WAIT_A_WEEK else arm.assigned_on


def _mixed(arms: Sequence[tuple[int, Recorded]]) -> set[tuple[int, date]]:
    """Cases of people who, joined later, were drawn to both sides within one window."""
    by_person: dict[int, list[Recorded]] = defaultdict(list)
    for person, arm in arms:
        by_person[person].append(arm)
    mixed = set()
    for person, own in by_person.items():
        for left in own:
            for right in own:
                near = abs(left.assigned_on - right.assigned_on) <= timedelta(days=HELD_OUT_DAYS)
                if left.subject != right.subject and left.arm is not right.arm and near:
                    mixed |= {(person, left.cycle_start), (person, right.cycle_start)}
    return mixed


def _arm(
    cases: Sequence[tuple[int, Recorded, date]],
    arms: set[Arm],
    bought: dict[int, list[date]],
    window: int,
) -> ArmPeople:
    chosen = [(person, start) for person, arm, start in cases if arm.arm in arms]
    ordered = [
        person
        for person, start in chosen
        if any(start <= day < start + timedelta(days=window) for day in bought.get(person, ()))
    ]
    return ArmPeople(tuple(person for person, _start in chosen), tuple(ordered))


def _bought_on(state: State, people: set[int]) -> dict[int, list[date]]:
    found: dict[int, list[date]] = defaultdict(list)
    if people:
        for row in _orders(state, people, date(1970, 1, 1), date(9999, 1, 1)):
            found[row["person"]].append(row["on"])
    return found


# ---------------------------------------------------------------- yesterday in a line


@dataclass(frozen=True)
class YesterdayLine:
    """Yesterday's list in one sentence, and the outcome behind it."""

    on: date
    listed: int
    text: str
    outcome: Outcome


def yesterday(on: date, *, state: State | None = None) -> YesterdayLine | None:
    """What came of the list before day `on`; None if there was none."""
    before = Day.objects.filter(on__lt=on).order_by("-on").first()
    if before is None:
        return None
    outcome = came_of_it(before.on, before.on + timedelta(days=1), state=state)
    listed = Listed.objects.filter(on=before.on).count()
    if not outcome.contacts:
        return YesterdayLine(before.on, listed, _("Nobody was contacted yet."), outcome)
    # What somebody marked and what the orders show may be the same purchase: the larger is told, never the sum.
    people = {*outcome.ordered, *outcome.said_ordered}
    amount = max(outcome.net, outcome.said_amount)
    text = _("%(contacted)d contacted, %(replied)d answered, %(ordered)d ordered") % {
        "contacted": len(outcome.contacted),
        "replied": len(outcome.replied),
        "ordered": len(people),
    }
    if amount:
        text = _("%(line)s, %(money)s") % {
            "line": text,
            "money": spoken(amount, outcome.currency),
        }
    return YesterdayLine(before.on, listed, text, outcome)


def _people(rows: Iterable[Any]) -> list[int]:
    return sorted({row.person for row in rows})
