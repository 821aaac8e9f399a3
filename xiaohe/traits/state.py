"""Versions of the derived state: built aside, renamed into place whole, never changed afterwards.

    HOME/derived/state/<lake>-<tap>-<day>-…/   orders, persons, links, signals, rhythm …, manifest.json
    HOME/derived/state/current                 the name of the newest whole one

A reader holds one version from first to last; a version is removed when two newer ones exist.
"""

from __future__ import annotations

import json
import os
import shutil
import sys
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from functools import cached_property
from hashlib import blake2b
from pathlib import Path
from typing import Any

import pyarrow as pa

from xiaohe.kernel import memory, workspace
from xiaohe.ledger import engine
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger.models import FileRole
from xiaohe.people import links as people_links
from xiaohe.people import marks, overlay
from xiaohe.people import spells as people_spells
from xiaohe.shop import clock, goods, queries, stores, team
from xiaohe.traits import unchanged
from xiaohe.traits.build import TABLES, Moment, Terms, build, in_order
from xiaohe.traits.chance import ChanceTable

KEPT_VERSIONS = 3
POINTER = "current"
# A change of an expression changes what the files mean: raise it, and nobody reads the old ones.
FORMAT = 5
# `up` promises 450 MB in all to a shop of 100,000 people, also while it is rebuilt; a million take a gigabyte.
LEAST_MB, MOST_MB, BYTES_PER_FACT = 96, 1_000, 64
FACTS_OF_ONE_THREAD = 1_500_000


@dataclass(frozen=True, order=True)
class StateVersion:
    """Which facts, which taps and which shop day a state stands for."""

    lake: int
    tap: int
    on: date

    def __str__(self) -> str:
        return f"{self.lake}-{self.tap}-{self.on.isoformat()}"


@dataclass(frozen=True)
class State:
    """One version of the derived tables; everything read from it is of one moment."""

    folder: Path
    version: StateVersion
    at: datetime
    data_until: date | None
    currency: str
    # Names this very build: another shop's version may have the same numbers in the same place.
    id: str = ""
    # The settings it was built by, in short: rhythm, closed days, groups of goods.
    terms: str = ""

    @property
    def on(self) -> date:
        return self.version.on

    def reading(self, *names: str) -> engine.Reading:
        """Some tables of this version, by default all of `build.TABLES`; use `with`."""
        return engine.over({name: self.path(name) for name in names or TABLES})

    def path(self, name: str) -> Path:
        return self.folder / f"{name}.parquet"

    @cached_property
    def chance_table(self) -> ChanceTable:
        """What p was read from: cases and hits per class and band."""
        return ChanceTable.from_json(json.loads((self.folder / "chance.json").read_text()))


def refresh(now: datetime, progress: Callable[[str], None] | None = None) -> StateVersion:
    """Bring the current state up to the ledger of this moment; quick when only taps have come."""
    terms = _terms()
    moment = Moment(on=terms.calendar.day_of(now), at=now)

    def step_begins(step: str) -> None:
        # What the step before has let go of must not add to this one.
        memory.give_back()
        if progress is not None:
            progress(step)

    state = _built(moment, terms, step_begins)
    _point_at(state)
    _prune()
    return state.version


def current(on: date | None = None) -> State:
    """The newest whole state; of day `on` if given, which is built if it is not at hand.

    Before anything was built it is built here: an empty ledger costs nothing.
    """
    found = _pointed_at()
    if found is None:
        refresh(clock.now())
        found = _pointed_at()
    if found is None:
        raise RuntimeError("the state just built is not there")
    return found if on is None or found.on == on else as_of(on)


def as_of(on: date) -> State:
    """The state at the start of shop day `on`, links and taps included; built once per version of the facts."""
    terms = _terms()
    moment = Moment.start_of(on, terms.calendar)
    state = _built(moment, terms, lambda step: None)
    _prune()
    return state


# ---------------------------------------------------------------- building


