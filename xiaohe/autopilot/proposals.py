"""Who could be spoken to on a day, and why: read from the derived state, before the governor is asked.

| program       | who |
|---------------|-----|
| restock       | 0.9 ≤ r < 1.2 |
| late_due      | 1.2 ≤ r < 1.5: a question, counted as care; later for whoever waited a week meanwhile |
| at_risk       | stage at_risk, and their net of 365 days in the shop's top fifth: service only |
| just_linked   | a private link began 0–7 days ago and nobody has spoken since |
| first_arrived | the only order so far arrived 0–7 days ago, if a file tells it |
| chosen        | put on this day's list by hand; words as for a due ask where they are due |

The due band is read for everybody, linked or not: what cannot be done is told as well. Care is for linked people.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import ibis
import pyarrow as pa

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.models import Account, AccountKind
from xiaohe.stats.stages import Stage
from xiaohe.touch.programs import Program
from xiaohe.touch.words import Reason
from xiaohe.traits.days import happened_before, shop_day
from xiaohe.traits.people import persons_of

DUE_FROM, LATE_FROM, DUE_UNTIL = 0.9, 1.2, 1.5
NEW_LINK_DAYS = 7
QUIET_LINK_DAYS = 3  # linked three days and silent: ask instead of greeting
ARRIVED_DAYS = 7
VALUED_FROM = 0.8


@dataclass(frozen=True, slots=True)
class Rhythm:
    """What the derived state knows of one buyer, as far as a list needs it."""

    person: int
    occasions: int
    gaps: int
    own_median: float | None
    cycle: float | None
    preset: bool
    last_on: date
    ratio: float | None
    due_on: date | None
    value: int | None
    chance: float | None
    chance_preset: bool
    ev: int | None
    vip: bool
    linked: bool
    account_id: int | None
    # The group of goods all of this is about; None while the whole shop is one.
    group_id: int | None = None


@dataclass(frozen=True, slots=True)
class Proposal:
    """One program's wish to reach one person; `since` starts the occurrence: the cycle, or the link."""

    program: Program
    person: int
    since: date
    rhythm: Rhythm | None
    account_id: int | None = None
    link_subject: int | None = None
    days: int = 0  # since the purchase, the link or the arrival

    @property
    def ev(self) -> int:
        return (self.rhythm.ev or 0) if self.rhythm else 0

    @property
    def linked(self) -> bool:
        if self.program is Program.CHOSEN:
            return self.account_id is not None
        return self.rhythm is None or self.rhythm.linked or self.program is Program.JUST_LINKED

    @property
    def is_due(self) -> bool:
        """Whether it asks somebody within their due band, whichever program wishes it."""
        ratio = self.rhythm.ratio if self.rhythm else None
        return ratio is not None and DUE_FROM <= ratio < DUE_UNTIL

    def reason(self, *, questions_only: bool) -> Reason:
        """Which words fit; people seen once are asked, not sold to."""
        once = self.rhythm is None or self.rhythm.gaps == 0
        if self.program is Program.CHOSEN:
            return self._chosen_reason(once=once, questions_only=questions_only)
        if self.program is Program.RESTOCK:
            if once:
                return Reason.ASK
            return Reason.RESTOCK_QUESTION if questions_only else Reason.RESTOCK
        if self.program is Program.LATE_DUE:
            return Reason.LATE_FIRST if once else Reason.LATE
        if self.program is Program.JUST_LINKED:
            return Reason.LINKED_QUIET if self.days >= QUIET_LINK_DAYS else Reason.LINKED
        return Reason.DRIFTING if self.program is Program.AT_RISK else Reason.ARRIVED

    def _chosen_reason(self, *, once: bool, questions_only: bool) -> Reason:
        if self.rhythm is None:
            return Reason.LINKED_QUIET
        ratio = self.rhythm.ratio
        if ratio is None or ratio < DUE_FROM or (once and ratio < LATE_FROM):
            return Reason.ASK
        if ratio >= DUE_UNTIL:
            return Reason.DRIFTING
        if ratio >= LATE_FROM:
            return Reason.LATE_FIRST if once else Reason.LATE
        return Reason.RESTOCK_QUESTION if questions_only else Reason.RESTOCK


