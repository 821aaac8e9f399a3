"""The tag of a code is given to everybody who came by it, and goes when the code says another or nobody came after all.

    came by the code: a link that began with it, a claim of it that was joined
    code with a tag ──► tag.added per subject, by "code", at the moment they came
    its tag changed ──► tag.removed, and tag.added of the new one
    the link or the claim was taken back ──► tag.added is taken back, too

What somebody of the shop took away by hand stays away: the code has given it once.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from xiaohe.entries import claims, codes
from xiaohe.entries.models import Claim, ClaimState, Code
from xiaohe.entries.scans import SOURCE
from xiaohe.ledger import engine, stream
from xiaohe.ledger.engine import Reading, prop
from xiaohe.ledger.stream import Fact
from xiaohe.people import overlay as overlays

BY_CODE = "code"
ADDED, REMOVED = "tag.added", "tag.removed"
# Facts told in one commit.
SLICE = 1_000


class Given(NamedTuple):
    """Who has which tag by which code."""

    subject: int
    code: str
    tag: str


@dataclass
class _Told:
    """What the ledger holds of one of them: whether it stands, its last word, and how many there are."""

    stands: bool = False
    last: int = 0
    count: int = 0


def is_asked() -> bool:
    """Whether somebody who comes now may get a tag."""
    return Code.objects.exclude(tag="").exists()


def follow(now: datetime) -> dict[str, int]:
    """Give and take tags until they are what codes say; safe to run twice."""
    known = {code.code: code for code in Code.objects.defer("picture")}
    if not known:
        return {"tagged": 0, "untagged": 0}
    with engine.reading() as read:
        came, told = {**_linked(read), **_claimed()}, _told(read)
    wanted = {
        Given(subject, code, known[code].tag): at
        for (subject, code), at in came.items()
        if code in known and known[code].tag
    }
    held = {given for given, each in told.items() if each.stands}
    new = [
        _fact(ADDED, given, told.get(given), known[given.code], at, now)
        for given, at in sorted(wanted.items())
        if given not in held
    ]
    gone = _gone(held, wanted)
    # Never was: they did not come by it after all. Was, and is no more: the code says something else now.
    taken = {
        given for given in gone if (given.subject, given.code) not in came
        and stream.take_back(told[given].last, now)
    }  # fmt: skip
    over = [
        _fact(REMOVED, given, told[given], known[given.code], now, now)
        for given in gone
        if given not in taken and given.code in known
    ]
    facts = [*new, *over]
    for start in range(0, len(facts), SLICE):
        stream.record(facts[start : start + SLICE], now)
    return {"tagged": len(new), "untagged": len(taken) + len(over)}


def _gone(held: set[Given], wanted: dict[Given, datetime]) -> Sequence[Given]:
    """Held and not wanted, unless the same person has the same tag by another code."""
    over = held - set(wanted)
    if not over:
        return []
    overlay = overlays.current()
    still = {(overlay.person(each.subject), each.tag) for each in wanted}
    return sorted(each for each in over if (overlay.person(each.subject), each.tag) not in still)


def _fact(
    type_: str, given: Given, told: _Told | None, code: Code, at: datetime, now: datetime
) -> Fact:
    count = told.count if told else 0
    source = codes.source_props(code)
    return Fact(
        source=SOURCE,
        key=f"tag:{given.code}:{given.subject}:{given.tag}:{count}",
        type=type_,
        # Given a second time it is given now: what was said in between was not about this.
        occurred_at=now if count else at,
        subject=given.subject,
        props={"group": "", "tag": given.tag, "by": BY_CODE, **source},
    )


# ---------------------------------------------------------------- what is known


def _linked(read: Reading) -> dict[tuple[int, str], datetime]:
    """When each subject came by which code, as their link says."""
    facts = read.facts
    begun = facts.filter(facts.type == "link.started")
    begun = begun.mutate(code=prop(begun.props, "code"))
    begun = begun.filter(begun.code.notnull() & (begun.code != ""))
    each = begun.group_by("subject", "code").aggregate(at=begun.occurred_at.min())
    return {(row["subject"], row["code"]): row["at"] for row in read.run(each).to_pylist()}


def _claimed() -> dict[tuple[int, str], datetime]:
    """The same of claims that were joined."""
    by_id = dict(Code.objects.values_list("id", "code"))
    found: dict[tuple[int, str], datetime] = {}
    joined = Claim.objects.filter(state=ClaimState.JOINED.value)
    for code_id, word, contact, at in joined.values_list("code_id", "word", "contact", "made_at"):
        subject = contact if contact is not None else claims.claim_key(word)
        if code_id in by_id:
            place = (subject, by_id[code_id])
            found[place] = min(found.get(place, at), at)
    return found


def _told(read: Reading) -> dict[Given, _Told]:
    facts = read.facts
    said = facts.filter(facts.type.isin([ADDED, REMOVED]), facts.source == SOURCE)
    said = said.filter(prop(said.props, "by") == BY_CODE)
    said = said.select("subject", "type", "props", "key_hash", "recorded_at")
    found: dict[Given, _Told] = {}
    rows: list[dict[str, Any]] = read.run(said.order_by("recorded_at", "key_hash")).to_pylist()
    for row in rows:
        props = json.loads(row["props"])
        each = found.setdefault(Given(row["subject"], props["code"], props["tag"]), _Told())
        each.stands, each.last = row["type"] == ADDED, row["key_hash"]
        each.count += 1
    return found
