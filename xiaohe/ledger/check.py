"""Is every file of the lake what the list says it is, and do both layouts hold the same facts?

Everything is read once, a row group at a time. Nothing is changed; repair.py does what can be done.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import Path
from typing import Any

import ibis
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.ledger import engine, files, recent, recovery, rewriting, store
from xiaohe.ledger.files import Span
from xiaohe.ledger.instants import DAY_US, from_us
from xiaohe.ledger.models import FileRole
from xiaohe.ledger.rewriting import Taken
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.store import FileRow, RunRow


class What(StrEnum):
    """What is wrong."""

    MISSING = "missing"
    SIZE = "size"
    CHECKSUM = "checksum"
    UNREADABLE = "unreadable"
    SCHEMA = "schema"
    ROWS = "rows"
    STRANGE_ROWS = "strange_rows"
    UNSORTED = "unsorted"
    SPAN = "span"
    LAYOUTS = "layouts"
    KEYS_BROKEN = "keys_broken"
    KEYS_INCOMPLETE = "keys_incomplete"
    UNLISTED = "unlisted"


# The facts in such a file cannot be trusted, or cannot be read.
DAMAGE = frozenset(
    {
        What.MISSING,
        What.SIZE,
        What.CHECKSUM,
        What.UNREADABLE,
        What.SCHEMA,
        What.ROWS,
        What.STRANGE_ROWS,
    }
)


@dataclass(frozen=True)
class Fault:
    """One thing that is not as it should be, in one sentence."""

    path: str
    what: What
    sentence: str


@dataclass(frozen=True)
class Checked:
    """What a look at everything found."""

    files: int
    rows: int
    bytes: int
    key_runs: int
    faults: tuple[Fault, ...]

    @property
    def is_whole(self) -> bool:
        return not self.faults


@dataclass(frozen=True)
class Listed:
    """The lists of one moment."""

    facts: tuple[FileRow, ...]
    shadows: tuple[FileRow, ...]
    subjects: tuple[FileRow, ...]
    runs: tuple[RunRow, ...]
    keys_since_us: int
    taken: Taken

    @property
    def files(self) -> tuple[FileRow, ...]:
        return self.facts + self.shadows + self.subjects

    @property
    def covered(self) -> tuple[FileRow, ...]:
        return tuple(each for each in self.facts if each.covered)


def take() -> Listed:
    with control.read_snapshot():
        return Listed(
            facts=tuple(store.live_files(FileRole.FACT)),
            shadows=tuple(store.live_files(FileRole.SHADOW)),
            subjects=tuple(store.live_files(FileRole.SUBJECT)),
            runs=tuple(store.live_runs()),
            keys_since_us=store.moment().keys_since_us,
            taken=rewriting.look(),
        )


def check(now: datetime, *, keep_alive: Callable[[], None] = lambda: None) -> Checked:
    """Look at everything; `now` is real time. Safe beside anything."""
    listed = take()
    faults = list(_faults(listed, now, keep_alive))
    return Checked(
        files=len(listed.files),
        rows=sum(each.rows for each in listed.facts),
        bytes=sum(each.bytes for each in listed.files),
        key_runs=len(listed.runs),
        faults=tuple(faults),
    )


def _faults(listed: Listed, now: datetime, keep_alive: Callable[[], None]) -> Iterator[Fault]:
    broken = set()
    for each in listed.files:
        keep_alive()
        for fault in of_file(each):
            broken |= {each.path} if fault.what in DAMAGE else set()
            yield fault
    sound = [each for each in listed.files if each.path not in broken]
    if not broken & {each.path for each in listed.covered + listed.subjects}:
        yield from _of_layouts(listed)
    yield from _of_keys(listed, [each for each in sound if each.role != FileRole.SUBJECT])
    for path in recovery.unlisted(now):
        yield Fault(path, What.UNLISTED, _("%(path)s is listed nowhere.") % {"path": path})


# ---------------------------------------------------------------- one file


def of_file(file: FileRow) -> list[Fault]:
    """What is wrong with one file; if it cannot be read, only that."""
    path = workspace.current().lake / file.path
    try:
        return [Fault(file.path, what, _said(what, file)) for what in _wrong(file, path)]
    except FileNotFoundError:
        what = What.MISSING
    except (pa.ArrowInvalid, OSError):
        what = What.UNREADABLE
    return [Fault(file.path, what, _said(what, file))]


def _wrong(file: FileRow, path: Path) -> list[What]:
    if path.stat().st_size != file.bytes:
        return [What.SIZE]
    if file.sha256 and files.sha256(path) != file.sha256:
        return [What.CHECKSUM]
    with pq.ParquetFile(path) as parquet:
        if not _has_our_columns(parquet.schema_arrow):
            return [What.SCHEMA]
        if parquet.metadata.num_rows != file.rows:
            return [What.ROWS]
        return _wrong_rows(file, parquet)


def _has_our_columns(schema: pa.Schema) -> bool:
    """A file of old may lack columns; none has others, or of another kind."""
    ours = {field.name: field.type for field in FACT_SCHEMA}
    return "key_hash" in schema.names and all(
        ours.get(field.name) == field.type for field in schema
    )


def _wrong_rows(file: FileRow, parquet: pq.ParquetFile) -> list[What]:
    order = order_of(file)
    names = sorted({*order, "type", "occurred_at", "recorded_at", "import_id"})
    span, is_sorted, are_ours, last = Span(), True, True, None
    for batch in parquet.iter_batches(files.ROW_GROUP, columns=names):
        facts = pa.Table.from_batches([batch])
        span.add(facts)
        rows = [np.asarray(facts[name].to_numpy(zero_copy_only=False)) for name in order]
        is_sorted = is_sorted and _ascends(rows, last)
        last = [each[-1:] for each in rows]
        if file.import_id is not None:
            are_ours = are_ours and facts["import_id"].unique().to_pylist() == [file.import_id]
    found = [] if are_ours else [What.STRANGE_ROWS]
    found += [] if is_sorted else [What.UNSORTED]
    return found if _spans(file, span) else [*found, What.SPAN]


def order_of(file: FileRow) -> list[str]:
    """By what the rows of a file are sorted."""
    return ["type", "subject", "occurred_at"] if file.covered else ["subject", "occurred_at"]


def _ascends(rows: Sequence[NDArray[Any]], last: Sequence[NDArray[Any]] | None) -> bool:
    """Whether rows are in order, also after the last one of before."""
    if last is not None:
        rows = [np.concatenate([before, now]) for before, now in zip(last, rows, strict=True)]
    is_equal = np.ones(max(len(rows[0]) - 1, 0), dtype=bool)
    for each in rows:
        if bool(np.any(is_equal & (each[1:] < each[:-1]))):
            return False
        is_equal &= each[1:] == each[:-1]
    return True


def _spans(file: FileRow, span: Span) -> bool:
    """Whether the list says what is in the file; files of old say less."""
    found = span.told(Path(file.path), FileRole(file.role), file.import_id)
    times = (file.occurred_min_us, file.occurred_max_us) == (
        found.occurred_min_us,
        found.occurred_max_us,
    )
    is_of_old = file.recorded_min_us is None and file.type is None
    return times and (
        is_of_old
        or (file.recorded_min_us, file.recorded_max_us, file.type)
        == (found.recorded_min_us, found.recorded_max_us, found.type)
    )


# ---------------------------------------------------------------- both layouts


def same_facts(listed: Listed) -> bool:
    by_type, by_subject = _both(listed)
    return by_type == by_subject


def _both(listed: Listed) -> tuple[tuple[int, int], tuple[int, int]]:
    """Counts and an order-independent hash of all that counts in either."""
    taken = listed.taken
    return _fingerprint(listed.covered, taken), _fingerprint(listed.subjects, taken)


def _of_layouts(listed: Listed) -> Iterator[Fault]:
    by_type, by_subject = _both(listed)
    if by_type != by_subject:
        yield Fault(
            files.SUBJECTS,
            What.LAYOUTS,
            _(
                "The files by subject hold %(subjects)d facts that count, the compacted ones"
                " %(facts)d, or not the same ones."
            )
            % {"subjects": by_subject[0], "facts": by_type[0]},
        )


def _fingerprint(rows: Sequence[FileRow], taken: Taken) -> tuple[int, int]:
    if not rows:
        return 0, 0
    with engine.over({}, memory=rewriting.MEMORY, timeout=None) as read:
        facts = rewriting.counting(read, rewriting.facts_in(read, "fingerprint", rows), taken)
        told = read.run(facts.agg(n=facts.count(), hash=_row_hash(facts).bit_xor())).to_pylist()[0]
    return int(told["n"]), int(told["hash"] or 0)


def _row_hash(facts: ibis.Table) -> ibis.Value:
    """Of the whole row: each column stirs what those before it gave."""
    value = facts.key_hash.hash()
    for name in FACT_SCHEMA.names[1:]:
        value = (value ^ facts[name].hash()).hash()
    return value


# ---------------------------------------------------------------- keys


def _of_keys(listed: Listed, sound: Sequence[FileRow]) -> Iterator[Fault]:
    broken = recent.broken()
    for path in broken:
        yield Fault(
            path,
            What.KEYS_BROKEN,
            _("The file %(path)s of recent keys is missing, damaged or out of order.")
            % {"path": path},
        )
    if not broken and (
        unknown := sum(len(each) for each in unknown_keys(listed, sound, listed.runs))
    ):
        yield Fault(
            files.KEYS,
            What.KEYS_INCOMPLETE,
            _("%(count)d recent facts are not among the recent keys: they could be taken twice.")
            % {"count": unknown},
        )


def unknown_keys(
    listed: Listed, sound: Sequence[FileRow], runs: Sequence[RunRow], *, moved: bool = False
) -> Iterator[pa.Table]:
    """Keys of facts of the stream that should be in these runs and are not, with the later of their two times as `until`.

    `moved`: those too that came in with a whole export, as an import; their source tells them (`segment:3`).
    """
    since_us = listed.keys_since_us
    # What is dated ahead is known until its day is over.
    ahead_us = since_us + DAY_US
    young = [
        each
        for each in sound
        if (each.import_id is None or moved)
        and (
            each.recorded_max_us is None
            or each.recorded_max_us > since_us
            or (each.occurred_max_us or 0) > ahead_us
        )
    ]
    if not young:
        return
    known = recent.among(runs)
    with engine.over({}, memory=rewriting.MEMORY, timeout=None) as read:
        # What was taken back may come again, so its key need not be known.
        facts = rewriting.counting(read, rewriting.facts_in(read, "young", young), listed.taken)
        of_stream = facts.import_id.isnull()
        if moved:
            of_stream = of_stream | facts.source.contains(":")
        is_young = (facts.recorded_at > from_us(since_us)) | (facts.occurred_at > from_us(ahead_us))
        until = ibis.greatest(facts.recorded_at, facts.occurred_at)
        wanted = facts.filter(of_stream, is_young).select("key_hash", until=until)
        for batch in read.batches(wanted, rows=files.FILE_ROWS):
            batch = batch.sort_by("key_hash")
            missing = batch.filter(pa.array(~known.known(batch["key_hash"].to_numpy())))
            if missing.num_rows:
                yield missing


# ---------------------------------------------------------------- words


def _said(what: What, file: FileRow) -> str:
    sentences = {
        What.MISSING: _("%(path)s is missing."),
        What.SIZE: _("%(path)s is not as long as it was."),
        What.CHECKSUM: _("%(path)s was changed: its checksum is another one."),
        What.UNREADABLE: _("%(path)s cannot be read."),
        What.SCHEMA: _("%(path)s has columns that are not ours."),
        What.ROWS: _("%(path)s does not have the %(rows)d rows it had."),
        What.STRANGE_ROWS: _("%(path)s holds rows of another import."),
        What.UNSORTED: _("%(path)s is out of order."),
        What.SPAN: _("The list is wrong about the times or types in %(path)s."),
    }
    return sentences[what] % {"path": file.path, "rows": file.rows}
