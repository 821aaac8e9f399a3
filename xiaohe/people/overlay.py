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
from xiaohe.kernel.ids import mix, mix_one
from xiaohe.ledger import engine
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger.engine import Reading
from xiaohe.people.components import Ids, Mask, Places
from xiaohe.people.joined import kept, own_keys, reading, stored
from xiaohe.people.joined.growing import grow
from xiaohe.people.joined.rule import Joined, Reason, resolve
from xiaohe.people.joined.stated import Graph, graph_of, known_places
from xiaohe.people.joined.stored import Stored
from xiaohe.shop import team

SCHEMA = pa.schema([("subject", pa.int64()), ("person", pa.int64())])


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


class Pairs:
    """Many pairs, and whether one is among them."""

    def __init__(self, left: Ids, right: Ids) -> None:
        self._mixed = np.sort(mix(left, right))

    def __contains__(self, pair: object) -> bool:
        if not isinstance(pair, tuple) or len(pair) != 2 or pair[1] is None:
            return False
        wanted = mix_one(*pair)
        at = int(np.searchsorted(self._mixed, wanted))
        return at < len(self._mixed) and int(self._mixed[at]) == wanted

    def __len__(self) -> int:
        return len(self._mixed)


@dataclass(frozen=True)
class _Moved:
    """Subjects, ascending, and their persons; and the same by person."""

    subject: Ids
    person: Ids
    by_person: Places

    @classmethod
    def of(cls, subject: Ids, person: Ids) -> _Moved:
        return cls(subject, person, np.lexsort((subject, person)).astype(np.int32))

    def person_of(self, subject: int) -> int:
        at = int(np.searchsorted(self.subject, subject))
        return (
            int(self.person[at])
            if at < len(self.subject) and self.subject[at] == subject
            else subject
        )

    def subjects_of(self, person: int) -> list[int]:
        ordered = self.ordered
        first, last = np.searchsorted(ordered, [person, person + 1])
        return [person, *self.subject[self.by_person[first:last]].tolist()]

    @cached_property
    def ordered(self) -> Ids:
        return self.person[self.by_person]


_NOBODY = np.empty(0, np.int64)


@dataclass(frozen=True)
class Overlay:
    """The overlay with lookups both ways: of everybody, or a stored one and those who were looked at anew."""

    _base: _Moved
    # Keys that too many people have: they join nobody.
    _quarantined: Ids = field(default_factory=lambda: _NOBODY)
    # Pairs of subject and key that join nothing, though alone they would.
    unused: Pairs = field(default_factory=lambda: Pairs(_NOBODY, _NOBODY))
    conflicts: tuple[Conflict, ...] = ()
    # Who was looked at anew, ascending, and what came of it.
    _anew: Ids = field(default_factory=lambda: _NOBODY)
    _patch: _Moved | None = None

    @classmethod
    def of_table(cls, table: pa.Table) -> Overlay:
        return cls(_Moved.of(_ids(table, "subject"), _ids(table, "person")))

    @cached_property
    def quarantined(self) -> frozenset[int]:
        return frozenset(self._quarantined.tolist())

    @cached_property
    def table(self) -> pa.Table:
        subject, person = np.asarray(self._base.subject), np.asarray(self._base.person)
        if self._patch is not None:
            kept = ~np.isin(subject, self._anew)
            subject = np.concatenate([subject[kept], self._patch.subject])
            person = np.concatenate([person[kept], self._patch.person])
            order = np.argsort(subject)
            subject, person = subject[order], person[order]
        return pa.table({"subject": subject, "person": person}, schema=SCHEMA)

    def person(self, subject: int) -> int:
        """The person a subject (or a former person id) belongs to; itself if it was never re-pointed."""
        return self._moved(subject).person_of(subject)

    def subjects(self, person: int) -> list[int]:
        """Every subject of a person, the person's own id first."""
        return self._moved(person).subjects_of(person)

    def _moved(self, one: int) -> _Moved:
        """Where to look one up. Arrays, not dictionaries: every process keeps one overlay, of millions if need be."""
        if self._patch is None:
            return self._base
        at = int(np.searchsorted(self._anew, one))
        return self._patch if at < len(self._anew) and self._anew[at] == one else self._base


def overlay_of(read: Reading) -> Overlay:
    """Who is who at this moment; a large ledger is not read whole for it, unless its stored join has to be made anew."""
    if kept.is_worth_it(read):
        return _grown(read, *kept.current(read))
    return _resolved(read)


def _at_hand(read: Reading) -> tuple[Overlay, str | None]:
    """Who is who, for somebody who waits: never by making the stored join anew.

    Second: None, or the stored join this is of for as long as the background has not made another.
    """
    found = kept.at_hand(read) if kept.is_worth_it(read) else None
    if found is None:
        return _resolved(read), None
    stands_for = None if found.whole else found.base.folder.name
    return _grown(read, found.base, found.since), stands_for


