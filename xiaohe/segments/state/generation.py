"""One published state of segments: a base of one shop day, and the people touched since laid over it.

    HOME/derived/segments/current            the name of the generation that counts
    HOME/derived/segments/<name>/
        manifest.json                        moment, position in the ledger, rules, where each column is
        state/                               the derived tables of `traits` it stands on (hard links)
        persons.npy · columns/<key>.npy      base: who, ascending; one packed bit per person and leaf
        attributes.parquet                   base: of everybody
        compared.arrow                       base: of these attributes what generations are compared by (`logged`)
        attributes/                          of those touched since, in lots (`attributes.rows`)
        evidence/                            what attributes are concluded from: of everybody, or in lots (`attributes.kept`)
        accumulated/<group>.arrow            what measures have added up (`accumulated`)
        touched.npz                          whole rows of those touched since the base
        runs_out.npy                         (instant, person): when hours run out or a fact dated ahead comes true
        since/                               who entered after a segment's first filling, and when (`entered`)
        changes.parquet                      who entered and left by this generation; gone when it is recorded

A folder is written aside and renamed; nobody changes it afterwards, but columns of leaves that were asked for since
stand in `extra/`. `current` is replaced in one step: a reader sees a base with exactly its delta.
"""

from __future__ import annotations

import json
import os
import shutil
import uuid
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fcntl import LOCK_EX, LOCK_NB, LOCK_UN, flock
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
from numpy.typing import NDArray

from xiaohe.kernel import workspace
from xiaohe.ledger import durable
from xiaohe.segments.rules import jsonform
from xiaohe.segments.rules.tree import Leaf, Rule
from xiaohe.segments.state import leases
from xiaohe.segments.state.bits import Bits, Flags, Places, packed, unpacked
from xiaohe.segments.state.keys import key_of as key_of
from xiaohe.segments.state.keys import key_of_leaf as key_of_leaf
from xiaohe.segments.state.leases import MANIFEST, Lease
from xiaohe.segments.state.position import Position
from xiaohe.segments.state.touched import Ids as Ids
from xiaohe.segments.state.touched import Touched as Touched
from xiaohe.traits.state import State, StateVersion

# A change of what files mean: raise it, and nobody reads the old ones.
FORMAT = 4
POINTER = "current"
KEPT = 3


@dataclass(frozen=True)
class Rules:
    """A saved segment as a generation knows it."""

    version: int
    rule: Rule
    # When it was first filled; who was in it then has been in it since.
    first_us: int


