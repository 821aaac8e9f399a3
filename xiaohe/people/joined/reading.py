"""What the ledger of one moment says about who is who."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

import ibis
import numpy as np
import pyarrow as pa

from xiaohe.ledger.engine import Reading
from xiaohe.people.evidence_kinds import KINDS
from xiaohe.people.joined import own_keys
from xiaohe.people.joined.stated import Holder, Level, Saying, Stated, Word

# What sites and apps tell (sources.segment): it names users of theirs, not people of ours.
APP_SOURCES = "segment:"
# Whose subjects are contacts; everyone else's are buyers.
CONTACT_SOURCES = ("wecom",)
BY_HAND = "xiaohe"
# Of a pair or a mark: what the owner said; few, read whole.
WORDS = (
    "identity.merged",
    "identity.unmerged",
    "identity.left_open",
    "identity.marked",
    "identity.unmarked",
)
# Why of an `identity.unmerged`: not this evidence alone, the two themselves are apart; asked whether they are one
# person, the owner said no.
TWO_PEOPLE = frozenset({"two_people", "question"})
# Why of an `identity.left_open`: what was said of the pair before no longer is.
TAKEN_BACK = "taken_back"


def stated(read: Reading) -> Stated:
    """All of it; of orders those that can matter now."""
    return together(of_files(read), by_hand(read, words(read)))


def of_files(read: Reading, *, every_order: bool = False) -> Stated:
    """What files and events say; of orders only those that can matter now, unless all are asked for."""
    seen = read.facts.filter(read.facts.type == "identity.seen", read.facts.source != BY_HAND)
    sayings, left, right, told = _edges(read, seen)
    platforms, of_platform = _platforms(read)
    orders = _bought(read, of_platform)
    if not every_order:
        orders = _that_matter(read.facts, orders)
    bought = read.run(orders)
    return Stated(
        left=left,
        right=right,
        told=told,
        sayings=sayings,
        order=_column(bought, "order_key", np.int64),
        buyer=_column(bought, "subject", np.int64),
        platform=_column(bought, "platform", np.uint16),
        platforms=platforms,
    )


def by_hand(read: Reading, said: pa.Table) -> Stated:
    """What the owner said, and what was told for them (claims): little, and all of it may be taken back."""
    seen = read.facts.filter(read.facts.type == "identity.seen", read.facts.source == BY_HAND)
    sayings, left, right, told = _edges(read, seen)
    hand_left, hand_right, word = pair_words(said)
    return Stated(
        left=left,
        right=right,
        told=told,
        sayings=sayings,
        hand_left=hand_left,
        hand_right=hand_right,
        hand_word=word,
        own=own(said),
    )


def in_rows(rows: Sequence[dict[str, Any]]) -> Stated:
    """What a few facts of files and events say."""
    edges, bought = [], []
    for row in rows:
        if row["source"] == BY_HAND:
            continue
        if row["type"] == "identity.seen":
            saying = saying_of(row["props"], row["source"])
            if saying is not None and saying.level != Level.NONE:
                edges.append((row["subject"], row["other"], saying))
        elif row["type"].startswith("order.") and row["order_key"] is not None:
            bought.append((row["order_key"], row["subject"], row["source"]))
    sayings = tuple(dict.fromkeys(saying for *_ends, saying in edges))
    code = {saying: at for at, saying in enumerate(sayings)}
    bought = sorted(set(bought))
    platforms = tuple(dict.fromkeys(source for *_ends, source in bought))
    of_platform = {source: at for at, source in enumerate(platforms)}
    return Stated(
        left=np.array([left for left, _right, _saying in edges], np.int64),
        right=np.array([right for _left, right, _saying in edges], np.int64),
        told=np.array([code[saying] for *_ends, saying in edges], np.uint16),
        sayings=sayings,
        order=np.array([order for order, _buyer, _source in bought], np.int64),
        buyer=np.array([buyer for _order, buyer, _source in bought], np.int64),
        platform=np.array([of_platform[source] for *_ends, source in bought], np.uint16),
        platforms=platforms,
    )


def together(one: Stated, other: Stated) -> Stated:
    """Both; the pairs and keys of the owner's word are those of `other`."""
    sayings = tuple(dict.fromkeys([*one.sayings, *other.sayings]))
    platforms = tuple(dict.fromkeys([*one.platforms, *other.platforms]))
    return Stated(
        left=np.concatenate([one.left, other.left]),
        right=np.concatenate([one.right, other.right]),
        told=np.concatenate([_coded(each.told, each.sayings, sayings) for each in (one, other)]),
        sayings=sayings,
        order=np.concatenate([one.order, other.order]),
        buyer=np.concatenate([one.buyer, other.buyer]),
        platform=np.concatenate(
            [_coded(each.platform, each.platforms, platforms) for each in (one, other)]
        ),
        platforms=platforms,
        hand_left=other.hand_left,
        hand_right=other.hand_right,
        hand_word=other.hand_word,
        own=other.own,
    )


