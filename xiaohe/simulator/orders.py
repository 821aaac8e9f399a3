"""Every order of a plan, each with the looks it keeps in whatever file it appears.

    plan ─► `placed` (when, who, what kind; sorted by time) ─► `Order` (goods, money, state on an export day)

An order is thrown with dice named by its person and ordinal, so an export of Thursday shows the orders of
Monday unchanged but for their state.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from enum import IntEnum

from xiaohe.simulator import people
from xiaohe.simulator.dice import Dice
from xiaohe.simulator.goods import SHELVES
from xiaohe.simulator.plan import (
    BULK,
    CLOSED,
    FIRST_DAY,
    LAST_DAY,
    SAME_DAY,
    TODAY,
    UNPAID,
    Plan,
    first_purchase_day,
)

START = datetime.combine(FIRST_DAY, datetime.min.time())
# The last order before the first export, and the evening of the second one.
LAST_MINUTE_OF_DAY = 20 * 60 + 47
LATER_EXPORT_AT = datetime.combine(TODAY + timedelta(days=3), datetime.min.time()) + timedelta(
    hours=20, minutes=30
)
FIRST_EXPORT_AT = datetime.combine(TODAY, datetime.min.time()) + timedelta(hours=9)

# Orders by hour of the day, 7 to 22: lunch break and evening.
_HOURS = tuple(zip(range(7, 23), (2, 4, 7, 9, 8, 10, 9, 6, 6, 6, 6, 7, 10, 12, 13, 9), strict=True))


class Kind(IntEnum):
    """What becomes of an order."""

    VALID = 0
    UNPAID = 1
    CLOSED = 2
    BULK = 3
    LATER = 4  # placed between the two exports


class State(IntEnum):
    UNPAID = 0
    PAID = 1
    SHIPPED = 2
    COMPLETED = 3
    CLOSED = 4


Pack = Callable[[date, int, int, Kind], int]


@dataclass(frozen=True, slots=True)
class Placed:
    """One order: minute since the shop's first day, person, how-manieth of that person, kind."""

    minute: int
    person: int
    ordinal: int
    kind: Kind

    @property
    def number(self) -> str:
        return people.order_number(self.minute, self.person, self.ordinal)

    @property
    def created_at(self) -> datetime:
        return START + timedelta(minutes=self.minute)


@dataclass(frozen=True, slots=True)
class Order:
    """What a row shows, in fen and shop-local times."""

    placed: Placed
    state: State
    title: str
    kinds: int
    quantity: int
    goods: int
    postage: int
    paid: int
    paid_at: datetime | None
    closed_because: str


class Placings:
    """Orders newest first, as the platform exports them; each made when it is asked for.

    Packed into one whole number each: a million buyers are sorted in seconds and in 100 MB.
    """

    def __init__(self, packed: Iterable[int]) -> None:
        self._packed = sorted(packed, reverse=True)

    def __len__(self) -> int:
        return len(self._packed)

    def __iter__(self) -> Iterator[Placed]:
        for value in self._packed:
            kind = Kind(value & 0xF)
            yield Placed(value >> 44, (value >> 16) & 0xFFFFFFF, (value >> 4) & 0xFFF, kind)


def placed(plan: Plan) -> Placings:
    """All orders up to the evening of the last day."""
    return Placings(_packed(plan))


def _packed(plan: Plan) -> Iterator[int]:
    next_ordinal: dict[int, int] = {}

    def pack(day: date, minute: int, person: int, kind: Kind) -> int:
        ordinal = next_ordinal.get(person, 0)
        next_ordinal[person] = ordinal + 1
        since = (day - FIRST_DAY).days * 1440 + minute
        return since << 44 | person << 16 | ordinal << 4 | kind

    for person in range(plan.buyers):
        dice = Dice(plan.seed, 4, person)
        chain = plan.chains.get(person)
        days = chain.days() if chain else [first_purchase_day(dice)]
        for day in days:
            yield pack(day, _minute(dice, day), person, Kind.VALID)
    yield from _extra(plan, pack)
    yield from _never_paid(plan, pack)


def _extra(plan: Plan, pack: Pack) -> Iterator[int]:
    """Second parcels on a day that had one, and a few orders for whole offices."""
    dice = Dice(plan.seed, 6)
    again = sorted(plan.chains)
    for _ in range(plan.scaled(SAME_DAY)):
        person = dice.one_of(again)
        day = dice.one_of(plan.chains[person].days())
        yield pack(day, _minute(dice, day), person, Kind.VALID)
    for _ in range(plan.scaled(BULK)):
        person = dice.one_of(again)
        days = plan.chains[person].days()
        day = days[0] + timedelta(days=1 + dice.below((days[-1] - days[0]).days - 1))
        yield pack(day, _minute(dice, day), person, Kind.BULK)