_COLUMNS = [
    "person", "occasions", "gaps", "own_median", "cycle", "preset", "last_on", "ratio", "due_on", "value",
    "chance", "chance_preset", "ev", "vip", "linked", "account_id", "group_id",
]  # fmt: skip


def due(read: Any, on: date) -> list[Proposal]:
    """Everybody in the due band."""
    rhythm = read.table("rhythm")
    band = rhythm.filter((rhythm.ratio >= DUE_FROM) & (rhythm.ratio < DUE_UNTIL))
    return [
        _of_buyer(Program.RESTOCK if each.ratio < LATE_FROM else Program.LATE_DUE, each, on)
        for each in _buyers(read, band)
        if each.ratio is not None
    ]


def waited(read: Any, on: date, over: Mapping[int, date]) -> list[Proposal]:
    """People whose week of waiting carried them past the due band: asked now, as the others were then.

    `over` gives, for everybody whose week is over, the start of the cycle they waited in.
    """
    rhythm = read.table("rhythm")
    people = read.register("waited", pa.table({"person": pa.array(list(over), pa.int64())}))
    late = rhythm.filter((rhythm.ratio >= DUE_UNTIL) & rhythm.linked).semi_join(people, "person")
    found = [_of_buyer(Program.LATE_DUE, each, on) for each in _buyers(read, late)]
    return [each for each in found if each.since == over[each.person]]


def at_risk(read: Any, on: date) -> list[Proposal]:
    """Linked buyers of high value who stay away."""
    rhythm = read.table("rhythm")
    year = rhythm.filter(rhythm.net_365 > 0)
    high = year.aggregate(mark=year.net_365.quantile(VALUED_FROM))
    drifting = rhythm.filter((rhythm.stage == Stage.AT_RISK.value) & rhythm.linked)
    joined = drifting.cross_join(high)
    valued = joined.filter((joined.net_365 > 0) & (joined.net_365 >= joined.mark))
    return [_of_buyer(Program.AT_RISK, each, on) for each in _buyers(read, valued)]


def just_linked(read: Any, on: date, before: datetime, calendar: ShopCalendar) -> list[Proposal]:
    """People whose private link is at most a week old; buyers or not, by their earliest such link."""
    links = read.table("links")
    first = calendar.start_of(on - timedelta(days=NEW_LINK_DAYS))
    live = links.filter(links.private & links.ended_at.isnull())
    # A link the owner only said began long before it was said; its account exports no dates.
    said = list(
        Account.objects.filter(kind=AccountKind.PERSONAL_WECHAT.value).values_list("id", flat=True)
    )
    live = live.filter(~live.account_id.isin(said)) if said else live
    # Whoever has an older link is no new acquaintance.
    began = _one_each(live, live.started_at.asc(nulls_first=False))
    fresh = began.filter((began.started_at >= first) & (began.started_at < before))
    found = read.run(fresh.order_by("person")).to_pylist()
    known = {each.person: each for each in _of_people(read, [row["person"] for row in found])}
    proposals = []
    for row in found:
        since = calendar.day_of(row["started_at"])
        proposals.append(
            Proposal(
                Program.JUST_LINKED,
                row["person"],
                since,
                known.get(row["person"]),
                row["account_id"],
                row["link_subject"],
                (on - since).days,
            )
        )
    return proposals