def _coded(codes: Any, old: Sequence[Any], new: Sequence[Any]) -> Any:
    places = np.array([new.index(each) for each in old] or [0], np.uint16)
    return places[codes] if len(codes) else codes


# ---------------------------------------------------------------- edges


def _edges(read: Reading, seen: ibis.Table) -> tuple[tuple[Saying, ...], Any, Any, Any]:
    """Every saying there is, and the edges; one stated by several facts comes several times: that changes nothing."""
    told = read.run(seen.select("props", "source").distinct().order_by("props", "source"))
    codes: dict[Saying, int] = {}
    rows = []
    for props, source in zip(told["props"].to_pylist(), told["source"].to_pylist(), strict=True):
        saying = saying_of(props, source)
        if saying is not None and saying.level != Level.NONE:
            rows.append((props, source, codes.setdefault(saying, len(codes))))
    columns = list(zip(*rows, strict=True)) or [(), (), ()]
    types = (pa.string(), pa.string(), pa.int64())
    arrays = [pa.array(values, type_) for values, type_ in zip(columns, types, strict=True)]
    known = pa.Table.from_arrays(arrays, names=["props", "source", "told"])
    known = read.register("people_sayings", known)
    asked = seen.inner_join(known, ["props", "source"]).select("subject", "other", "told")
    found = read.run(asked)
    return (
        tuple(codes),
        _column(found, "subject", np.int64),
        _column(found, "other", np.int64),
        _column(found, "told", np.uint16),
    )


def saying_of(props: str | None, source: str) -> Saying | None:
    """What an edge of these properties and this source says; None: nothing we know of."""
    said = json.loads(props) if props else {}
    kind = KINDS.get(str(said.get("kind")))
    if kind is None:
        return None
    return Saying(kind, _holder(kind.name, source), str(said.get("scope") or ""))


def _holder(kind: str, source: str) -> Holder:
    if source.startswith(APP_SOURCES):
        return Holder.DEVICE if kind.startswith("device_") else Holder.USER
    return Holder.CONTACT if source in CONTACT_SOURCES else Holder.BUYER


# ---------------------------------------------------------------- orders


def _platforms(read: Reading) -> tuple[tuple[str, ...], pa.Table]:
    ordered = _ordered(read.facts)
    names = read.run(ordered.select("source").distinct().order_by("source"))["source"].to_pylist()
    codes = pa.array(range(len(names)), pa.int64())
    return tuple(names), pa.table({"source": pa.array(names, pa.string()), "platform": codes})


def _ordered(facts: ibis.Table) -> ibis.Table:
    of_orders = facts.type.startswith("order.") & facts.order_key.notnull()
    return facts.filter(of_orders, facts.source != BY_HAND)


