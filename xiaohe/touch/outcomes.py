"""What came of contacting: touches, answers, orders after contact, what it cost, and whether it made a difference.

    touch ──► order within W days ──► direct if somebody marked that order on the task, else assisted

An order has one owner: the last touch before it. It counts if it came after the touch (later on that day, if
it says when; from the next day on, if it only says which day) and at most W days later. An attributed order is
not an earned one: only the comparison (readout.py) says what contacting brought.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.money import spoken
from xiaohe.people import overlay
from xiaohe.shop.queries import calendar, the_shop
from xiaohe.touch.bought import left_out, valid_orders
from xiaohe.touch.cost import Cost, cost
from xiaohe.touch.models import Day, Listed, Task
from xiaohe.touch.readout import ArmPeople, Comparison, compare
from xiaohe.traits import state as traits_state
from xiaohe.traits.state import State

__all__ = [
    "ArmPeople",
    "Comparison",
    "Contact",
    "Cost",
    "OrderAfter",
    "Outcome",
    "YesterdayLine",
    "came_of_it",
    "compare",
    "cost",
    "yesterday",
]


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
    nobodies = left_out(state)
    contacts = [each for each in _contacts(since, until, days) if each.person not in nobodies]
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
    for row in valid_orders(state, touches, first, last + timedelta(days=window_days)):
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


def _owner(touches: Sequence[Contact], order: dict[str, Any], window_days: int) -> Contact | None:
    """The last touch before the order, at most W days earlier."""
    before = [
        touch
        for touch in touches
        if (touch.on < order["on"] if order["date_only"] else touch.at < order["at"])
        and order["on"] <= touch.on + timedelta(days=window_days)
    ]
    return max(before, key=lambda touch: touch.at, default=None)


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