def first_arrived(read: Any, facts: Any, on: date, calendar: ShopCalendar) -> list[Proposal]:
    """Linked people whose first order arrived within the week, where a file says when orders arrive."""
    arrivals = facts.facts
    arrivals = arrivals.filter(
        (arrivals.type == "order.received") & happened_before(arrivals, calendar, on)
    )
    arrivals = arrivals.mutate(day=shop_day(arrivals.occurred_at, arrivals.date_only, calendar))
    recent = arrivals.filter(arrivals.day >= on - timedelta(days=ARRIVED_DAYS))
    persons = facts.register("persons", _stored(read, "persons"))
    days = persons_of(recent.select("subject", "day"), persons)
    days = days.group_by("person").aggregate(day=days.day.max())
    arrived = {row["person"]: row["day"] for row in facts.run(days).to_pylist()}
    proposals = []
    for each in _of_people(read, arrived):
        if each.linked and each.occasions == 1:
            gone = (on - arrived[each.person]).days
            since = each.last_on
            proposals.append(
                Proposal(
                    Program.FIRST_ARRIVED, each.person, since, each, each.account_id, days=gone
                )
            )
    return sorted(proposals, key=lambda proposal: proposal.person)


def chosen(read: Any, on: date, people: Iterable[int]) -> list[Proposal]:
    """People put on the list of `on` by hand, buyers or not; who is no customer is left out."""
    wanted = sorted(set(people))
    if not wanted:
        return []
    buyers = {each.person: each for each in _of_people(read, wanted)}
    contacts = contact_of(read, wanted)
    found = []
    for person in wanted:
        account_id, link_subject = contacts.get(person, (None, None))
        buyer = buyers.get(person)
        days = (on - buyer.last_on).days if buyer else 0
        found.append(Proposal(Program.CHOSEN, person, on, buyer, account_id, link_subject, days))
    return found


def contact_of(read: Any, people: Iterable[int]) -> dict[int, tuple[int | None, int]]:
    """The account to use and the contact it knows the person by: their newest live private link."""
    wanted = sorted(set(people))
    if not wanted:
        return {}
    links = read.table("links")
    live = links.filter(links.private & links.ended_at.isnull())
    live = live.semi_join(_asked(read, wanted), "person")
    newest = _one_each(live, live.started_at.desc(nulls_first=False))
    return {
        row["person"]: (row["account_id"], row["link_subject"])
        for row in read.run(newest).to_pylist()
    }


def _one_each(links: Any, by: Any) -> Any:
    """Each person's first link by `by`; of links begun at one instant the same one on every engine."""
    ordered = ibis.window(group_by=links.person, order_by=[by, links.account_id, links.subject])
    placed = links.mutate(place=ibis.row_number().over(ordered))
    return placed.filter(placed.place == 0).select(
        "person", "started_at", "account_id", link_subject="subject"
    )


def _of_people(read: Any, people: Iterable[int]) -> list[Rhythm]:
    wanted = sorted(set(people))
    if not wanted:
        return []
    return _buyers(read, read.table("rhythm").semi_join(_asked(read, wanted), "person"))


def subjects_of(read: Any, people: Iterable[int]) -> pa.Table:
    """`subject`, `person` of these people: each under every subject they were told by, and under themselves."""
    wanted = sorted(set(people))
    persons = read.table("persons").select("subject", "person")
    told = read.run(persons.semi_join(_asked(read, wanted), "person"))
    known = set(told["subject"].to_pylist())
    alone = pa.array([each for each in wanted if each not in known], pa.int64())
    return pa.concat_tables([told, pa.table({"subject": alone, "person": alone})])


def _asked(read: Any, people: list[int]) -> Any:
    return read.register("asked", pa.table({"person": pa.array(people, pa.int64())}))


def _stored(read: Any, name: str) -> Any:
    return read.run(read.table(name))


def _buyers(read: Any, rhythm: Any) -> list[Rhythm]:
    columns = read.run(rhythm.select(*_COLUMNS).order_by("person")).to_pydict()
    return [Rhythm(*row) for row in zip(*(columns[name] for name in _COLUMNS), strict=True)]


def _of_buyer(program: Program, each: Rhythm, on: date) -> Proposal:
    days = (on - each.last_on).days
    return Proposal(program, each.person, each.last_on, each, each.account_id, days=days)