def _bought(read: Reading, platforms: pa.Table) -> ibis.Table:
    known = read.register("people_platforms", platforms)
    ordered = _ordered(read.facts).inner_join(known, "source")
    return ordered.select("order_key", "subject", "platform").distinct()


def _that_matter(facts: ibis.Table, bought: ibis.Table) -> ibis.Table:
    """Orders that are an end of evidence, and those of buyers who are."""
    seen = facts.filter(facts.type == "identity.seen")
    ends = seen.select(end="subject").union(seen.select(end="other"), distinct=True)
    return bought.semi_join(ends, bought.order_key == ends.end).union(
        bought.semi_join(ends, bought.subject == ends.end), distinct=True
    )


# ---------------------------------------------------------------- the owner's word


def words(read: Reading) -> pa.Table:
    """Everything the owner said about pairs and marks, oldest first."""
    said = read.facts.filter(read.facts.type.isin(WORDS))
    asked = said.select("type", "subject", "other", "props", "recorded_at", "key_hash")
    return read.run(asked.order_by("recorded_at", "key_hash"))


def pair_words(said: pa.Table) -> tuple[Any, Any, Any]:
    """What holds of each pair: what was said last; at the same moment, apart wins."""
    last: dict[tuple[int, int], tuple[Any, int, Word | None]] = {}
    for fact in said.to_pylist():
        word = _word(fact)
        if word is None:
            continue
        low, high = sorted((fact["subject"], fact["other"]))
        told = (fact["recorded_at"], *word)
        if (low, high) not in last or told[:2] >= last[low, high][:2]:
            last[low, high] = told
    held = sorted((pair, word) for pair, (_at, _rank, word) in last.items() if word is not None)
    return (
        np.array([low for (low, _high), _word_ in held], np.int64),
        np.array([high for (_low, high), _word_ in held], np.int64),
        np.array([word for _pair, word in held], np.uint8),
    )


def held_of_pair(said: pa.Table, one: int, other: int) -> tuple[str, str] | None:
    """The type and reason that hold of one pair; None if nothing does."""
    left, right, word = pair_words(said)
    held = word[(left == min(one, other)) & (right == max(one, other))]
    if not len(held):
        return None
    if held[0] == Word.TOGETHER:
        return "identity.merged", ""
    return "identity.unmerged", "two_people" if held[0] == Word.TWO else ""


def _word(fact: dict[str, Any]) -> tuple[int, Word | None] | None:
    """How strongly, and what, a fact says of its pair."""
    why = json.loads(fact["props"] or "{}").get("why")
    if fact["type"] == "identity.merged":
        return 1, Word.TOGETHER
    if fact["type"] == "identity.unmerged":
        return (3, Word.TWO) if why in TWO_PEOPLE else (2, Word.APART)
    if fact["type"] == "identity.left_open" and why == TAKEN_BACK:
        return 0, None
    return None


def marks(said: pa.Table) -> dict[int, dict[str, Any] | None]:
    """What was said last of each key or subject ever marked; None of one that is not any more."""
    last: dict[int, dict[str, Any]] = {}
    for fact in said.to_pylist():
        if fact["type"] in ("identity.marked", "identity.unmarked"):
            last[fact["subject"]] = fact
    return {
        subject: {**fact, "props": json.loads(fact["props"] or "{}")}
        if fact["type"] == "identity.marked"
        else None
        for subject, fact in last.items()
    }


def own(said: pa.Table) -> Any:
    """Phones and addresses that are the shop's own: they stand for nobody. What was said of one outranks where it stands."""
    held = marks(said)
    standing = [key for key in own_keys.joining_nobody() if key not in held]
    found: Sequence[int] = standing + [
        subject
        for subject, fact in held.items()
        if fact is not None
        and fact["props"].get("as") == "own"
        and fact["props"].get("on") != "person"
    ]
    return np.array(sorted(found), np.int64)


def _column(table: pa.Table, name: str, dtype: Any) -> Any:
    return table[name].to_numpy().astype(dtype, copy=False)
