"""Today's list: prepared once per day and state of the data, frozen, and read as cards.

    prepare(on, now)   writes decisions, arms, tasks and the day's lines; idempotent, safe under races
    listing(on, now)   reads them as a page needs them

What somebody has tapped stays on the list whatever comes. New data on the same day (a fresh export, a new link)
replaces only what nobody has touched yet.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from xiaohe.autopilot import cards, last_bought
from xiaohe.autopilot.cards import Card, Group, Today, Yesterday
from xiaohe.autopilot.due import known
from xiaohe.autopilot.plan import TOO_OLD_FOR_OFFERS_DAYS, Decided, Plan, plan
from xiaohe.kernel import store
from xiaohe.shop import goods
from xiaohe.shop.models import Shop
from xiaohe.shop.queries import the_shop
from xiaohe.touch import comparison
from xiaohe.touch.governor import Kind, asks_in_cycle
from xiaohe.touch.models import Chosen, Day, Decision, Listed, Tap, Task, TaskState, WordsUsed
from xiaohe.touch.programs import Program
from xiaohe.touch.standing import standing
from xiaohe.touch.words import Reason, choose, language_of
from xiaohe.traits import state as traits_state
from xiaohe.traits.state import State

# Rows per transaction of what may be many: a slice stays well under 50 ms.
SLICE = 1_000


@dataclass(frozen=True)
class Prepared:
    """What a preparation did; `fresh` is false when the day stood already for this state of the data."""

    on: date
    version: str
    people: int
    fresh: bool


def prepare(on: date, now: datetime, *, anew: bool = False) -> Prepared:
    """Make the list of shop day `on` stand; calling again, or twice at once, changes nothing.

    `anew`: also if it stands for this state of the data, because somebody was chosen by hand or taken off again.
    """
    state = traits_state.current(on)
    version = version_of(state)
    if not anew and Day.objects.filter(on=on, version=version).exists():
        return Prepared(on, version, Listed.objects.filter(on=on).count(), fresh=False)
    day = plan(on, state=state, before=now)
    _write_decisions(day)
    with store.write():
        if not _claim_day(day, version, now) and not anew:
            return Prepared(on, version, Listed.objects.filter(on=on).count(), fresh=False)
        comparison.record(day.new_arms, now)
        people = _write_lines(day, now)
    return Prepared(on, version, people, fresh=True)


def is_prepared(on: date) -> bool:
    """Whether the list of that day stands for the newest state of the data."""
    return Day.objects.filter(on=on, version=version_of(traits_state.current(on))).exists()


def version_of(state: State) -> str:
    """What a day's list depends on: files, who is reachable, joined and left out, the shop's settings and its words
    for goods; not the taps on the list itself."""
    import pyarrow.parquet as pq

    links, persons, out = (
        pq.read_metadata(state.path(name)).num_rows for name in ("links", "persons", "left_out")
    )
    said = repr((out, state.terms, goods.words_stamp(state.on)))
    settings = blake2b(said.encode(), digest_size=6).hexdigest()
    return f"{state.version.lake}-{links}-{persons}-{state.version.on.isoformat()}-{settings}"


# ---------------------------------------------------------------- writing


def _claim_day(day: Plan, version: str, now: datetime) -> bool:
    """Whether it is us who write this day for this version; the row is locked until the commit."""
    fields = {"prepared_at": now, "data_until": day.state.data_until}
    row, created = Day.objects.select_for_update().get_or_create(
        on=day.on, defaults={"version": version, **fields}
    )
    if created:
        return True
    if row.version == version:
        return False
    Day.objects.filter(on=day.on).update(version=version, **fields)
    return True


def _write_lines(day: Plan, now: datetime) -> int:
    touched = _touched(day.on)
    replaced = Listed.objects.filter(on=day.on).exclude(task__in=touched)
    spoken = {task: known.get("goods", "") for task, known in replaced.values_list("task", "known")}
    replaced.delete()
    shop = the_shop()
    lines = Listed.objects.filter(on=day.on)
    kept = lines.count()
    # Who was chosen by hand stands beside the list's size.
    by_hand = sum(each.proposal.program is Program.CHOSEN for each in day.listed)
    others = lines.exclude(task__program=Program.CHOSEN.value).count()
    room = max(shop.list_size - others, 0) + by_hand
    position = max(Listed.objects.filter(on=day.on).values_list("position", flat=True), default=0)
    questions_only = day.data_age_days > TOO_OLD_FOR_OFFERS_DAYS
    said: Counter[str] = Counter(
        Listed.objects.filter(on=day.on).values_list("task__template", flat=True)
    )
    bought = last_bought.items(day.state, _groups(day))
    names = last_bought.Names(bought.values(), day.on)
    chosen_from = dict(Chosen.objects.filter(on=day.on).values_list("person", "name"))
    written = 0
    for each in day.listed:
        if written == room:
            break
        task = _claim_task(day, each, now)
        if task is None:
            continue
        reason = each.proposal.reason(questions_only=questions_only)
        item = bought.get(each.proposal.person)
        called = names.slots(item)["goods"]
        if spoken.get(task.pk, called) != called:
            # Nobody has used these words yet, and they may name the goods now, or not any more.
            task.template = ""
        _give_words(task, reason, shop, said, names, item)
        position += 1
        facts = {**known(each), "reason": reason.value}
        if each.proposal.program is Program.CHOSEN:
            facts["chosen_from"] = chosen_from.get(each.proposal.person, "")
        if item is not None:
            facts["item"] = item
        if called:
            facts["goods"] = called
        _line, created = Listed.objects.get_or_create(
            on=day.on, task=task, defaults={"position": position, "known": facts}
        )
        written += created
    return kept + written


def _groups(day: Plan) -> dict[int, int | None]:
    """Of everybody listed, the group of goods they are listed for."""
    people = [each.proposal for each in day.listed]
    return {each.person: each.rhythm.group_id if each.rhythm else None for each in people}


def _give_words(
    task: Task,
    reason: Reason,
    shop: Shop,
    said: Counter[str],
    names: last_bought.Names,
    item: int | None,
) -> None:
    """Words this person has not had, and of those the ones fewest others get today."""
    if not task.template:
        used = WordsUsed.objects.filter(person=task.person).values_list("template", flat=True)
        ready = choose(
            reason,
            person=task.person,
            language=language_of(shop.language),
            used=set(used),
            slots={"me": shop.voice, **names.slots(item)},
            confirmed=names.confirmed(item),
        )
        best = min(ready, key=lambda sentence: said[sentence.template], default=None)
        task.template = best.template if best else ""
        Task.objects.filter(pk=task.pk).update(template=task.template)
    said[task.template] += 1


def _touched(on: date) -> list[int]:
    """Tasks of that day's list somebody has done something with."""
    taps = Tap.objects.filter(task__listed__on=on, taken_back_at=None)
    return list(taps.values_list("task_id", flat=True).distinct())