def _resolved(read: Reading) -> Overlay:
    """By everything that is stated, read whole."""
    graph = graph_of(reading.stated(read))
    joined = resolve(graph)
    person = joined.labels.person
    several = np.bincount(person, minlength=len(person))[person] > 1
    first = _first_recorded(read, graph.nodes, several)
    return Overlay(
        _Moved.of(*stored.persons(graph.nodes, person, *first)),
        graph.nodes[joined.quarantined],
        _unused(graph, joined),
        conflicts_in(graph, joined),
    )


def _grown(read: Reading, base: Stored, since: kept.Since) -> Overlay:
    more = reading.together(since.stated, reading.by_hand(read, reading.words(read)))
    grown = grow(base, more)
    graph, joined, region = grown.graph, grown.joined, grown.region
    anew = np.union1d(base.nodes[region], grown.named)
    first = _first_anew(read, base, since, graph, anew)
    keys = base.nodes[base.quarantined]
    known = graph.nodes[joined.quarantined]
    # Of a key whose holders were not all looked at the stored word holds.
    whole = anew[~np.isin(anew, grown.forced)]
    keys = np.union1d(keys[~np.isin(keys, whole)], known[np.isin(known, whole)])
    unused = np.flatnonzero(base.unused)
    unused = unused[~np.isin(unused, grown.edges)]
    gone = joined.unused
    left = np.concatenate([base.nodes[base.left[unused]], graph.nodes[graph.left[gone]]])
    right = np.concatenate([base.nodes[base.right[unused]], graph.nodes[graph.right[gone]]])
    return Overlay(
        _Moved(base.moved, base.moved_to, base.moved_by_person),
        keys,
        Pairs(left, right),
        _all_conflicts(base, region, conflicts_in(graph, joined)),
        anew,
        _Moved.of(*stored.persons(graph.nodes, joined.labels.person, *first)),
    )


def _first_anew(
    read: Reading, base: Stored, since: kept.Since, graph: Graph, anew: Ids
) -> tuple[Ids, Ids]:
    """When those looked at anew were first recorded; the others in the graph are nobody here."""
    nodes = graph.nodes
    us, by_import = np.full(len(nodes), stored.NEVER), np.full(len(nodes), stored.NEVER)
    at, is_known = known_places(base.nodes, nodes)
    us[is_known], by_import[is_known] = base.first_us[at[is_known]], base.first_import[at[is_known]]
    new, is_here = known_places(nodes, since.subject)
    new = new[is_here]
    now_us, now_import = since.first_us[is_here], since.first_import[is_here]
    # Of one moment the lower import counts, as when everything is read anew.
    earlier = (now_us < us[new]) | ((now_us == us[new]) & (now_import < by_import[new]))
    us[new[earlier]] = now_us[earlier]
    by_import[new[earlier]] = now_import[earlier]
    us[~np.isin(nodes, anew)] = stored.NEVER
    only_taps = np.isin(nodes, anew) & (us == stored.NEVER)
    return _with_taps(read, nodes, us, by_import, only_taps)


def _all_conflicts(base: Stored, region: Places, new: tuple[Conflict, ...]) -> tuple[Conflict, ...]:
    looked_at = set(region.tolist())
    found = list(new)
    for reason, nodes, edges in base.about["conflicts"]:
        if looked_at.isdisjoint(nodes):
            ids = tuple(sorted(int(base.nodes[node]) for node in nodes))
            told = tuple(sorted(_stored_edge(base, edge) for edge in edges))
            found.append(Conflict(Reason(reason), ids, told))
    return tuple(sorted(found, key=lambda each: (each.reason, each.subjects, each.edges)))


def _stored_edge(base: Stored, edge: int) -> tuple[int, int, str]:
    left, right = base.nodes[base.left[edge]], base.nodes[base.right[edge]]
    return int(left), int(right), base.sayings[base.told[edge]].kind.name


def _unused(graph: Graph, joined: Joined) -> Pairs:
    return Pairs(graph.nodes[graph.left[joined.unused]], graph.nodes[graph.right[joined.unused]])


