"""What the written files hold, counted a second time from the files alone.

Nothing of the plan is used: the files are read back with a parser of a few lines, so that a slip in the
writing shows up as a difference instead of being believed.
"""

from __future__ import annotations

import csv
import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

from xiaohe.stats import rhythm

UNPAID, CLOSED, VALID = "unpaid", "closed", "valid"
_DIGITS = re.compile(r"(?<!\d)\d{12,}(?!\d)")


@dataclass(frozen=True, slots=True)
class Seen:
    """One order row, read back; `progress` is the status as written, commas alike."""

    number: str
    member: str
    phone: str
    state: str
    progress: str
    on: date
    created_on: date
    at: datetime
    paid: int
    quantity: float


@dataclass(frozen=True, slots=True)
class Person:
    """A buyer on a day: C and what follows from it; None without a gap of their own."""

    member: str
    days: tuple[date, ...]
    cycle: float | None
    due_on: date | None
    ratio: float | None


def read_orders(path: Path) -> Iterator[Seen]:
    """The rows of a Taobao order list in the legacy form."""
    with open(path, encoding="gbk", newline="") as file:
        rows = csv.reader(file)
        at = {name: place for place, name in enumerate(next(rows))}
        for row in rows:
            status = row[at["订单状态"]].replace(",", "，")
            created = row[at["订单创建时间"]]
            moment = datetime.fromisoformat(row[at["订单付款时间"]] or created)
            yield Seen(
                number=row[at["订单编号"]].strip('="'),
                member=row[at["买家会员名"]].strip(),
                phone=row[at["联系手机"]].lstrip("'"),
                state={"等待买家付款": UNPAID, "交易关闭": CLOSED}.get(status, VALID),
                progress=status,
                on=moment.date(),
                created_on=date.fromisoformat(created[:10]),
                at=moment,
                paid=_fen(row[at["买家实际支付金额"]]),
                quantity=float(row[at["宝贝总数量"]]),
            )


def _fen(text: str) -> int:
    return int(Decimal(text.removesuffix("元").replace(",", "")) * 100)


def orders_of(path: Path) -> dict[str, Any]:
    """Counts of one order file by itself."""
    states: dict[str, int] = defaultdict(int)
    members, buyers, days = set(), set(), set()
    paid, masked, rows = 0, 0, 0
    first, last = date.max, date.min
    for seen in read_orders(path):
        rows += 1
        states[seen.state] += 1
        members.add(seen.member)
        masked += "*" in seen.phone
        last, first = max(last, seen.created_on), min(first, seen.created_on)
        if seen.state == VALID:
            buyers.add(seen.member)
            days.add((seen.member, seen.on))
            paid += seen.paid
    return {
        "rows": rows,
        "valid": states[VALID],
        "unpaid": states[UNPAID],
        "closed": states[CLOSED],
        "members": len(members),
        "buyers": len(buyers),
        "occasions": len(days),
        "paid_minor": paid,
        "masked_phones": masked,
        "first_on": first.isoformat(),
        "last_on": last.isoformat(),
    }


def people_of(path: Path, on: date) -> tuple[dict[str, Person], float | None]:
    """Every buyer's rhythm on a day, and the group's median gap."""
    orders = sorted(
        (seen for seen in read_orders(path) if seen.state == VALID and seen.on < on),
        key=lambda seen: seen.at,
    )
    limit = rhythm.bulk_threshold([seen.quantity for seen in orders])
    sizes: dict[str, list[float]] = defaultdict(list)
    days: dict[str, set[date]] = defaultdict(set)
    for seen in orders:
        usual = rhythm.usual_quantity(sizes[seen.member])
        sizes[seen.member].append(seen.quantity)
        if not rhythm.is_bulk(seen.quantity, usual=usual, threshold=limit):
            days[seen.member].add(seen.on)
    gaps = {member: rhythm.gaps_between(list(found)) for member, found in days.items()}
    group = rhythm.group_median([rhythm.median(own) for own in gaps.values() if len(own) >= 2])
    base = 30.0 if group is None else group
    people = {}
    for member, found in days.items():
        own, last = gaps[member], max(found)
        # In this shop most people buy once: half of them never return, so one purchase gives no C.
        if not own:
            people[member] = Person(member, tuple(sorted(found)), None, None, None)
            continue
        cycle = rhythm.clamp_cycle(rhythm.shrunk_cycle(len(own), rhythm.median(own), base))
        ratio = rhythm.overdue_ratio((on - last).days, cycle)
        people[member] = Person(
            member, tuple(sorted(found)), cycle, rhythm.due_on(last, cycle), ratio
        )
    return people, group


def contacts_of(path: Path, orders: Path) -> tuple[dict[str, Any], set[str]]:
    """Counts of the contact file, and the member names of whom it makes recognisable."""
    by_number: dict[str, str] = {}
    by_phone: dict[str, set[str]] = defaultdict(set)
    for seen in read_orders(orders):
        by_number[seen.number] = seen.member
        if seen.phone.isdigit() and len(seen.phone) == 11:
            by_phone[seen.phone].add(seen.member)
    links: set[tuple[str, str]] = set()
    found: dict[str, set[str]] = {"description": set(), "phone": set(), "name": set()}
    with open(path, encoding="utf-8-sig", newline="") as file:
        for row in csv.DictReader(file):
            links.add((row["添加人账号"], row["添加时间"]))
            for column, how in (("描述", "description"), ("客户名称", "name")):
                for number in _DIGITS.findall(row[column]):
                    if number in by_number:
                        found[how].add(by_number[number])
            holders = by_phone.get(row["手机"], set())
            if len(holders) == 1:
                found["phone"] |= holders
    recognised = set.union(*found.values())
    counts = {"friends": len(links), "recognised": len(recognised)}
    return counts | {f"by_{how}": len(members) for how, members in found.items()}, recognised


def rhythm_of(orders: Path, recognised: set[str], monday: date) -> dict[str, Any]:
    """How many are due in the week from `monday`, as known on that day."""
    people, group = people_of(orders, monday)
    sunday = monday + timedelta(days=7)
    week = {
        one.member
        for one in people.values()
        if one.due_on is not None and monday <= one.due_on < sunday
    }
    band = {one.member for one in people.values() if one.ratio and rhythm.is_due(one.ratio)}
    return {
        "on": monday.isoformat(),
        "group_gap": group,
        "with_cycle": sum(one.cycle is not None for one in people.values()),
        "due_this_week": len(week),
        "due_this_week_linked": len(week & recognised),
        "in_due_band": len(band),
        "in_due_band_linked": len(band & recognised),
    }


def later_of(path: Path, before: Path) -> dict[str, Any]:
    """How the second export must be reported by whoever has the first one already."""
    known = {seen.number: (seen.progress, seen.paid) for seen in read_orders(before)}
    counts: dict[str, int] = defaultdict(int)
    for seen in read_orders(path):
        counts["rows"] += 1
        content = (seen.progress, seen.paid)
        if known.get(seen.number) == content:
            counts["duplicate"] += 1
        elif seen.state == UNPAID:
            counts["excluded_unpaid"] += 1
        elif seen.state == CLOSED and (
            seen.number not in known or known[seen.number][0] == "等待买家付款"
        ):
            counts["excluded_closed"] += 1
        elif seen.number in known:
            counts["updated"] += 1
        else:
            counts["accepted"] += 1
    return dict(counts)