def _claim_task(day: Plan, each: Decided, now: datetime) -> Task | None:
    """The task of this touch, claimed or found; None when it has come to its end already."""
    wish = each.proposal
    account_id, link_subject = day.contacts.get(wish.person, (wish.account_id, wish.link_subject))
    task, created = Task.objects.get_or_create(
        program=wish.program.value,
        step=_step(day, each),
        person=wish.person,
        occurrence=wish.since.isoformat(),
        defaults={"created_at": now, "account_id": account_id, "link_subject": link_subject},
    )
    if created:
        return task
    if task.state == TaskState.POSTPONED.value:
        task.state = TaskState.OPEN.value
    if task.state != TaskState.OPEN.value:
        return None
    task.account_id, task.link_subject = account_id, link_subject
    task.save()
    return task


def _step(day: Plan, each: Decided) -> str:
    """Which ask of the cycle it is; greetings and care have one step."""
    if not each.proposal.program.asks:
        return "1"
    history = day.histories.get(each.proposal.person)
    before = standing(history, on=day.on, linked=True, last_on=None, programs=_programs(history))
    return str(len(asks_in_cycle(before, each.proposal.since)) + 1)


def _programs(history: Any) -> dict[int, str]:
    from xiaohe.touch.standing import programs_of

    return programs_of([history]) if history else {}


def _write_decisions(day: Plan) -> None:
    """Every answer of the governor; people touched today keep the answer they were listed with."""
    kept = set(Task.objects.filter(pk__in=_touched(day.on)).values_list("person", flat=True))
    told = _telling(day.decided)
    rows = [
        Decision(
            on=day.on,
            person=each.proposal.person,
            program=each.proposal.program.value,
            kind=each.decision.kind.value,
            rule=each.decision.rule.value,
            until=each.decision.until.isoformat() if each.decision.until else "",
            is_main=told[each.proposal.person] is each.proposal.program,
        )
        for each in day.decided
        if each.proposal.person not in kept
    ]
    for start in range(0, len(rows), SLICE):
        with store.write():
            Decision.objects.bulk_create(
                rows[start : start + SLICE],
                update_conflicts=True,
                unique_fields=["on", "person", "program"],
                update_fields=["kind", "rule", "until", "is_main"],
            )


def _telling(decided: Iterable[Decided]) -> dict[int, Program]:
    """Per person the program whose answer is told: the one listed, else the due ask, else the first."""
    told: dict[int, tuple[int, Program]] = {}
    for each in decided:
        program = each.proposal.program
        rank = 0 if each.decision.kind is Kind.ALLOW else 1 if program.asks else 2
        best = told.get(each.proposal.person)
        if best is None or rank < best[0]:
            told[each.proposal.person] = (rank, program)
    return {person: program for person, (_rank, program) in told.items()}


# ---------------------------------------------------------------- reading


def listing(on: date, now: datetime) -> Today:
    """The list of shop day `on` as it stands; empty and unprepared if nobody has prepared it."""
    return cards.read(on, now)


__all__ = [
    "Card",
    "Group",
    "Prepared",
    "Today",
    "Yesterday",
    "is_prepared",
    "listing",
    "prepare",
    "version_of",
]