def conflicts_in(graph: Graph, joined: Joined) -> tuple[Conflict, ...]:
    return tuple(
        sorted(
            (
                Conflict(
                    found.reason,
                    tuple(sorted(graph.nodes[found.nodes].tolist())),
                    tuple(sorted({_told(graph, edge) for edge in found.edges.tolist()})),
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
    # Of our own phones and addresses as they are stored: they change without a tap.
    own_stamp: bytes
    told: pa.Table
    overlay: Overlay
    # When it was put together, and how long that took: while events pour in, at most a twentieth of the time.
    since: float
    took: float
    # The stored join it makes do with until there is another; None if it is as good as any.
    stands_for: str | None

    def is_outdated(self) -> bool:
        return self.stands_for is not None and self.stands_for != kept.name_at_hand()

    def may_wait(self) -> bool:
        return monotonic() < self.since + 20 * self.took


_kept: dict[tuple[bytes, int], _Kept] = {}
_lock = Lock()


def current() -> Overlay:
    """The overlay of this moment, kept in memory until files or the owner's word about people change.

    For pages: while the stored join of a large ledger waits to be made anew (an import was undone, very much came at
    once, the machine slept), it is the one before with the owner's word on top.
    """
    version, tap_version = ledger_store.versions()
    # The secret tells apart two sample shops that lived in the same folder one after the other.
    secret = workspace.current().secret("hash")
    known = _kept.get((secret, version))
    stamp = team.own_stamp()
    if known is not None and known.is_outdated():
        known = None
    if known is not None and known.tap_version == tap_version and known.own_stamp == stamp:
        return known.overlay
    with engine.reading() as read:
        words, own = reading.words(read), own_keys.joining_nobody()
        told = read.run(_told_by_stream(read.facts))
        known = _kept.get((secret, read.version))
        if known is not None and known.is_outdated():
            known = None
        # Most taps and events say nothing about who is who.
        same = known is not None and known.words.equals(words) and known.own == own
        if known is not None and same and (known.told.equals(told) or known.may_wait()):
            remembered = replace(known, tap_version=read.tap_version, own_stamp=stamp)
        else:
            began = monotonic()
            found, stands_for = _at_hand(read)
            now = monotonic()
            remembered = _Kept(
                read.tap_version, words, own, stamp, told, found, now, now - began, stands_for
            )
    with _lock:
        _kept.pop((secret, read.version), None)
        _kept[secret, read.version] = remembered
        while len(_kept) > _KEPT:
            del _kept[next(iter(_kept))]
    return remembered.overlay


def _told_by_stream(facts: ibis.Table) -> ibis.Table:
    """A mark of everything events told about who is who: the same while nothing was added."""
    seen = facts.filter(facts.type == "identity.seen", facts.import_id.isnull())
    return seen.agg(edges=seen.count(), sum=seen.key_hash.cast("float64").sum())


# ---------------------------------------------------------------- who was first


def _first_recorded(read: Reading, nodes: Ids, wanted: Mask) -> tuple[Ids, Ids]:
    """When, and by which import, each wanted node was first recorded; NEVER if no fact is of it.

    What a file or an event recorded comes before what is known from the owner's taps alone.
    """
    us, by_import = np.full(len(nodes), stored.NEVER), np.full(len(nodes), stored.NEVER)
    if not wanted.any():
        return us, by_import
    asked = read.register("people_nodes", pa.table({"subject": nodes[wanted]}))
    facts = read.facts.filter(read.facts.source != reading.BY_HAND)
    _put(read, facts.semi_join(asked, "subject"), nodes, us, by_import)
    return _with_taps(read, nodes, us, by_import, wanted & (us == stored.NEVER))


def _with_taps(read: Reading, nodes: Ids, us: Ids, by_import: Ids, wanted: Mask) -> tuple[Ids, Ids]:
    if wanted.any():
        asked = read.register("people_tapped", pa.table({"subject": nodes[wanted]}))
        facts = read.facts.filter(read.facts.source == reading.BY_HAND)
        taps_us, taps_import = us.copy(), by_import.copy()
        _put(read, facts.semi_join(asked, "subject"), nodes, taps_us, taps_import)
        tapped = wanted & (taps_us != stored.NEVER)
        us[tapped] = taps_us[tapped] + AFTER_FILES_US
        by_import[tapped] = taps_import[tapped]
    return us, by_import


# Later than anything a file or an event can have recorded (a thousand years), and no overflow.
AFTER_FILES_US = 1_000 * 366 * 86_400 * 1_000_000


def _put(read: Reading, facts: ibis.Table, nodes: Ids, us: Ids, by_import: Ids) -> None:
    each = facts.group_by("subject", "recorded_at").agg(
        import_id=ibis.coalesce(facts.import_id, 0).min()
    )
    found = read.run(each)
    recorded = found["recorded_at"].cast(pa.int64()).to_numpy()
    order = np.lexsort((_ids(found, "import_id"), recorded, _ids(found, "subject")))[::-1]
    # The last one written is the first recorded.
    at = np.searchsorted(nodes, _ids(found, "subject")[order])
    us[at], by_import[at] = recorded[order], _ids(found, "import_id")[order]


def _ids(table: pa.Table, column: str) -> Ids:
    ids: Ids = table[column].to_numpy()
    return ids