@dataclass(frozen=True)
class Generation:
    """Everything read from it is of one moment."""

    folder: Path
    about: Mapping[str, Any]
    # Its files stay while it is read; None: nobody but its writer knows it.
    lease: Lease | None = field(default=None, compare=False, repr=False)

    @property
    def name(self) -> str:
        return self.folder.name

    @property
    def number(self) -> int:
        return int(self.about["number"])

    @property
    def on(self) -> date:
        return date.fromisoformat(self.about["on"])

    @property
    def at(self) -> datetime:
        return datetime.fromisoformat(self.about["at"]).astimezone(UTC)

    @property
    def is_base(self) -> bool:
        return bool(self.about["base"] == self.name)

    @cached_property
    def base_folder(self) -> Path:
        return self.folder.parent / self.about["base"]

    @property
    def sizes(self) -> Mapping[str, int]:
        """How many people are in each segment."""
        found: Mapping[str, int] = self.about["sizes"]
        return found

    @cached_property
    def position(self) -> Position:
        return Position.of_told(self.about["position"])

    @cached_property
    def leaves(self) -> Mapping[str, Leaf]:
        """Every leaf with a column, by its key."""
        return {key: jsonform.remembered(told) for key, told in self.about["leaves"].items()}  # type: ignore[misc]

    @cached_property
    def rules(self) -> Mapping[str, Rules]:
        return {
            slug: Rules(each["version"], jsonform.remembered(each["tree"]), each["first_us"])
            for slug, each in self.about["rules"].items()
        }

    @property
    def traits(self) -> State:
        """The derived tables it stands on; its own links to them, so that they outlive newer ones."""
        told = self.about["state"]
        return State(
            folder=self.folder / "state",
            version=StateVersion(told["lake"], told["tap"], date.fromisoformat(told["on"])),
            at=datetime.fromisoformat(told["at"]).astimezone(UTC),
            data_until=None,
            currency=told["currency"],
            id=told["id"],
            terms=told["terms"],
        )

    # ------------------------------------------------------------ people and columns

    @cached_property
    def base_persons(self) -> Ids:
        return _mapped(self.base_folder / "persons.npy")

    @cached_property
    def touched(self) -> Touched | None:
        return None if self.is_base else Touched.load(self.folder / "touched.npz")

    @cached_property
    def newcomers(self) -> Ids:
        """People the base does not know, in the order of their places behind its own."""
        if self.touched is None:
            return np.empty(0, np.int64)
        return self.touched.persons[self.touched.places < 0]

    @property
    def size(self) -> int:
        return len(self.base_persons) + len(self.newcomers)

    def persons_at(self, places: Places) -> Ids:
        """Person ids of places."""
        base, more = self.base_persons, self.newcomers
        if not len(more):
            return np.asarray(base[places])
        found = np.empty(len(places), np.int64)
        old = places < len(base)
        found[old] = base[places[old]]
        found[~old] = more[places[~old] - len(base)]
        return found

    def place_of(self, person: int) -> int | None:
        base = self.base_persons
        at = int(np.searchsorted(base, person))
        if at < len(base) and base[at] == person:
            return at
        known = np.flatnonzero(self.newcomers == person)
        return len(base) + int(known[0]) if len(known) else None

    @cached_property
    def everyone(self) -> Bits:
        """Who is there."""
        flags = np.ones(self.size, bool)
        if self.touched is not None:
            self._lay_over(flags, self.touched.present)
        return packed(flags)

    def column(self, key: str) -> Bits:
        """A leaf's bits, with those touched laid over."""
        bits = self.base_column(key)
        if self.touched is None:
            return np.asarray(bits)
        return self.laid_over(unpacked(bits, len(self.base_persons)), self.touched.of(key))

    def base_column(self, key: str) -> Bits:
        """A leaf's bits of the base's people, as they were in the base."""
        return _mapped(self.folder.parent / self.about["columns"][key])

    def laid_over(self, base: Flags, touched: Flags) -> Bits:
        flags = np.zeros(self.size, bool)
        flags[: len(base)] = base
        self._lay_over(flags, touched)
        return packed(flags)

    def _lay_over(self, flags: Flags, values: Flags) -> None:
        assert self.touched is not None
        known = self.touched.places >= 0
        flags[self.touched.places[known]] = values[known]
        flags[len(self.base_persons) :] = values[~known]

    # ------------------------------------------------------------ tables

    @property
    def base_attributes(self) -> Path:
        """Attributes of everybody as they were in the base; `Touched.over` says of whom they no longer count."""
        return self.base_folder / "attributes.parquet"

    def laid_attributes(
        self, people: Ids | None = None, columns: Sequence[str] | None = None
    ) -> pa.Table | None:
        """Attributes of those touched since, or of some of them, as the base has them; None: this is the base."""
        if self.touched is None:
            return None
        schema = schema_of(self.base_attributes)
        if columns is not None:
            schema = pa.schema([schema.field(name) for name in columns])
        return self.touched.attributes(self.folder, schema, people)

    @cached_property
    def runs_out(self) -> NDArray[np.int64]:
        """(instant in µs, person), soonest first."""
        found: NDArray[np.int64] = np.load(self.folder / "runs_out.npy")
        return found


# ---------------------------------------------------------------- folders


def root() -> Path:
    here = workspace.current()
    return here.made(here.derived / "segments")


@lru_cache(maxsize=64)
def schema_of(path: Path) -> pa.Schema:
    """Of a Parquet file whose name is never used again."""
    return pq.read_schema(path)


@lru_cache(maxsize=1024)
def _mapped(path: Path) -> Any:
    """An array in a file whose name is never used again."""
    return np.load(path, mmap_mode="r")


_latest: Generation | None = None