def _built(moment: Moment, terms: Terms, progress: Callable[[str], None]) -> State:
    root = _root()
    with reading_to_build() as read:
        version = StateVersion(read.version, read.tap_version, moment.on)
        name = f"{version}-{_fingerprint(terms)}"
        if moment == Moment.start_of(moment.on, terms.calendar):
            # Our own phones and addresses change without a tap.
            name += f"-{team.own_stamp().hex()}-start"
            if known := _load(root / name):
                return known
        else:
            name += f"-{uuid.uuid4().hex[:8]}"
        draft = root / f".{uuid.uuid4().hex}"
        draft.mkdir(mode=0o700)
        try:
            progress("people")
            persons = overlay.person_of(read)
            gone = marks.left_out(read, persons)
            orders_told, told = _told_of_orders(read), unchanged.told(read, moment)
            former = _former(root, version, terms, orders_told)
            if former is not None and _is_built_of(former, told, persons, gone):
                unchanged.take_over(former, draft)
                read.register("orders", draft / "orders.parquet")
            else:
                build(
                    read,
                    draft,
                    moment=moment,
                    terms=terms,
                    persons=persons,
                    links=people_links.links(read, persons),
                    left_out=gone,
                    spells=people_spells.spells(read, persons, moment.at),
                    former=former,
                    progress=progress,
                )
            _write_manifest(draft, read, version, moment, terms, orders_told, told)
            return _publish(draft, root / name)
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def reading_to_build(near: engine.Reading | None = None, *, of_few: bool = False) -> engine.Reading:
    """The ledger with as much memory and as many threads as so many facts need; of the moment of `near`, if there is one.

    `of_few`: for looking at few people, again and again: in this process whatever XIAOHE_ENGINE says, with one thread.
    """
    taken = near.snapshot if near is not None else None
    rows = sum(each.rows for each in ledger_store.live_files(FileRole.FACT))
    # An engine that stays open has one limit however many facts come.
    usual = memory_mb(sys.maxsize if of_few else rows)
    bound = os.environ.get("XIAOHE_STATE_MEMORY") or f"{usual}MB"
    return engine.reading(
        threads=1 if of_few else threads(rows),
        memory=bound,
        most_mb=_machine_mb() * 3 // 4,
        local=of_few,
        taken=taken,
        kept=of_few,
    )


