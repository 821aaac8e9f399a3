"""Who buys when, decided before anything is written.

    buyers ─┬─ once (three in four)
            └─ again: gaps by their own rhythm ─► C as the product will compute it ─► placed by how late they are
                 this week · overdue · not due yet · drifting · long gone

Only the last day of a chain is chosen to fit; its gaps are thrown first, and moving a whole chain in time
changes no gap, so C and the group's median stay what they were. Shares are those of the default size and
scale with it; nothing else is fixed.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, timedelta

from xiaohe.simulator.dice import Dice
from xiaohe.stats import rhythm

DEFAULT_SEED, DEFAULT_BUYERS = 20250630, 3_214
FIRST_DAY, LAST_DAY, TODAY = date(2023, 3, 1), date(2025, 6, 28), date(2025, 6, 30)
WEEK_DAYS = 7
PRESET_CYCLE = 30.0

# Counts at the default size.
VALID, UNPAID, CLOSED = 4_930, 170, 312
REPEATERS, SAME_DAY, BULK = 790, 18, 6
STRANGERS = 26  # members who ordered and never paid
DUE_THIS_WEEK, OVERDUE, NOT_DUE, DRIFTING = 37, 62, 210, 92
FRIENDS, RECOGNISED, JUST_LINKED = 1_180, 412, 28
LINKED = {"week": 11, "overdue": 26, "not_due": 70, "drifting": 25, "gone": 50}

_ORDER_COUNTS = ((2, 47), (3, 22), (4, 12), (5, 7), (6, 5), (7, 3), (9, 2), (12, 1), (16, 1))
_CYCLES = (
    (18, 3),
    (21, 5),
    (24, 6),
    (28, 9),
    (30, 11),
    (33, 10),
    (36, 11),
    (40, 12),
    (44, 10),
    (50, 9),
    (58, 7),
    (68, 5),
    (80, 2),
)
# Longest way from first to last purchase that leaves room to be long gone afterwards.
_LONGEST_CHAIN = 520
# Weight of a month's first-time buyers: 618, 双11, quiet over the New Year.
_MONTHS = (7, 5, 9, 9, 10, 14, 8, 8, 10, 10, 17, 12)


@dataclass
class Chain:
    """Purchases of somebody who came back: gaps in days, C by the shop's own rules, and the last day."""

    gaps: list[int]
    cycle: float = 0.0
    bucket: str = "gone"
    last_on: date = LAST_DAY

    def days(self) -> list[date]:
        found = [self.last_on]
        for gap in reversed(self.gaps):
            found.append(found[-1] - timedelta(days=gap))
        return found[::-1]


@dataclass
class Plan:
    """The whole shop before it is written down; persons are numbered from 0, strangers come after buyers."""

    seed: int
    buyers: int
    chains: dict[int, Chain]
    strangers: int
    group_gap: float
    # persons recognised in WeChat, in no order
    linked: list[int] = field(default_factory=list)

    def scaled(self, at_default: int) -> int:
        return scaled(at_default, self.buyers)


def scaled(at_default: int, buyers: int) -> int:
    """A count of the default size at another size, rounded half up."""
    return (2 * at_default * buyers + DEFAULT_BUYERS) // (2 * DEFAULT_BUYERS)


def make(seed: int, buyers: int) -> Plan:
    """Plan a shop of this many buyers."""
    dice = Dice(seed, 3)
    again = scaled(REPEATERS, buyers)
    orders = scaled(VALID, buyers) - (buyers - again) - _extras(buyers)
    chains = [Chain(gaps) for gaps in _gaps(dice, again, orders)]
    group = _borrow(chains)
    _place(dice, chains, buyers)
    # Numbers 0..buyers−1 are given out by a shuffle: nobody's number tells how often they came.
    numbers = dice.shuffle(list(range(buyers)))
    by_person = dict(zip(numbers, chains, strict=False))
    plan = Plan(seed, buyers, by_person, scaled(STRANGERS, buyers), group)
    plan.linked = _linked(dice, plan, numbers[again:])
    return plan


def _extras(buyers: int) -> int:
    return scaled(SAME_DAY, buyers) + scaled(BULK, buyers)