def _never_paid(plan: Plan, pack: Pack) -> Iterator[int]:
    """Orders that were not paid or were closed: mostly of buyers, each stranger has one at least."""
    dice = Dice(plan.seed, 7)
    kinds = [Kind.UNPAID] * plan.scaled(UNPAID) + [Kind.CLOSED] * plan.scaled(CLOSED)
    for place, kind in enumerate(dice.shuffle(kinds)):
        stranger = place < plan.strangers
        person = plan.buyers + place if stranger else dice.below(plan.buyers)
        day = first_purchase_day(dice)
        if kind is Kind.UNPAID and dice.happens(550):
            day = LAST_DAY - timedelta(days=dice.below(60))
        yield pack(day, _minute(dice, day), person, kind)


def _minute(dice: Dice, day: date) -> int:
    minute = dice.weighted(_HOURS) * 60 + dice.below(60)
    if day == LAST_DAY and minute > LAST_MINUTE_OF_DAY:
        minute -= 8 * 60
    return minute


def later(plan: Plan, due_soon: Iterable[int], linked: set[int]) -> list[Placed]:
    """New orders between the two exports: some who were due, more of those in WeChat, and newcomers."""
    dice = Dice(plan.seed, 8)
    found: list[Placed] = []
    minutes = int((LATER_EXPORT_AT - START).total_seconds()) // 60 - 60
    days = [LAST_DAY + timedelta(days=1 + step) for step in range(5)]
    for person in sorted(due_soon):
        if dice.happens(330 if person in linked else 110):
            # People who were written to on Monday answer from Tuesday on.
            day = dice.one_of(days[2:] if person in linked else days)
            found.append(_later(dice, day, person, minutes))
    newcomers = plan.buyers + plan.strangers
    for place in range(plan.scaled(14)):
        found.append(_later(dice, dice.one_of(days), newcomers + place, minutes))
    for _ in range(plan.scaled(4)):
        person = dice.below(plan.buyers)
        if person not in plan.chains:
            found.append(_later(dice, dice.one_of(days), person, minutes))
    return sorted(found, key=lambda one: (-one.minute, one.person))


def _later(dice: Dice, day: date, person: int, last_minute: int) -> Placed:
    minute = (day - FIRST_DAY).days * 1440 + _minute(dice, day)
    # Ordinals from 900 on: never the number of an order already written.
    return Placed(min(minute, last_minute), person, 900, Kind.LATER)


def looks(seed: int, one: Placed, favourite: tuple[int, int], exported_at: datetime) -> Order:
    """The order as an export of that moment shows it; `favourite`: the buyer's shelf and usual goods."""
    dice = Dice(seed, 5, one.person, one.ordinal)
    shelf, usual = favourite
    goods = SHELVES[shelf][usual if dice.happens(800) else dice.below(6)]
    quantity = dice.weighted(((1, 76), (2, 18), (3, 6)))
    if one.kind is Kind.BULK:
        quantity = 16 + dice.below(30)
    title, kinds, due = goods.title, 1, goods.price * quantity
    if quantity > 1 and one.kind is not Kind.BULK and dice.happens(300):
        other = dice.one_of(SHELVES[shelf])
        if other is not goods:
            title, kinds, due = f"{title}，{other.title}", 2, due - goods.price + other.price
    due -= dice.weighted(((0, 60), (300, 14), (500, 14), (1000, 8), (1237, 4)))
    postage = dice.weighted(((0, 94), (600, 4), (1200, 2)))
    pay_after = timedelta(minutes=1 + dice.below(25), seconds=dice.below(60))
    if dice.happens(2):
        # Paid with points: nothing to pay, and still a purchase.
        due, postage = 0, 0
    state, paid_at, because = _state(dice, one, pay_after, exported_at)
    paid = due + postage if paid_at else 0
    return Order(one, state, title, kinds, quantity, due, postage, paid, paid_at, because)


def _state(
    dice: Dice, one: Placed, pay_after: timedelta, exported_at: datetime
) -> tuple[State, datetime | None, str]:
    """How far the order has come by the export, when it was paid, and why it was closed."""
    created, is_later = one.created_at, exported_at > FIRST_EXPORT_AT
    recent = TODAY - timedelta(days=20) <= created.date() <= LAST_DAY
    turn = dice.below(100)
    if one.kind is Kind.CLOSED:
        if turn < 45:
            return State.CLOSED, created + pay_after, "买家申请退款，卖家同意"
        return State.CLOSED, None, "买家未付款，超时关闭" if turn < 80 else "买家不想买了"
    if one.kind is Kind.UNPAID:
        if not (is_later and recent):
            return State.UNPAID, None, ""
        if turn < 45:
            return State.PAID, LATER_EXPORT_AT - timedelta(hours=4 + turn) + pay_after, ""
        return (
            (State.CLOSED, None, "买家未付款，超时关闭") if turn < 70 else (State.UNPAID, None, "")
        )
    paid_at = created + pay_after
    if is_later and recent and turn < 5:
        return State.CLOSED, paid_at, "买家申请退款，卖家同意"
    age = exported_at - created
    if age < timedelta(days=2, hours=12):
        return State.PAID, paid_at, ""
    return (State.SHIPPED if age < timedelta(days=9) else State.COMPLETED), paid_at, ""
