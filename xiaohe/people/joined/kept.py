"""The stored join of this workspace, and what came since it was made.

It stands for files and events up to a snapshot. What came since is in files that no fold wrote and it has not seen, and in
the inbox; both are read whole, they are small. It is made anew when an import it holds was undone, when too much came
since, and twice a day: replaced files lie about for one, and are where facts folded meanwhile are found.

Making it is work for the background (handlers.py, and whoever rebuilds the derived state). A page takes what is at hand.
"""

from __future__ import annotations

import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from xiaohe.kernel import workspace
from xiaohe.ledger.engine import Reading
from xiaohe.ledger.models import FileRole, Import, ImportState, LakeFile
from xiaohe.people.components import Ids
from xiaohe.people.joined import reading, stored
from xiaohe.people.joined.rule import resolve
from xiaohe.people.joined.stated import Stated, graph_of
from xiaohe.people.joined.stored import NEVER, Stored

# A smaller ledger is read whole in less time than a folder is looked after.
LEAST_FACTS = 1_000_000
# More that came since: made anew. The background does not wait until so much has come.
MOST_SINCE = 200_000
SOME_SINCE = MOST_SINCE // 4
DAY_SECONDS = 20 * 3600.0
HALF_A_DAY_SECONDS = DAY_SECONDS / 2
COLUMNS = (
    "key_hash",
    "source",
    "type",
    "recorded_at",
    "subject",
    "order_key",
    "other",
    "import_id",
    "props",
)


@dataclass(frozen=True)
class Since:
    """What the stored join does not hold: statements, and when which subject was first recorded."""

    stated: Stated
    subject: Ids
    first_us: Ids
    first_import: Ids


def root() -> Path:
    return workspace.current().derived / "join"


def is_worth_it(read: Reading) -> bool:
    taken = read.snapshot
    return taken is not None and sum(each.rows for each in taken.files) >= LEAST_FACTS


@dataclass(frozen=True)
class AtHand:
    """A stored join and what came since it; `whole` if together they are all that is known."""

    base: Stored
    since: Since
    whole: bool


_making = threading.Lock()


def current(read: Reading) -> tuple[Stored, Since]:
    """A stored join that goes with this moment, made if there is none, and what came since. Not for pages."""
    with _making:
        found = _whole(read)
        if found is None:
            build(read)
            found = _whole(read)
    if found is None:
        raise RuntimeError("the join just stored does not go with its own moment")
    return found.base, found.since


def at_hand(read: Reading) -> AtHand | None:
    """The newest stored join as it is, with what came since as far as that is little; None if there is none.

    Not whole: an import that was undone is in it, or something of what came since is in neither.
    """
    base = stored.newest(root())
    if base is None:
        return None
    since = _since(base, read)
    if since is None:
        return AtHand(base, _nothing(), whole=False)
    return AtHand(base, since, _holds(base))


def name_at_hand() -> str:
    """Changes when another one is made; empty while there is none."""
    return stored.newest_name(root())


def is_due(read: Reading) -> bool:
    """Whether the background should make it anew, before anybody finds that it no longer goes."""
    if not is_worth_it(read):
        return False
    base = stored.newest(root())
    if base is None or not _holds(base, HALF_A_DAY_SECONDS):
        return True
    return _since(base, read, SOME_SINCE) is None


def _whole(read: Reading) -> AtHand | None:
    base = stored.newest(root())
    if base is None or not _holds(base):
        return None
    since = _since(base, read)
    return None if since is None else AtHand(base, since, whole=True)


def build(read: Reading) -> Stored:
    """Join everything files and events say, and keep it."""
    taken = read.snapshot
    assert taken is not None
    imports, undone = _imports()
    seen = {each.id for each in taken.files if each.level == 0}
    newest = max((each.id for each in taken.files), default=0)
    retired = LakeFile.objects.filter(role=FileRole.FACT.value, level=0, id__lte=newest)
    seen |= set(retired.exclude(retired_us=None).values_list("id", flat=True))
    everybody = read.run(_first(read.facts))
    subject = everybody["subject"].to_numpy()
    graph = graph_of(reading.of_files(read, every_order=True), subject)
    first = _aligned(graph.nodes, subject, everybody)
    del everybody
    joined = resolve(graph)
    about = {
        "imports": sorted(imports), "undone": sorted(undone), "seen": sorted(seen),
        "lake": read.version, "tap": read.tap_version,
    }  # fmt: skip
    return stored.keep(root(), graph, joined, first, about)


