"""Who is who right now: the overlay that re-points subjects to persons.

    with engine.reading() as read:
        persons = person_of(read)        # subject, person: only subjects that are not their own person

A person's id is the subject of theirs that was recorded first (recorded_at, then import, then the smaller
id). Any subject of a person finds them, so a link to a former id keeps working after a join or an undo.

Evidence that joins, all of it certain: a complete phone seen with one buyer only, an order number in a
contact's text, and what the owner said. The owner's word outranks files: what was taken apart stays apart
when the same file is imported again, until the owner joins it or takes the tap back.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from functools import cached_property
from threading import Lock
from time import monotonic

import ibis
import numpy as np
import pyarrow as pa

from xiaohe.kernel import workspace
from xiaohe.ledger import engine
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.engine import Reading
from xiaohe.people.components import (
    Evidence,
    Ids,
    Told,
    components,
    joined_pairs,
    joining_app_edges,
    quarantined_phones,
)

SCHEMA = pa.schema([("subject", pa.int64()), ("person", pa.int64())])
BY_PHONE = as_json({"kind": "phone"})
BY_ORDER = as_json({"kind": "order_no"})
# What sites and apps tell (sources.segment), by who is named.
BY_APP = {
    as_json({"kind": kind}): told
    for kind, told in (
        ("alias", Told.ALIAS),
        ("device", Told.USER),
        ("phone", Told.USER),
        ("email", Told.USER),
        ("device_phone", Told.DEVICE),
        ("device_email", Told.DEVICE),
    )
}
APP_SOURCES = "segment:"
BY_DEVICE_PHONE = as_json({"kind": "device_phone"})
# Whose subjects are contacts; everyone else's are buyers.
CONTACT_SOURCES = ("wecom",)


def person_of(read: Reading) -> pa.Table:
    """The overlay of one moment: `subject`, `person` of every re-pointed subject, ascending."""
    return overlay_of(read).table


@dataclass(frozen=True)
class Overlay:
    """The overlay with lookups both ways."""

    table: pa.Table
    quarantined: frozenset[int] = field(default_factory=frozenset)
    # Pairs a site or an app told that join nothing, because two of its users would be one by them.
    unused: frozenset[tuple[int, int]] = field(default_factory=frozenset)

    def person(self, subject: int) -> int:
        """The person a subject (or a former person id) belongs to; itself if it was never re-pointed."""
        subjects, persons = self._by_subject
        at = int(np.searchsorted(subjects, subject))
        return int(persons[at]) if at < len(subjects) and subjects[at] == subject else subject

    def subjects(self, person: int) -> list[int]:
        """Every subject of a person, the person's own id first."""
        persons, subjects = self._by_person
        first, last = np.searchsorted(persons, [person, person + 1])
        return [person, *subjects[first:last].tolist()]

    # Arrays, not dictionaries: every process keeps one overlay, of a million subjects if need be.

    @cached_property
    def _by_subject(self) -> tuple[Ids, Ids]:
        return _ids(self.table, "subject"), _ids(self.table, "person")

    @cached_property
    def _by_person(self) -> tuple[Ids, Ids]:
        subjects, persons = self._by_subject
        order = np.lexsort((subjects, persons))
        return persons[order], subjects[order]


def overlay_of(read: Reading) -> Overlay:
    evidence = evidence_in(read)
    nodes, root = components(*joined_pairs(evidence))
    first = _first_recorded(read, nodes)
    unused = ~joining_app_edges(evidence)
    pairs = zip(
        evidence.app_subject[unused].tolist(), evidence.app_key[unused].tolist(), strict=True
    )
    return Overlay(
        _pointed(first, nodes, root),
        frozenset(quarantined_phones(evidence).tolist()),
        frozenset(pairs),
    )


# ---------------------------------------------------------------- one overlay per version and process

_KEPT = 4


@dataclass(frozen=True)
class _Kept:
    tap_version: int
    hand: pa.Table
    told: pa.Table
    overlay: Overlay
    # When it was put together, and how long that took: while events pour in, at most a twentieth of the time.
    since: float
    took: float

    def may_wait(self) -> bool:
        return monotonic() < self.since + 20 * self.took


_kept: dict[tuple[bytes, int], _Kept] = {}
_lock = Lock()


def current() -> Overlay:
    """The overlay of this moment, kept in memory until files or the owner's word about people change."""
    version, tap_version = ledger_store.versions()
    # The secret tells apart two sample shops that lived in the same folder one after the other.
    secret = workspace.current().secret("hash")
    known = _kept.get((secret, version))
    if known is not None and known.tap_version == tap_version:
        return known.overlay
    with engine.reading() as read:
        hand = read.run(_by_hand(read.facts))
        told = read.run(_told(read.facts))
        known = _kept.get((secret, read.version))
        # Most taps and events say nothing about who is who.
        same = known is not None and known.hand.equals(hand)
        if known is not None and same and (known.told.equals(told) or known.may_wait()):
            kept = replace(known, tap_version=read.tap_version)
        else:
            began = monotonic()
            found = overlay_of(read)
            now = monotonic()
            kept = _Kept(read.tap_version, hand, told, found, now, now - began)
    with _lock:
        _kept.pop((secret, read.version), None)
        _kept[secret, read.version] = kept
        while len(_kept) > _KEPT:
            del _kept[next(iter(_kept))]
    return kept.overlay


# ---------------------------------------------------------------- reading evidence


