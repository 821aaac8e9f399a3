"""The few yes/no questions worth a minute of the owner's, and what each answer does.

| answer  | fact                | consequence |
|---------|---------------------|-------------|
| yes     | identity.merged     | one person from now on, everywhere |
| no      | identity.unmerged   | never asked again |
| unknown | identity.left_open  | not asked again until something new speaks for it |

Nothing likely joins by itself. Each answer is taken back by `actions.undo`, and teaches the weights.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_lazy as _

from xiaohe import jobs
from xiaohe.kernel.errors import NotFound
from xiaohe.kernel.ids import mix
from xiaohe.ledger import engine, stream
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.stream import Fact
from xiaohe.people import actions
from xiaohe.people import overlay as overlays
from xiaohe.people.actions import Done
from xiaohe.people.likely import table
from xiaohe.people.likely.said import OPEN, said_in
from xiaohe.stats.fellegi_sunter import entropy

AT_MOST = 5
# Worth is looked up for so many of the likeliest pairs: what comes after them is never among the first five.
CONSIDERED = 2_000
# Buyers of two platforms are listed from an even chance on; a longer list is never read.
RATHER_ONE = 0.5
MOST_ACROSS = 5_000
REBUILD = "people.likely"
WHY = "question"

Values = Callable[[Sequence[int]], Mapping[int, float]]


class Answer(StrEnum):
    YES = "yes"
    NO = "no"
    UNKNOWN = "unknown"


@dataclass(frozen=True)
class Question:
    """Is the contact `left` the buyer `right`? Or, `between` platforms: are these two buyers one person?

    `because`: codes of what agrees, never values.
    """

    id: str
    left: int
    right: int
    chance: float
    value: float  # what the buyer is worth, in minor units; 1 where nobody says
    score: float
    because: tuple[str, ...]
    between: str = table.CONTACT


def questions(
    now: datetime, limit: int = AT_MOST, *, values: Values | None = None
) -> list[Question]:
    """The questions worth most: chance × what the buyer is worth × uncertainty (bits); one per contact and buyer.

    `values` tells what buyers are worth to know, by person; a room above this one knows. Empty before the table was
    built, which is then asked for.
    """
    likely = table.current()
    if likely is None:
        ask_for_table()
        return []
    kinds = [_of_kind(likely.pairs, kind) for kind in (table.CONTACT, table.PLATFORMS)]
    return _different(_asked([each.slice(0, CONSIDERED) for each in kinds], values), limit)


def across_platforms(limit: int, *, values: Values | None = None) -> tuple[list[Question], int]:
    """Buyers of two platforms who are one person rather than not, those worth most first, and how many in all.

    A pair that follows from others listed before it is left out: yes to those says it as well.
    """
    likely = table.current()
    if likely is None:
        ask_for_table()
        return [], 0
    pairs = _of_kind(likely.pairs, table.PLATFORMS)
    pairs = pairs.filter(pc.greater_equal(pairs["chance"], RATHER_ONE)).slice(0, MOST_ACROSS)
    found = sorted(_asked([pairs], values), key=lambda each: (-each.chance * each.value, each.id))
    together: dict[int, int] = {}
    listed = []
    for each in found:
        left, right = _root(together, each.left), _root(together, each.right)
        if left != right:
            together[left] = right
            listed.append(each)
    return listed[:limit], len(listed)


def _root(together: dict[int, int], person: int) -> int:
    while person in together:
        person = together[person]
    return person


def _of_kind(pairs: pa.Table, kind: str) -> pa.Table:
    return pairs.filter(pc.equal(pairs["between"], kind))


def _asked(parts: Sequence[pa.Table], values: Values | None) -> list[Question]:
    """What may be asked now of these pairs, by falling score."""
    pairs = pa.concat_tables(parts)
    overlay = overlays.current()
    with engine.reading() as read:
        said = said_in(read, overlay)
    ids = question_ids(pairs["left"].to_numpy(), pairs["right"].to_numpy())
    rows = pairs.to_pylist()
    lefts = [overlay.person(row["left"]) for row in rows]
    rights = [overlay.person(row["right"]) for row in rows]
    of_contacts = [row["between"] == table.CONTACT for row in rows]
    # Contacts who are a buyer by now.
    found_since = {left for left, is_contact in zip(lefts, of_contacts, strict=True) if is_contact}
    found_since &= set(rights)
    wanted = {*rights, *(left for left, each in zip(lefts, of_contacts, strict=True) if not each)}
    worth = values(sorted(wanted)) if values is not None else None
    bits = entropy(pairs["chance"].to_numpy())
    asked = []
    for at, (row, left, right) in enumerate(zip(rows, lefts, rights, strict=True)):
        because, chance = row["because"], row["chance"]
        is_known = left in found_since if of_contacts[at] else left == right
        if is_known or not said.may_ask(left, right, frozenset(because)):
            continue
        value = 1.0 if worth is None else float(worth.get(right, 0.0))
        if worth is not None and not of_contacts[at]:
            value = max(value, float(worth.get(left, 0.0)))
        score = chance * value * float(bits[at])
        asked.append(
            Question(ids[at], left, right, chance, value, score, tuple(because), row["between"])
        )
    return sorted(asked, key=lambda each: (-each.score, each.id))


def question(question_id: str) -> Question:
    """One question by its id, asked or not; raises NotFound if it is not one (any more)."""
    likely = table.current()
    if likely is not None:
        left = likely.pairs["left"].to_numpy()
        right = likely.pairs["right"].to_numpy()
        ids = question_ids(left, right)
        if question_id in ids:
            row = likely.pairs.slice(ids.index(question_id), 1).to_pylist()[0]
            return Question(
                question_id,
                row["left"],
                row["right"],
                row["chance"],
                1.0,
                row["chance"],
                tuple(row["because"]),
                row["between"],
            )
    raise NotFound("no_such_question", _("This is not asked any more."))


def answer(question_id: str, said: Answer, now: datetime) -> Done:
    """Record an answer as a fact and ask for the weights to be learned again; `actions.undo` takes it back."""
    asked = question(question_id)
    if said is Answer.YES:
        done = actions.join(asked.left, asked.right, now, why=WHY)
    elif said is Answer.NO:
        done = actions.split(asked.left, asked.right, now, why=WHY)
    else:
        done = _left_open(asked, now)
    ask_for_table()
    return done


def all_one(question_ids: Sequence[str], now: datetime) -> Done:
    """Yes to several questions about buyers of two platforms at once; those settled since are passed over."""
    pairs: list[tuple[int, int]] = []
    for each in dict.fromkeys(question_ids):
        try:
            asked = question(each)
        except NotFound:
            continue
        if asked.between == table.PLATFORMS:
            pairs.append((asked.left, asked.right))
    done = actions.join_all(pairs, now, why=WHY)
    ask_for_table()
    return done


def ask_for_table() -> None:
    """Have the table rebuilt in the background, once however often it is asked for."""
    jobs.enqueue(REBUILD, dedupe=REBUILD)


def question_ids(left: np.ndarray, right: np.ndarray) -> list[str]:
    """The name of each pair's question: the same for the same pair, and nothing else."""
    return [f"{each:x}" for each in mix(left, right).tolist()]


def _left_open(asked: Question, now: datetime) -> Done:
    fact = Fact(
        source=actions.SOURCE,
        key=f"{OPEN}:{asked.left}:{asked.right}:{now.isoformat(timespec='microseconds')}",
        type=OPEN,
        occurred_at=now,
        subject=asked.left,
        other=asked.right,
        props={"because": list(asked.because), "why": WHY},
    )
    stream.record([fact], now=now)
    return Done((key_hash(fact.source, fact.key),))


def _different(ranked: Sequence[Question], limit: int) -> list[Question]:
    """The best of each contact and each buyer: five questions are about five people."""
    taken: set[int] = set()
    chosen: list[Question] = []
    for each in ranked:
        if len(chosen) == limit or each.score <= 0:
            break
        if each.left not in taken and each.right not in taken:
            taken |= {each.left, each.right}
            chosen.append(each)
    return chosen
