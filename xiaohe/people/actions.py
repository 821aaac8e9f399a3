"""What the owner says about who is who: each a fact of its own, each taken back by `undo`.

| tap           | facts                              | consequence |
|---------------|------------------------------------|-------------|
| i_have_them   | link.started on the buyer          | the buyer is linked through that account; nothing is joined |
| not_them      | identity.unmerged per evidence,    | contact and buyer are two people again; |
|               | or link.ended of an i_have_them    | a link said by hand ends |
| split         | identity.unmerged of one evidence  | what only this evidence held together falls apart |
| join          | identity.merged                    | two persons are one |
| not_in_wechat | link.denied on the buyer           | nobody asks again whether they are in that account |

Files are never changed by it, and a file imported again does not overrule the owner (overlay.py).
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import Conflict, NotFound
from xiaohe.kernel.store import write
from xiaohe.ledger import engine, stream
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.stream import Fact
from xiaohe.people import overlay as overlays
from xiaohe.people.joined import reading
from xiaohe.shop.models import Account, AccountKind

SOURCE = "xiaohe"
LINK_KIND = {
    AccountKind.WECOM: "friend",
    AccountKind.PERSONAL_WECHAT: "friend",
    AccountKind.GROUP: "group",
    AccountKind.APP: "app",
    AccountKind.OFFICIAL_ACCOUNT: "follow",
}
BY_TAP = "tap"
# What says the opposite of a fact, for taking back what is too old to be retracted.
OPPOSITE = {
    "identity.marked": "identity.unmarked",
    "identity.unmarked": "identity.marked",
    "link.started": "link.ended",
    "link.ended": "link.started",
}
# Of a pair the word before holds again, which may have been none.
OF_PAIRS = ("identity.merged", "identity.unmerged")


@dataclass(frozen=True)
class Done:
    """What a tap recorded; hand `facts` to `undo` to take all of it back."""

    facts: tuple[int, ...]


def i_have_them(person: int, account_id: int, now: datetime) -> Done:
    """The owner has this buyer in that account; personal WeChat exports nothing, so the owner says it."""
    account = Account.objects.filter(pk=account_id).first()
    if account is None:
        raise NotFound("no_such_account", _("There is no such account."))
    kind = LINK_KIND.get(AccountKind(account.kind))
    if kind is None:
        raise Conflict("no_link_kind", _("Nobody is linked through an account of this kind."))
    with engine.reading() as read:
        subject = _buyer_subject(read, person)
    return _record(
        [
            _fact(
                "link.started",
                subject,
                now,
                account_id=account_id,
                props={"kind": kind, "via": BY_TAP},
            )
        ],
        now,
    )


def not_in_wechat(person: int, account_id: int | None, now: datetime) -> Done:
    """Asked whether they have this buyer, the owner said no; of all accounts if none is named (answered.py)."""
    with engine.reading() as read:
        subject = _buyer_subject(read, person)
    return _record([_fact("link.denied", subject, now, account_id=account_id)], now)


def not_them(person: int, account_id: int, now: datetime) -> Done:
    """Whoever that account has is not this person; raises Conflict if the account has nobody for them."""
    with engine.reading() as read:
        facts = [
            fact
            for subject in _linked_subjects(read, person, account_id)
            for fact in _parting(read, subject, now)
        ]
    if not facts:
        raise Conflict("nothing_to_part", _("This person is not linked through that account."))
    return _record(facts, now)


def parting_facts(person: int, link_subject: int, now: datetime) -> list[Fact]:
    """The facts that part a link's subject from the person, for a caller who records them itself."""
    with engine.reading() as read:
        return _parting(read, link_subject, now)


def split(subject: int, other: int, now: datetime, *, why: str = "") -> Done:
    """Take one evidence back: `subject` and `other` are not keys of one person. `why`: a published reason code."""
    return _record([_apart(subject, other, now, why)], now)


def join(subject: int, other: int, now: datetime, *, why: str = "") -> Done:
    """Two persons are one; also joins again what was split."""
    if subject == other:
        raise Conflict("same_person", _("These two are one person already."))
    return _record([_fact("identity.merged", subject, now, other=other, props=_why(why))], now)


def join_all(pairs: Sequence[tuple[int, int]], now: datetime, *, why: str = "") -> Done:
    """Several pairs of persons are one each, said in one go."""
    return _record(
        [_fact("identity.merged", one, now, other=other, props=_why(why)) for one, other in pairs],
        now,
    )


def state(type_: str, subject: int, now: datetime, *, props: dict[str, Any]) -> Done:
    """Record what the owner says of one subject or key, as `marks` does."""
    return _record([_fact(type_, subject, now, props=props)], now)