def evidence_in(read: Reading) -> Evidence:
    """The live evidence of one moment, without phones that can join nothing."""
    phones = read.run(_phone_edges(read.facts))
    orders = read.run(_order_edges(read.facts))
    hand = read.run(_by_hand(read.facts))
    app = read.run(_app_edges(read.facts))
    return Evidence(
        phone_subject=_ids(phones, "subject"),
        phone=_ids(phones, "other"),
        phone_of_contact=phones["of_contact"].to_numpy(),
        order_contact=_ids(orders, "subject"),
        order_key=_ids(orders, "other"),
        order_buyer=_ids(orders, "buyer"),
        hand_left=_ids(hand, "low"),
        hand_right=_ids(hand, "high"),
        hand_together=hand["together"].to_numpy(),
        app_subject=_ids(app, "subject"),
        app_key=_ids(app, "other"),
        app_told=_ids(app, "told"),
    )


def _phone_edges(facts: ibis.Table) -> ibis.Table:
    """Phones seen with two subjects or more, or that are a buyer themselves: the rest cannot join."""
    seen = facts.filter(
        facts.type == "identity.seen", facts.props.isin([BY_PHONE, BY_DEVICE_PHONE])
    )
    every = seen.mutate(of_app=seen.source.startswith(APP_SOURCES))
    seen = every.filter(~every.of_app)
    edges = (
        seen.mutate(of_contact=seen.source.isin(CONTACT_SOURCES))
        .select("subject", "other", "of_contact")
        .distinct()
    )
    # With those of sites and apps: a contact's phone may be that of one of their users.
    shared = every.group_by("other").agg(subjects=every.subject.nunique())
    shared = shared.filter(shared.subjects > 1).select("other")
    ordered = facts.filter(facts.type.startswith("order."))
    buyers = ordered.semi_join(edges, ordered.subject == edges.other).select(other="subject")
    return edges.semi_join(shared.union(buyers, distinct=True), "other")


def _told(facts: ibis.Table) -> ibis.Table:
    """A mark of everything sites and apps told about who is who: the same while nothing was added."""
    seen = facts.filter(facts.type == "identity.seen", facts.source.startswith(APP_SOURCES))
    return seen.agg(edges=seen.count(), sum=seen.key_hash.cast("float64").sum())


def _app_edges(facts: ibis.Table) -> ibis.Table:
    """What sites and apps told about who is who, each edge once."""
    seen = facts.filter(facts.type == "identity.seen", facts.source.startswith(APP_SOURCES))
    cases = [
        (seen.props == said, ibis.literal(int(told), "int64")) for said, told in BY_APP.items()
    ]
    return seen.select(
        "subject", "other", told=ibis.cases(*cases, else_=int(Told.DEVICE))
    ).distinct()


def _order_edges(facts: ibis.Table) -> ibis.Table:
    """Contact, order and buyer, for every order a contact's text names."""
    seen = facts.filter(facts.type == "identity.seen", facts.props == BY_ORDER)
    mentions = seen.select("subject", "other").distinct()
    ordered = facts.filter(facts.type.startswith("order."), facts.order_key.notnull())
    buyers = ordered.select(other="order_key", buyer="subject").distinct()
    return mentions.inner_join(buyers, "other").select("subject", "other", "buyer")


def _by_hand(facts: ibis.Table) -> ibis.Table:
    """What the owner said last of each pair; at the same moment, apart wins."""
    said = facts.filter(facts.type.isin(["identity.merged", "identity.unmerged"]))
    pairs = said.mutate(
        low=ibis.least(said.subject, said.other),
        high=ibis.greatest(said.subject, said.other),
        joined_at=ibis.cases((said.type == "identity.merged", said.recorded_at)),
        parted_at=ibis.cases((said.type == "identity.unmerged", said.recorded_at)),
    )
    last = pairs.group_by("low", "high").agg(
        joined_at=pairs.joined_at.max(), parted_at=pairs.parted_at.max()
    )
    together = last.joined_at.notnull() & (
        last.parted_at.isnull() | (last.joined_at > last.parted_at)
    )
    return last.select("low", "high", together=together).order_by("low", "high")


def _first_recorded(read: Reading, nodes: Ids) -> pa.Table:
    """Subjects among `nodes` that have facts, with when and by which import they were first recorded."""
    if not len(nodes):
        return pa.table({"subject": pa.array([], pa.int64())})
    wanted = read.register("people_nodes", pa.table({"subject": nodes}))
    facts = read.facts.semi_join(wanted, "subject")
    each = facts.group_by("subject", "recorded_at").agg(
        import_id=ibis.coalesce(facts.import_id, 0).min()
    )
    return read.run(each)


def _pointed(first: pa.Table, nodes: Ids, root: np.ndarray) -> pa.Table:
    """Subjects that are not the first recorded of their component, and which one is."""
    if not first.num_rows:
        return SCHEMA.empty_table()
    subject = _ids(first, "subject")
    component = root[np.searchsorted(nodes, subject)]
    recorded_us = first["recorded_at"].cast(pa.int64()).to_numpy()
    order = np.lexsort((subject, _ids(first, "import_id"), recorded_us, component))
    subject, component = subject[order], component[order]
    starts = np.ones(len(subject), dtype=bool)
    starts[1:] = component[1:] != component[:-1]
    person = subject[starts][np.cumsum(starts) - 1]
    moved, first_at = np.unique(subject, return_index=True)
    person = person[first_at]
    kept = moved != person
    return pa.table({"subject": moved[kept], "person": person[kept]}, schema=SCHEMA)


def _ids(table: pa.Table, column: str) -> Ids:
    ids: Ids = table[column].to_numpy()
    return ids