def _first(facts: ibis.Table) -> ibis.Table:
    """When each subject was first recorded, and by which import, of two at one instant the lower; taps aside."""
    told = facts.filter(facts.source != reading.BY_HAND)
    # One minimum of both, for a minimum ordered by another column sorts every subject's rows.
    moment = ibis.struct({"at": told.recorded_at, "by": ibis.coalesce(told.import_id, 0)})
    found = told.group_by("subject").agg(first=moment.min())
    return found.select("subject", first_at=found["first"]["at"], first_import=found["first"]["by"])


def _aligned(nodes: Ids, subject: Ids, first: pa.Table) -> tuple[Ids, Ids]:
    us = np.full(len(nodes), NEVER)
    by_import = np.full(len(nodes), NEVER)
    at = np.searchsorted(nodes, subject)
    us[at] = first["first_at"].cast(pa.int64()).to_numpy()
    by_import[at] = first["first_import"].to_numpy()
    return us, by_import


# ---------------------------------------------------------------- what came since


def _imports() -> tuple[set[int], set[int]]:
    states = dict(Import.objects.values_list("id", "state"))
    committed = {number for number, state in states.items() if state == ImportState.COMMITTED}
    return committed, {number for number, state in states.items() if state == ImportState.UNDONE}


def _holds(base: Stored, seconds: float = DAY_SECONDS) -> bool:
    """Whether nothing it holds was taken back, and what was replaced since still lies there."""
    _committed, undone = _imports()
    gone = (undone - set(base.about["undone"])) & set(base.about["imports"])
    return not gone and time.time() - base.about["built"] < seconds


def _since(base: Stored, read: Reading, most: int | None = None) -> Since | None:
    """None if it is more than `most`, by default too much, or cannot be told."""
    taken = read.snapshot
    assert taken is not None
    committed, _undone = _imports()
    fresh = LakeFile.objects.filter(role=FileRole.FACT.value, level=0)
    seen = set(base.about["seen"])
    live, newest = (
        {each.id for each in taken.files},
        max((each.id for each in taken.files), default=0),
    )
    files = [
        each
        for each in fresh
        if each.pk not in seen and (each.pk in live or (each.retired_us and each.pk <= newest))
    ]
    files = [each for each in files if each.import_id is None or each.import_id in committed]
    if sum(each.rows for each in files) + taken.inbox.num_rows > (most or MOST_SINCE):
        return None
    try:
        tables = [_visible(_columns(taken.lake / each.path), taken.retracted) for each in files]
    except FileNotFoundError:
        return None
    tables.append(_visible(taken.inbox.select(list(COLUMNS)), taken.retracted))
    rows = pa.concat_tables(tables, promote_options="permissive")
    told = rows.filter(pc.not_equal(rows["source"], reading.BY_HAND))
    identity = pc.or_(
        pc.equal(told["type"], "identity.seen"), pc.starts_with(told["type"], "order.")
    )
    subject = told["subject"].to_numpy()
    us = told["recorded_at"].cast(pa.int64()).to_numpy()
    by_import = pc.fill_null(told["import_id"], 0).to_numpy()
    order = np.lexsort((by_import, us, subject))
    subject, us, by_import = subject[order], us[order], by_import[order]
    first = (
        np.concatenate([[True], subject[1:] != subject[:-1]]) if len(subject) else np.empty(0, bool)
    )
    return Since(
        reading.in_rows(told.filter(identity).to_pylist()),
        subject[first],
        us[first],
        by_import[first],
    )


def _nothing() -> Since:
    none = np.empty(0, np.int64)
    return Since(reading.in_rows([]), none, none, none)


def _columns(path: Path) -> pa.Table:
    return pq.ParquetFile(path).read(columns=list(COLUMNS))


def _visible(rows: pa.Table, retracted: pa.Table) -> pa.Table:
    """Without single facts of the stream that were taken back."""
    if not retracted.num_rows:
        return rows
    until = dict(
        zip(retracted["key_hash"].to_pylist(), retracted["until"].to_pylist(), strict=True)
    )
    concerned = pc.and_(
        pc.is_null(rows["import_id"]),
        pc.is_in(rows["key_hash"], retracted["key_hash"].combine_chunks()),
    ).to_numpy(zero_copy_only=False)
    kept = np.ones(rows.num_rows, bool)
    for at in np.flatnonzero(concerned).tolist():
        key: Any = rows["key_hash"][at].as_py()
        kept[at] = rows["recorded_at"][at].as_py() > until[key]
    return rows.filter(pa.array(kept))
