"""Who is who right now: the overlay that re-points subjects to persons.

    with engine.reading() as read:
        persons = person_of(read)        # subject, person: only subjects that are not their own person

A person's id is the subject of theirs that was recorded first (recorded_at, then import, then the smaller
id). Any subject of a person finds them, so a link to a former id keeps working after a join or an undo.

What joins is said in people/evidence_kinds.py and decided in people/joined. The owner's word outranks files: what
was taken apart stays apart when the same file is imported again, until the owner joins it or takes the tap back.
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
from xiaohe.ledger.engine import Reading
from xiaohe.people.components import Ids, Places
from xiaohe.people.joined import own_keys, reading
from xiaohe.people.joined.rule import Joined, Reason, resolve
from xiaohe.people.joined.stated import Graph, graph_of

SCHEMA = pa.schema([("subject", pa.int64()), ("person", pa.int64())])
Pair = tuple[int, int]


@dataclass(frozen=True)
class Conflict:
    """Evidence that is left out because it would glue people who contradict one another."""

    reason: Reason
    # Who contradict: subjects, or ids of one human. Of an order several contacts name: those contacts.
    subjects: tuple[int, ...]
    # What would glue them: subject, key and what the key is.
    edges: tuple[tuple[int, int, str], ...]


def person_of(read: Reading) -> pa.Table:
    """The overlay of one moment: `subject`, `person` of every re-pointed subject, ascending."""
    return overlay_of(read).table


@dataclass(frozen=True)
class Overlay:
    """The overlay with lookups both ways."""

    table: pa.Table
    # Keys that too many people have: they join nobody.
    quarantined: frozenset[int] = field(default_factory=frozenset)
    # Pairs of subject and key that join nothing, though alone they would.
    unused: frozenset[Pair] = field(default_factory=frozenset)
    conflicts: tuple[Conflict, ...] = ()

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
    graph = graph_of(reading.stated(read))
    joined = resolve(graph)
    person = joined.labels.person
    together = np.bincount(person, minlength=len(person))[person] > 1
    first = _first_recorded(read, graph.nodes[together])
    return Overlay(
        _pointed(first, graph.nodes, person),
        frozenset(graph.nodes[joined.quarantined].tolist()),
        _unused(graph, joined),
        conflicts_in(graph, joined),
    )


def _unused(graph: Graph, joined: Joined) -> frozenset[Pair]:
    left = graph.nodes[graph.left[joined.unused]].tolist()
    return frozenset(zip(left, graph.nodes[graph.right[joined.unused]].tolist(), strict=True))


def conflicts_in(graph: Graph, joined: Joined) -> tuple[Conflict, ...]:
    return tuple(
        sorted(
            (
                Conflict(
                    found.reason,
                    tuple(sorted(graph.nodes[found.nodes].tolist())),
                    tuple(sorted(_told(graph, edge) for edge in found.edges.tolist())),
                )
                for found in joined.conflicts
            ),
            key=lambda each: (each.reason, each.subjects, each.edges),
        )
    )


def _told(graph: Graph, edge: int) -> tuple[int, int, str]:
    left, right = graph.nodes[graph.left[edge]], graph.nodes[graph.right[edge]]
    return int(left), int(right), graph.sayings[graph.told[edge]].kind.name


# ---------------------------------------------------------------- one overlay per version and process

_KEPT = 4


@dataclass(frozen=True)
class _Kept:
    tap_version: int
    words: pa.Table
    own: list[int]
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
        words, own = reading.words(read), own_keys.joining_nobody()
        told = read.run(_told_by_stream(read.facts))
        known = _kept.get((secret, read.version))
        # Most taps and events say nothing about who is who.
        same = known is not None and known.words.equals(words) and known.own == own
        if known is not None and same and (known.told.equals(told) or known.may_wait()):
            kept = replace(known, tap_version=read.tap_version)
        else:
            began = monotonic()
            found = overlay_of(read)
            now = monotonic()
            kept = _Kept(read.tap_version, words, own, told, found, now, now - began)
    with _lock:
        _kept.pop((secret, read.version), None)
        _kept[secret, read.version] = kept
        while len(_kept) > _KEPT:
            del _kept[next(iter(_kept))]
    return kept.overlay


def _told_by_stream(facts: ibis.Table) -> ibis.Table:
    """A mark of everything events told about who is who: the same while nothing was added."""
    seen = facts.filter(facts.type == "identity.seen", facts.import_id.isnull())
    return seen.agg(edges=seen.count(), sum=seen.key_hash.cast("float64").sum())


# ---------------------------------------------------------------- who was first


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


def _pointed(first: pa.Table, nodes: Ids, root: Places) -> pa.Table:
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