def _gaps(dice: Dice, people: int, orders: int) -> Iterator[list[int]]:
    """Gap lists of all who came back, together exactly `orders` purchases."""
    counts = [dice.weighted(_ORDER_COUNTS) for _ in range(people)]
    off = orders - sum(counts)
    while people and off:
        one = dice.below(people)
        step = 1 if off > 0 else -1
        if counts[one] + step >= 2 and (step < 0 or counts[one] < 24):
            counts[one] += step
            off -= step
    for count in counts:
        cycle = min(dice.weighted(_CYCLES), _LONGEST_CHAIN // count)
        # A pair says little about a rhythm: second purchases scatter wider than later ones.
        low, high = (60, 240) if count == 2 else (72, 132)
        gaps = [max(3, cycle * (low + dice.below(high - low)) // 100) for _ in range(count - 1)]
        yield gaps


def _borrow(chains: list[Chain]) -> float:
    """Give every chain the C the product will compute; returns the group's median gap (or the preset)."""
    own = [rhythm.median(chain.gaps) for chain in chains]
    several = [m for m, chain in zip(own, chains, strict=True) if len(chain.gaps) >= 2]
    group = rhythm.group_median(several)
    base = PRESET_CYCLE if group is None else group
    for chain, median in zip(chains, own, strict=True):
        chain.cycle = rhythm.clamp_cycle(rhythm.shrunk_cycle(len(chain.gaps), median, base))
    return base


def _place(dice: Dice, chains: list[Chain], buyers: int) -> None:
    """Choose everybody's last purchase day by how late they are to be today."""
    week = scaled(DUE_THIS_WEEK, buyers)
    buckets = (
        ["week"] * week
        + ["overdue"] * scaled(OVERDUE, buyers)
        + ["not_due"] * scaled(NOT_DUE, buyers)
        + ["drifting"] * scaled(DRIFTING, buyers)
    )[: len(chains)]
    for place, chain in enumerate(dice.shuffle(list(chains))):
        chain.bucket = buckets[place] if place < len(buckets) else "gone"
        away = _days_away(dice, chain, place)
        chain.last_on = TODAY - timedelta(days=away)


def _days_away(dice: Dice, chain: Chain, place: int) -> int:
    """Whole days between the last purchase and today."""
    whole = math.ceil(chain.cycle)
    if chain.bucket == "week":
        return whole - place % WEEK_DAYS
    low, high = {
        "overdue": (whole + 1, math.ceil(1.5 * chain.cycle) - 1),
        "not_due": (2, whole - WEEK_DAYS),
        "drifting": (
            math.ceil(max(1.5 * chain.cycle, chain.cycle + 7)),
            math.ceil(2.5 * chain.cycle) - 1,
        ),
        "gone": (math.ceil(3.0 * chain.cycle), (TODAY - FIRST_DAY).days - sum(chain.gaps)),
    }[chain.bucket]
    return low + dice.below(max(high - low + 1, 1))


def _linked(dice: Dice, plan: Plan, once: list[int]) -> list[int]:
    """Who of the buyers is a friend already: by standing, the rest from those who bought once."""
    groups: dict[str, list[int]] = {name: [] for name in LINKED}
    for person, chain in plan.chains.items():
        groups[chain.bucket].append(person)
    # The shop noticed its good customers drifting: those who came most often are friends first.
    groups["drifting"].sort(key=lambda person: -len(plan.chains[person].gaps))
    # Spread over the days of the week.
    groups["week"].sort(
        key=lambda person: plan.chains[person].last_on.toordinal() + plan.chains[person].cycle
    )
    linked: list[int] = []
    for name, at_default in LINKED.items():
        wanted, there = plan.scaled(at_default), groups[name]
        if name == "week" and wanted:
            linked += [
                there[place * len(there) // wanted] for place in range(min(wanted, len(there)))
            ]
        else:
            linked += there[:wanted]
    rest = plan.scaled(RECOGNISED) - len(linked)
    return linked + dice.shuffle(list(once))[: max(rest, 0)]


def first_purchase_day(dice: Dice) -> date:
    """When somebody who buys once does so: more every year, with the seasons of the trade."""
    while True:
        day = FIRST_DAY + timedelta(days=dice.below((LAST_DAY - FIRST_DAY).days))
        growth = 6 + (day - FIRST_DAY).days // 110
        if dice.below(17 * 14) < _MONTHS[day.month - 1] * growth:
            return day