def undo(facts: Sequence[int], now: datetime) -> None:
    """Take back what a tap recorded; older than a month, the opposite is recorded instead. Safe to repeat."""
    with write():
        old = [each for each in facts if not stream.take_back(each, now=now)]
    if not old:
        return
    with engine.reading() as read:
        wanted = read.register("taken_back", pa.table({"key_hash": pa.array(old, pa.int64())}))
        stated = read.run(read.facts.semi_join(wanted, "key_hash")).to_pylist()
        said = reading.words(read)
    # What was only left open says nothing that could be denied.
    ours = [fact for fact in stated if fact["source"] == SOURCE]
    back = [_opposite(fact, now) for fact in ours if fact["type"] in OPPOSITE]
    back += [_as_before(fact, said, now) for fact in ours if fact["type"] in OF_PAIRS]
    back += [_no_longer_said(fact, now) for fact in ours if fact["type"] == "link.denied"]
    _record(back, now)


# ---------------------------------------------------------------- what is said


def _fact(type_: str, subject: int, now: datetime, **columns: Any) -> Fact:
    ends = f"{subject}:{columns.get('other') or columns.get('account_id')}"
    key = f"{type_}:{ends}:{now.isoformat(timespec='microseconds')}"
    return Fact(source=SOURCE, key=key, type=type_, occurred_at=now, subject=subject, **columns)


def _apart(subject: int, other: int, now: datetime, why: str = "") -> Fact:
    return _fact("identity.unmerged", subject, now, other=other, props=_why(why))


def _why(code: str) -> dict[str, Any] | None:
    return {"why": code} if code else None


def _as_before(fact: dict[str, Any], said: pa.Table, now: datetime) -> Fact:
    """What the owner said of the pair before, or that nothing is said of it."""
    rest = said.filter(pc.not_equal(said["key_hash"], fact["key_hash"]))
    held = reading.held_of_pair(rest, fact["subject"], fact["other"])
    type_, why = held or ("identity.left_open", reading.TAKEN_BACK)
    return _fact(type_, fact["subject"], now, other=fact["other"], props=_why(why))


def _no_longer_said(fact: dict[str, Any], now: datetime) -> Fact:
    account = fact["account_id"]
    props = _why(reading.TAKEN_BACK)
    return _fact(fact["type"], fact["subject"], now, account_id=account, props=props)


def _opposite(fact: dict[str, Any], now: datetime) -> Fact:
    props = json.loads(fact["props"]) if fact["props"] else None
    if fact["type"].startswith("link.") and props:
        props = {"kind": props["kind"]}
    return _fact(
        OPPOSITE[fact["type"]],
        fact["subject"],
        now,
        other=fact["other"],
        account_id=fact["account_id"],
        props=props,
    )


def _record(facts: Sequence[Fact], now: datetime) -> Done:
    if facts:
        stream.record(facts, now=now)
    return Done(tuple(key_hash(fact.source, fact.key) for fact in facts))


# ---------------------------------------------------------------- what is known


def _buyer_subject(read: Reading, person: int) -> int:
    """The person's own subject that bought; the person itself if none did."""
    overlay = overlays.current()
    subjects = overlay.subjects(overlay.person(person))
    if len(subjects) == 1:
        return subjects[0]
    theirs = read.register("their_subjects", pa.table({"subject": subjects}))
    bought = read.facts.filter(read.facts.type.startswith("order."))
    found = read.run(bought.semi_join(theirs, "subject").select("subject").distinct())
    return min(found["subject"].to_pylist(), default=subjects[0])


def _linked_subjects(read: Reading, person: int, account_id: int) -> list[int]:
    overlay = overlays.current()
    theirs = read.register(
        "their_subjects", pa.table({"subject": overlay.subjects(overlay.person(person))})
    )
    started = read.facts.filter(
        read.facts.type == "link.started", read.facts.account_id == account_id
    )
    found = read.run(started.semi_join(theirs, "subject").select("subject").distinct())
    return sorted(found["subject"].to_pylist())


def _parting(read: Reading, subject: int, now: datetime) -> list[Fact]:
    """Cut every evidence of a contact; a link that was only said by hand ends instead."""
    about = read.facts.filter((read.facts.subject == subject) | (read.facts.other == subject))
    types = ["identity.seen", "identity.merged", "link.started"]
    known = read.run(about.filter(about.type.isin(types)).order_by("recorded_at", "key_hash"))
    stated = known.to_pylist()
    by_hand = [
        fact for fact in stated if fact["type"] == "link.started" and fact["source"] == SOURCE
    ]
    if by_hand:
        return [_opposite(fact, now) for fact in _each_once(by_hand, "account_id")]
    edges = [fact for fact in stated if fact["type"] != "link.started"]
    return [
        _apart(fact["subject"], fact["other"], now)
        for fact in _each_once(edges, "subject", "other")
    ]


def _each_once(facts: Sequence[dict[str, Any]], *columns: str) -> list[dict[str, Any]]:
    return list({tuple(fact[column] for column in columns): fact for fact in facts}.values())
