"""The doors of this room: look at a file, import it, take it back.

    inspect ─► recognised: run          not recognised: a mapping in words ─► a person confirms ─► run

Every table of a file (a sheet, a member of an archive) is an import of its own, in a fixed order. Nothing of a
file is seen before its last row was read: a refusal anywhere leaves the data folder as it was.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

import numpy as np
from django.utils.translation import gettext as _

from xiaohe.kernel import memory, workspace
from xiaohe.kernel.errors import XiaoheError
from xiaohe.kernel.store import write
from xiaohe.ledger import bulk, imports
from xiaohe.ledger.models import ImportState
from xiaohe.people import keys
from xiaohe.people.identifiers import Recorder
from xiaohe.shop import accounts, queries, vault
from xiaohe.sources import report as reports
from xiaohe.sources import saved
from xiaohe.sources.facts import Ints
from xiaohe.sources.formats import OF_A_TABLE, Kind, Layout, broken, title_of
from xiaohe.sources.mapping import Mapping
from xiaohe.sources.plans import Plan, plans_of
from xiaohe.sources.readers import Source
from xiaohe.sources.refusals import refuse, refuse_unknown
from xiaohe.sources.rejects import Rejects, rejected_rows
from xiaohe.sources.report import Origin, Report
from xiaohe.sources.rows.aftersales import AftersaleRows
from xiaohe.sources.rows.bills import BillRows
from xiaohe.sources.rows.contacts import ContactRows
from xiaohe.sources.rows.context import Context, Found, Judge, Rows
from xiaohe.sources.rows.costs import CostRows
from xiaohe.sources.rows.groups import GroupRows
from xiaohe.sources.rows.items import ItemRows
from xiaohe.sources.rows.lines import LineRows
from xiaohe.sources.rows.members import MemberRows
from xiaohe.sources.rows.orderlines import OrderLineRows
from xiaohe.sources.rows.orders import OrderRows
from xiaohe.sources.rows.settlements import SettlementRows
from xiaohe.sources.rows.visits import VisitRows
from xiaohe.sources.tally import Outcomes, Tally

__all__ = ["FileResult", "Inspected", "inspect", "rejected_rows", "run", "run_all", "undo"]

# Rows parsed at a time: large enough for columns to pay, small enough that 41 cells a row stay near 10 MB.
SLICE_ROWS = 4_096
LABEL_PURPOSE = "import-label"

File = Path | str | BinaryIO
Progress = Callable[[dict[str, Any]], None]


@dataclass(frozen=True)
class Inspected:
    """What a file is, before anything is done with it."""

    name: str
    format: str
    encoding: str
    sentence: str
    mapping: Mapping | None
    needs_confirmation: bool
    # Read as a file of the same headings was before; it can be changed, but needs no answer.
    remembered: Mapping | None = None


def inspect(file: File, *, name: str | None = None) -> Inspected:
    """Say what a file is; for a table we do not know, with the proposed reading. Changes nothing."""
    source = Source.of(file, name)
    plans = plans_of(source, currency=queries.the_shop().currency)
    mapping = next((p.mapping for p in plans if p.mapping and not p.is_remembered), None)
    remembered = next((plan.mapping for plan in plans if plan.is_remembered), None)
    titles = _(", ").join(dict.fromkeys(title_of(plan.format) or plan.format for plan in plans))
    sentence = _("This is: %(titles)s.") % {"titles": titles}
    if mapping is not None:
        sentence = _("We would read it like this: %(proposal)s") % {"proposal": mapping.in_words()}
    elif remembered is not None:
        sentence = _("Read as last time: %(proposal)s") % {"proposal": remembered.in_words()}
    elif not any(plan.names_buyers or plan.kind is not Kind.ORDERS for plan in plans):
        sentence = _("%(told)s %(more)s") % {
            "told": sentence,
            "more": _("It names no buyer, so people cannot be told apart."),
        }
    return Inspected(
        source.name,
        plans[0].format,
        plans[0].table.encoding,
        sentence,
        mapping,
        mapping is not None,
        remembered,
    )


def run(
    file: File,
    mapping: Mapping | None = None,
    *,
    now: datetime,
    name: str | None = None,
    yes: bool = False,
    progress: Progress | None = None,
) -> Report:
    """Import a file; `mapping` or `yes` confirms how an unknown table is read, else BadInput asks for it.

    A file with several tables gives one report whose `parts` are theirs. What was confirmed once is remembered: the
    next table of the same headings is read so without asking.
    """
    source = Source.of(file, name)
    plans = plans_of(source, currency=queries.the_shop().currency, mapping=mapping)
    for plan in plans:
        is_confirmed = yes or plan.is_remembered or plan.mapping is mapping
        if plan.mapping is not None and not is_confirmed:
            raise refuse_unknown(
                "needs_confirmation",
                source.name,
                broken(),
                proposal=plan.mapping.in_words(),
            )
    parts: list[Report] = []
    try:
        for plan in plans:
            parts.append(_Import(plan, source.name, now, progress).run())
    except XiaoheError:
        # "Nothing was changed" holds for the whole file, not only for the table that was refused.
        for done in reversed(parts):
            undo(done.import_id, now=now)
        raise
    for plan in plans:
        if plan.mapping is not None:
            saved.remember(plan.mapping, now)
    return parts[0] if len(parts) == 1 else reports.together(parts)


@dataclass(frozen=True)
class FileResult:
    """What came of one of several files: a report, or why it was refused."""

    name: str
    report: Report | None
    error: XiaoheError | None = None


def run_all(
    files: list[tuple[str, File]],
    *,
    now: datetime,
    yes: bool = False,
    progress: Progress | None = None,
) -> list[FileResult]:
    """Import several files one by one; a refused one does not hold up the others."""
    results = []
    for name, file in files:
        try:
            results.append(
                FileResult(name, run(file, now=now, name=name, yes=yes, progress=progress))
            )
        except XiaoheError as error:
            results.append(FileResult(name, None, error))
    return results


def undo(import_id: int, *, now: datetime) -> None:
    """Take an import back whole; what only it knew of people is forgotten with it."""
    from xiaohe.people import identifiers

    imports.undo(import_id, now=now)
    identifiers.sweep()


def label_of(sealed: bytes | None) -> str:
    """The name of the imported file, for the page that lists imports."""
    return vault.unseal(sealed, LABEL_PURPOSE) if sealed else ""


def _contacts(context: Context, layout: Layout, width: int, judge: Judge) -> Rows:
    return ContactRows(context, layout, width, judge, _account_id)


def _group_members(context: Context, layout: Layout, width: int, judge: Judge) -> Rows:
    return GroupRows(context, layout, width, judge, _group_id)


# Who reads the rows of each kind of table.
PARSERS: dict[Kind, Callable[[Context, Layout, int, Judge], Rows]] = {
    Kind.ORDERS: OrderRows,
    Kind.ORDER_LINES: OrderLineRows,
    Kind.ITEMS: ItemRows,
    Kind.AFTERSALES: AftersaleRows,
    Kind.SETTLEMENTS: SettlementRows,
    Kind.BILLS: BillRows,
    Kind.VISITS: VisitRows,
    Kind.RECHARGES: VisitRows,
    Kind.COSTS: CostRows,
    Kind.MEMBERS: MemberRows,
    Kind.GROUP_MEMBERS: _group_members,
    Kind.CONTACTS: _contacts,
}


class _Import:
    """One table on its way into the ledger."""

    def __init__(
        self, plan: Plan, file_name: str, now: datetime, progress: Progress | None
    ) -> None:
        self._plan = plan
        self._file_name = file_name
        self._now = now
        self._progress = progress or (lambda told: None)
        self._shop_currency = queries.the_shop().currency
        self._currency = plan.mapping.currency if plan.mapping else self._shop_currency
        self._calendar = queries.calendar()

    def run(self) -> Report:
        plan = self._plan
        label = vault.seal(plan.table.label, LABEL_PURPOSE)
        with bulk.open_import(
            kind=plan.kind, source=plan.source, label=label, now=self._now
        ) as door:
            rejects = Rejects(door.id, plan.header)
            tally = Tally(workspace.current().derived / "tmp")
            try:
                with _no_search_for_cycles():
                    report = self._through(door, rejects, tally)
            except BaseException:
                rejects.abandon()
                raise
            finally:
                tally.close()
                memory.give_back()
        self._tell("done", 1.0, report.read)
        return report

    def _through(self, door: bulk.Door, rejects: Rejects, tally: Tally) -> Report:
        found, marks = self._read(door, rejects, tally)
        memory.give_back()
        self._tell("comparing", 0.8, len(tally))
        outcomes = Outcomes(tally)
        for chunk in door.settle():
            outcomes.settle(chunk)
        counts = outcomes.count(_matched(door) if tally.cancellations else np.empty(0, np.int64))
        if counts.read == 0:
            raise refuse("no_rows", self._file_name)
        plan = self._plan
        report = reports.build(
            Origin(door.id, plan.format, plan.kind.value, plan.source, plan.table.encoding,
                   plan.names_buyers, self._shop_currency),
            counts,
            found,
            calendar=self._calendar,
            currency=self._currency,
            marks=marks,
            day_order=_doubtful(*plan.day_order),
        )  # fmt: skip
        rejects.close()
        self._tell("committing", 0.95, counts.read)
        door.commit(report.as_json(), now=self._now)
        return report

    def _read(self, door: bulk.Door, rejects: Rejects, tally: Tally) -> tuple[Found, list[int]]:
        """Parse and stage the whole table; of what parsing needs, nothing is kept but what it found."""
        hasher = keys.hasher()
        recorder = Recorder(door.id)
        context = Context(
            source=self._plan.source,
            currency=self._currency,
            calendar=self._calendar,
            hasher=hasher,
            recorder=recorder,
            now=self._now,
            day_first=self._plan.day_order[0],
        )
        judge = Judge(self._plan.header, _marks(self._plan.source), hasher)
        parser = self._parser(context, judge)
        table = self._plan.data_rows()
        start = 0
        # One slice at a time: the last one is gone before the next is read.
        while rows := list(islice(table, SLICE_ROWS)):
            facts, records = parser.parse(rows, start)
            door.stage(facts)
            tally.add(records)
            rejects.add(rows, records)
            start += len(rows)
            self._tell("reading", 0.8 * self._plan.table.position.share, start)
            del rows
        recorder.flush(door.keep)
        return context.found, judge.marks

    def _parser(self, context: Context, judge: Judge) -> Rows:
        plan, width = self._plan, len(self._plan.header)
        if plan.mapping is not None:
            if plan.mapping.is_visits:
                return VisitRows(context, _as_visits(plan.mapping), width, judge)
            if plan.mapping.per_order:
                return OrderRows(context, _as_order_list(plan.mapping), width, judge)
            return LineRows(context, plan.mapping, width, judge)
        assert plan.layout is not None
        return PARSERS[plan.kind](context, plan.layout, width, judge)

    def _tell(self, phase: str, share: float, rows: int) -> None:
        self._progress({"phase": phase, "share": round(share, 4), "rows": rows})


def _doubtful(day_first: bool, certain: bool) -> str:
    if certain:
        return ""
    return reports.DAY_FIRST if day_first else reports.MONTH_FIRST


@contextmanager
def _no_search_for_cycles() -> Iterator[None]:
    """Millions of cells and not one reference cycle: looking for some would take a fifth of the time."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def _as_order_list(mapping: Mapping) -> Layout:
    """A mapped table with one row per order, in the fields of an order list."""
    renamed = {"time": "paid_at", "amount": "paid", "phone": "mobile"}
    positions = {renamed.get(name, name): at for name, at in mapping.positions.items()}
    return Layout(OF_A_TABLE, positions, mapping.header)


def _as_visits(mapping: Mapping) -> Layout:
    """A mapped table of a till, in the fields of its visits."""
    renamed = {"phone": "mobile", "item": "code"}
    positions = {renamed.get(name, name): at for name, at in mapping.positions.items()}
    return Layout(replace(OF_A_TABLE, kind=Kind.VISITS), positions, mapping.header)


def _account_id(account: str, staff: str) -> int:
    with write():
        return int(accounts.account_named("wecom", account, staff=staff).pk)


def _group_id(group: str) -> int:
    with write():
        return int(accounts.account_named("group", group).pk)


def _marks(source: str) -> frozenset[int]:
    """Totals rows and repeated headers that imports which count have already reported."""
    known = imports.listing(states=[ImportState.COMMITTED])
    return frozenset(
        mark
        for row in known
        if row.source == source
        for mark in row.report.get("not_data_marks", ())
    )


def _matched(door: bulk.Door) -> Ints:
    """Keys of the cancelled lines that find their sale, with this import counted in."""
    from xiaohe.traits.returns import match_cancellations

    with door.staged_view() as read:
        return np.asarray(match_cancellations(read)["key_hash"].to_numpy(), np.int64)