def memory_mb(facts: int, machine_mb: int | None = None) -> int:
    """Where to begin: beyond it work goes to disk. Small enough for a small machine, and for a small shop in any.

    What cannot be done with so much is done with more, up to three quarters of the machine: late is better than never.
    """
    machine = machine_mb or _machine_mb()
    return max(LEAST_MB, min(facts * BYTES_PER_FACT // 1_000_000, MOST_MB, machine // 4))


def threads(facts: int) -> int:
    """A shop of moderate size is rebuilt in seconds on one: the others belong to whoever looks at pages."""
    return 1 if facts <= FACTS_OF_ONE_THREAD else os.cpu_count() or 1


def _machine_mb() -> int:
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // 1_000_000
    except (ValueError, OSError):
        return 4 * MOST_MB


def _publish(draft: Path, place: Path) -> State:
    """Rename a finished draft into place; if another process was first with the same, theirs is as good."""
    _sync_folder(draft)
    try:
        os.rename(draft, place)
    except OSError:
        if not place.is_dir():
            raise
    _sync_folder(place.parent)
    state = _load(place)
    if state is None:
        raise RuntimeError(f"unreadable state {place.name}")
    return state


def _former(root: Path, version: StateVersion, terms: Terms, orders_told: list[int]) -> Path | None:
    """A version of the same files, orders told since, day and settings, whatever the taps since."""
    for folder in _versions(root):
        manifest = _manifest(folder)
        if (
            manifest
            and manifest["lake"] == version.lake
            and manifest["on"] == version.on.isoformat()
            and manifest["terms"] == _fingerprint(terms)
            and manifest.get("orders_told") == orders_told
        ):
            return folder
    return None


def _is_built_of(former: Path, told: str, persons: pa.Table, left_out: pa.Table) -> bool:
    """Whether a version of the same files, orders, day and settings would be made of the very same once more."""
    manifest = _manifest(former)
    if manifest is None or manifest.get("told") != told:
        return False
    return unchanged.is_same(*in_order(persons, left_out), former)


def _told_of_orders(read: Any) -> list[int]:
    """How many facts of orders the stream has told, filed or not, and how many of it were taken back."""
    facts = read.facts
    told = facts.filter(facts.type.startswith("order."), facts.import_id.isnull())
    return [read.scalar(told.count()), read.snapshot.retracted.num_rows]


def _write_manifest(
    draft: Path,
    read: Any,
    version: StateVersion,
    moment: Moment,
    terms: Terms,
    orders_told: list[int],
    told: str,
) -> None:
    orders = read.table("orders")
    until = read.scalar(orders.aggregate(until=orders.on.max()))
    (draft / "manifest.json").write_text(
        json.dumps(
            {
                "format": FORMAT,
                "id": uuid.uuid4().hex,
                "lake": version.lake,
                "tap": version.tap,
                "on": version.on.isoformat(),
                "at": moment.at.isoformat(),
                "data_until": until.isoformat() if until else None,
                "currency": terms.currency,
                "terms": _fingerprint(terms),
                "orders_told": orders_told,
                "told": told,
            }
        )
    )


def _terms() -> Terms:
    shop = queries.the_shop()
    return Terms(
        queries.calendar(),
        shop.currency,
        float(shop.preset_cycle_days),
        closed=stores.closed_spans(),
        groups=goods.grouping(),
    )


def _fingerprint(terms: Terms) -> str:
    calendar = terms.calendar
    starts = calendar.day_starts_at.strftime("%H%M")
    zone = calendar.time_zone.replace("/", "_")
    name = f"{zone}-{starts}-{terms.currency}-{terms.preset_days:g}"
    if not terms.closed and terms.groups is None:
        return name
    grouped = terms.groups
    told = repr(
        (
            terms.closed,
            grouped
            and (
                sorted(grouped.of_item.items()),
                sorted(grouped.preset_days.items()),
                sorted(grouped.consumable),
            ),
        )
    )
    return f"{name}-{blake2b(told.encode(), digest_size=6).hexdigest()}"


# ---------------------------------------------------------------- folders


def _root() -> Path:
    here = workspace.current()
    return here.made(here.derived / "state")


def _versions(root: Path) -> list[Path]:
    """Whole versions, newest first."""
    found = [path for path in root.iterdir() if path.is_dir() and not path.name.startswith(".")]
    return sorted(found, key=lambda path: path.stat().st_mtime_ns, reverse=True)


def _manifest(folder: Path) -> dict[str, Any] | None:
    try:
        manifest = json.loads((folder / "manifest.json").read_text())
    except (OSError, ValueError):
        return None
    return manifest if manifest.get("format") == FORMAT else None


def _load(folder: Path) -> State | None:
    manifest = _manifest(folder)
    if manifest is None:
        return None
    until = manifest["data_until"]
    return State(
        folder=folder,
        version=StateVersion(manifest["lake"], manifest["tap"], date.fromisoformat(manifest["on"])),
        at=datetime.fromisoformat(manifest["at"]).astimezone(UTC),
        data_until=date.fromisoformat(until) if until else None,
        currency=manifest["currency"],
        id=manifest["id"],
        terms=manifest["terms"],
    )


def _pointed_at() -> State | None:
    try:
        name = (_root() / POINTER).read_text()
    except FileNotFoundError:
        return None
    return _load(_root() / name)


def _point_at(state: State) -> None:
    """Make `state` the current one, unless one of newer facts and a later moment already is."""
    shown = _pointed_at()
    # A clock set to a date goes back a day at midnight: what was of its evening is of the future then.
    if shown is not None and state.at < shown.at <= clock.now():
        ours = (state.version.lake, state.version.tap)
        if (shown.version.lake, shown.version.tap) >= ours:
            return
    draft = _root() / f".{uuid.uuid4().hex}"
    draft.write_text(state.folder.name)
    os.replace(draft, _root() / POINTER)


def _prune() -> None:
    shown = _pointed_at()
    for folder in _versions(_root())[KEPT_VERSIONS:]:
        if shown is None or folder != shown.folder:
            shutil.rmtree(folder, ignore_errors=True)


def _sync_folder(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
