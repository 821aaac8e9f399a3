"""The day's list as a page shows it: cards with name, reason and words, and who was not listed because of what."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count

from xiaohe.autopilot import sentences
from xiaohe.autopilot.last_bought import Names
from xiaohe.people import names, overlay
from xiaohe.shop.models import Account, Shop
from xiaohe.shop.queries import calendar, the_shop
from xiaohe.touch.governor import Kind, Rule, Rules, is_quiet
from xiaohe.touch.models import Day, Decision, Listed, Task, TaskState, WordsUsed
from xiaohe.touch.programs import Program
from xiaohe.touch.rules import group_sentence
from xiaohe.touch.words import Reason, Sentence, choose, language_of


@dataclass(frozen=True)
class Card:
    """One person on the list."""

    task: int
    person: int
    name: str
    search_for: str
    bought: str
    occasions: int
    reason: str
    advice: str
    account: str
    sentence: Sentence | None
    others: tuple[Sentence, ...]  # 〔another〕
    program: Program
    state: TaskState
    ending: str
    copied: bool
    ordered_amount: int | None
    last_tap: int | None  # what an undo takes back
    value: int | None
    chance: float | None

    @property
    def is_open(self) -> bool:
        return self.state is TaskState.OPEN


@dataclass(frozen=True)
class Group:
    """People not listed today, by the rule that kept them off."""

    rule: Rule
    count: int
    sentence: str


@dataclass(frozen=True)
class Yesterday:
    """The list before this one: how many, and how many of them nobody has said anything about."""

    on: date
    people: int
    open: int


@dataclass(frozen=True)
class Today:
    """The page's answer."""

    on: date
    is_prepared: bool
    first_line: str
    data_until: date | None
    data_age_days: int
    data_line: str
    cards: tuple[Card, ...]
    not_listed: tuple[Group, ...]
    yesterday: Yesterday | None
    minutes: int
    expected: str
    is_quiet: bool
    currency: str


# The order of "not listed today"; what a seller asks first comes first.
GROUP_ORDER = tuple(Rule)


def read(on: date, now: datetime) -> Today:
    """The list of shop day `on` as it stands."""
    shop = the_shop()
    day = Day.objects.filter(on=on).first()
    lines = list(Listed.objects.filter(on=on).select_related("task").order_by("position"))
    until = day.data_until if day else None
    age = (on - until).days if until else 0
    cards = tuple(_cards(lines, shop, age))
    open_cards = [card for card in cards if card.is_open]
    money = [(c.value, c.chance) for c in open_cards if c.value and c.chance is not None]
    # What rests on presets is no experience of this shop: no sum of money.
    preset = any(line.known.get("preset") for line in lines)
    rules = Rules(quiet_from=shop.quiet_from, quiet_to=shop.quiet_to)
    return Today(
        on=on,
        is_prepared=day is not None,
        first_line=sentences.first_line(len(cards)),
        data_until=until,
        data_age_days=age,
        data_line=sentences.data_until(on, until),
        cards=cards,
        not_listed=tuple(not_listed(on)),
        yesterday=_yesterday(on),
        minutes=sentences.minutes(len(open_cards)),
        expected="" if preset else sentences.expected(money, shop.currency),
        is_quiet=is_quiet(calendar().local(now).time(), rules),
        currency=shop.currency,
    )


def not_listed(on: date) -> list[Group]:
    """How many people were kept off the list of that day, by rule."""
    kept = Decision.objects.filter(on=on, is_main=True).exclude(kind=Kind.ALLOW.value)
    counts = dict(kept.values_list("rule").annotate(n=Count("id")).values_list("rule", "n"))
    return [
        Group(rule, counts[rule.value], group_sentence(rule, counts[rule.value]))
        for rule in GROUP_ORDER
        if counts.get(rule.value)
    ]


def people_not_listed(on: date, rule: Rule) -> list[int]:
    """The people behind one of the groups, by id."""
    found = Decision.objects.filter(on=on, is_main=True, rule=rule.value)
    return list(
        found.exclude(kind=Kind.ALLOW.value).order_by("person").values_list("person", flat=True)
    )


def _yesterday(on: date) -> Yesterday | None:
    before = Day.objects.filter(on__lt=on).order_by("-on").first()
    if before is None:
        return None
    states = list(Listed.objects.filter(on=before.on).values_list("task__state", flat=True))
    if not states:
        return None
    return Yesterday(before.on, len(states), states.count(TaskState.OPEN.value))


def _cards(lines: Sequence[Listed], shop: Shop, age: int) -> Iterable[Card]:
    tasks = [line.task for line in lines]
    people = {task.pk: overlay.current().person(task.person) for task in tasks}
    shown = names.display(list(people.values())) if people else {}
    accounts = dict(
        Account.objects.filter(pk__in=[t.account_id for t in tasks]).values_list("id", "name")
    )
    found_under = names.hints([task.link_subject for task in tasks if task.link_subject])
    used = _used(tasks, people)
    taps = _last_taps(tasks)
    goods = Names((line.known.get("item") for line in lines), lines[0].on) if lines else None
    for line in lines:
        task = line.task
        person = people[task.pk]
        ready = _ready(task, line.known, used[person], shop, age, goods)
        name = shown.get(person)
        known = line.known
        yield Card(
            task=task.pk,
            person=person,
            name=name.name if name else "",
            search_for=found_under.get(task.link_subject or 0)
            or (name.search_hint if name else ""),
            bought=sentences.bought(known.get("occasions")),
            occasions=known.get("occasions") or 0,
            reason=sentences.why(task.program, known),
            advice=sentences.advice(task.program, known),
            account=accounts.get(task.account_id or 0, ""),
            sentence=ready[0] if ready else None,
            others=tuple(ready[1:]),
            program=Program(task.program),
            state=TaskState(task.state),
            ending=task.ending,
            copied=task.copied_at is not None,
            ordered_amount=task.ordered_amount,
            last_tap=taps.get(task.pk),
            value=known.get("value"),
            chance=known.get("chance"),
        )


def _used(tasks: Sequence[Task], people: Mapping[int, int]) -> dict[int, dict[str, set[int]]]:
    """Per person, which words were used by which tasks; under any id the person has had."""
    found: dict[int, dict[str, set[int]]] = defaultdict(lambda: defaultdict(set))
    now = overlay.current()
    ids = {subject for person in people.values() for subject in now.subjects(person)}
    rows = WordsUsed.objects.filter(person__in=ids).values_list("person", "template", "task_id")
    for person, template, task in rows:
        found[now.person(person)][template].add(task)
    return found


def _ready(
    task: Task,
    known: Mapping[str, Any],
    used: Mapping[str, set[int]],
    shop: Shop,
    age: int,
    goods: Names | None,
) -> list[Sentence]:
    """What may be copied for this task, the chosen words first; words of this very task count as fresh."""
    taken = {template for template, by in used.items() if by - {task.pk}}
    ready = choose(
        Reason(known["reason"]),
        person=task.person,
        language=language_of(shop.language),
        used=taken,
        slots={"me": shop.voice, **(goods.slots(known.get("item")) if goods else {})},
        confirmed=goods.confirmed(known.get("item")) if goods else (),
        data_age_days=age,
    )
    return sorted(ready, key=lambda sentence: sentence.template != task.template)


def _last_taps(tasks: Sequence[Task]) -> dict[int, int]:
    from xiaohe.touch.models import Tap

    rows = Tap.objects.filter(task__in=tasks, taken_back_at=None).order_by("id")
    return dict(rows.values_list("task_id", "id"))