def newest() -> Generation | None:
    """The generation that counts now; its files stay as long as the caller has it."""
    global _latest
    while True:
        name = _named()
        if name is None:
            return None
        folder, known = root() / name, _latest
        if known is not None and known.folder == folder and folder.exists():
            return known
        lease = leases.hold(folder)
        if _named() != name:
            # Another one came meanwhile, and this one may be gone or have lost what it leans on.
            continue
        if lease is None:
            return None
        break
    try:
        about = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return None
    if about.get("format") != FORMAT:
        return None
    found = Generation(folder, about, lease)
    if known is None or known.base_folder != found.base_folder:
        # Files of an older base may be gone; held open they would keep their place on disk.
        _mapped.cache_clear()
    _latest = found
    return found


def _named() -> str | None:
    try:
        return (root() / POINTER).read_text()
    except FileNotFoundError:
        return None


@contextmanager
def draft() -> Iterator[Path]:
    """A folder to fill; gone afterwards unless it was published."""
    folder = root() / f".{uuid.uuid4().hex}"
    (folder / "columns").mkdir(parents=True, mode=0o700)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def new_name(number: int) -> str:
    return f"{number:08d}-{uuid.uuid4().hex[:8]}"


def publish(folder: Path, name: str, about: Mapping[str, Any]) -> Generation:
    """Name a whole draft and let it count; in one step for whoever reads."""
    (folder / MANIFEST).write_text(json.dumps({**about, "format": FORMAT}))
    for path, _folders, files in os.walk(folder):
        for each in files:
            # What is linked from an earlier generation is on disk already.
            if os.stat(os.path.join(path, each)).st_nlink == 1:
                durable.sync_file(Path(path, each))
        durable.sync_folder(Path(path))
    place = root() / name
    os.rename(folder, place)
    pointer = root() / f".{uuid.uuid4().hex}"
    pointer.write_text(name)
    durable.sync_file(pointer)
    os.replace(pointer, root() / POINTER)
    durable.sync_folder(root())
    found = newest()
    if found is None or found.name != name:
        raise RuntimeError("the generation just published is not there")
    return found


def prune(current: Generation) -> None:
    """Remove what nobody reads and whose changes are recorded."""
    folders = sorted(
        (each for each in root().iterdir() if each.is_dir() and each.name[:1] not in (".", "e")),
        # Not by name: numbers begin anew where the version before cannot be read.
        key=_published_at,
    )
    kept = {each.name for each in folders[-KEPT:]} | {current.name, *current.about["unrecorded"]}
    kept |= {each.name for each in folders if each.name not in kept and leases.is_held(each)}
    for each in folders:
        if each.name in kept:
            kept |= _leant_on(each)
    for each in folders:
        if each.name not in kept:
            leases.remove(each)
    for each in (root() / "extra").glob("*"):
        if each.name != current.about["base"]:
            shutil.rmtree(each, ignore_errors=True)


def _leant_on(folder: Path) -> set[str]:
    """Names of earlier generations whose files are read with this one's."""
    try:
        about = json.loads((folder / MANIFEST).read_text())
    except (OSError, ValueError):
        return set()
    if about.get("format") != FORMAT:
        return set()
    # Columns of leaves edited in since a base stand in the generation that computed them.
    paths = [*about["columns"].values(), *(each["base"] for each in about["accumulated"].values())]
    return {about["base"], *(path.split("/")[0] for path in paths)}


def _published_at(folder: Path) -> float:
    try:
        return (folder / MANIFEST).stat().st_mtime
    except OSError:
        return 0.0


class Busy(Exception):
    """Another process is at work."""


@contextmanager
def alone(*, wait: bool = True) -> Iterator[None]:
    """One writer at a time, on this machine; free at once when its process is gone. Raises Busy if it may not wait."""
    handle = os.open(root() / "lock", os.O_CREAT | os.O_RDWR, 0o600)
    try:
        try:
            flock(handle, LOCK_EX if wait else LOCK_EX | LOCK_NB)
        except BlockingIOError:
            raise Busy from None
        yield
    finally:
        flock(handle, LOCK_UN)
        os.close(handle)


def at_of(name: str) -> datetime:
    """The moment of a generation by its name."""
    about = json.loads((root() / name / MANIFEST).read_text())
    return datetime.fromisoformat(about["at"]).astimezone(UTC)
