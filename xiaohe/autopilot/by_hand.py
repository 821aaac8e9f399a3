"""People put on a day's list by hand: the governor says of each whether they may be, and the list follows.

look(people, on, now)      who could stand on it and who not, and why; writes nothing
ask(slug, …) ─► job        those of a segment who may, put on it and the list prepared, in the background
put(people, …) ─► undo     those who may stand on the list of that day, until it is taken back

Putting somebody on the list sends nothing: before a touch the governor is asked once more.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime

from django.utils.translation import get_language

from xiaohe import jobs
from xiaohe.autopilot import today
from xiaohe.autopilot.cards import GROUP_ORDER, Group
from xiaohe.autopilot.compose import MOST_CHOSEN
from xiaohe.autopilot.plan import choosing, chosen_for
from xiaohe.kernel import store
from xiaohe.ledger.instants import to_us
from xiaohe.touch.governor import Kind, Rule
from xiaohe.touch.models import Chosen, Listed
from xiaohe.touch.rules import group_sentence

# A day takes MOST_CHOSEN by hand: of a larger segment only the first of an order can be among them.
MOST_LOOKED_AT = 1_000
ADD, FOLLOW = "autopilot.add", "autopilot.follow"


@dataclass(frozen=True)
class Looked:
    """`may` in the order given and at most what a day holds; the rest is left out, each with its rule."""

    may: tuple[int, ...]
    left: tuple[Group, ...]
    already: int
    # Who they are, by the rule that leaves them out, and whoever is on the list already.
    left_out: Mapping[Rule, tuple[int, ...]] = field(default_factory=dict)
    there: tuple[int, ...] = ()


def look(people: Sequence[int], on: date, now: datetime) -> Looked:
    """Who of the first MOST_LOOKED_AT of them could be written to on `on`."""
    people = people[:MOST_LOOKED_AT]
    listed = set(Listed.objects.filter(on=on).values_list("task__person", flat=True))
    chosen = chosen_for(on)
    fresh = [each for each in people if each not in listed and each not in chosen]
    decided = {each.proposal.person: each.decision for each in choosing(on, fresh, before=now)}
    allowed = [each for each in fresh if each in decided and decided[each].kind is Kind.ALLOW]
    room = max(MOST_CHOSEN - len(chosen), 0)
    left_out: dict[Rule, list[int]] = defaultdict(list)
    for each in fresh:
        if each in decided and decided[each].kind is not Kind.ALLOW:
            left_out[decided[each].rule].append(each)
    left_out[Rule.DAILY_LIMIT] += allowed[room:]
    left = tuple(
        Group(rule, len(left_out[rule]), group_sentence(rule, len(left_out[rule])))
        for rule in GROUP_ORDER
        if left_out[rule]
    )
    known = set(fresh)
    return Looked(
        tuple(allowed[:room]),
        left,
        len(people) - len(fresh),
        {each.rule: tuple(left_out[each.rule]) for each in left},
        tuple(each for each in people if each not in known),
    )


def ask(slug: str, on: date, now: datetime, user: int | None) -> int:
    """Have people of a segment put on the list of `on`; the job, whose result says how many were."""
    payload = {
        "slug": slug,
        "on": on.isoformat(),
        "at": to_us(now),
        "user": user,
        # A card says from which segment, in the words of whoever chose it.
        "language": get_language(),
    }
    return jobs.enqueue(ADD, payload, dedupe=f"{ADD}:{slug}")


def is_working() -> bool:
    """Whether the list is being changed at this moment."""
    return any(last is not None and last.is_open for last in map(jobs.latest, (ADD, FOLLOW)))


def put(
    people: Sequence[int], *, slug: str, name: str, on: date, now: datetime, user: int | None
) -> Looked:
    """Put those who may be on the list of `on`; safe to repeat."""
    looked = look(people, on, now)
    with store.write():
        Chosen.objects.bulk_create(
            [
                Chosen(on=on, person=each, segment=slug, name=name, at=now, user_id=user)
                for each in looked.may
            ],
            ignore_conflicts=True,
        )
    _follow(on, now)
    return looked


def put_by(slug: str, at: datetime, on: date) -> int:
    """How many one tap put on the list."""
    return Chosen.objects.filter(on=on, segment=slug, at=at).count()


def undo(slug: str, at: datetime, on: date) -> None:
    """Take off whom one tap put on; the list follows soon. Whoever was written to meanwhile stays where it has them."""
    with store.write():
        Chosen.objects.filter(on=on, segment=slug, at=at).delete()
        jobs.enqueue(FOLLOW, {"on": on.isoformat()}, dedupe=FOLLOW)


def _follow(on: date, now: datetime) -> None:
    """The list follows at once."""
    today.prepare(on, now, anew=True)
