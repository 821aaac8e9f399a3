"""The column of birthdays that lists of members and contacts have beside everything else."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel.errors import BadInput
from xiaohe.ledger.catalogue import as_json
from xiaohe.people import days
from xiaohe.people.days import Name
from xiaohe.sources import birthdays
from xiaohe.sources.cells import text
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.rows.context import Context
from xiaohe.sources.rows.slice import Slice

FIELD = "birthday"


def add(
    context: Context,
    buffer: FactBuffer,
    slice_: Slice,
    where: NDArray[np.bool_],
    subject: Ints,
    at: Ints,
) -> None:
    """`date.told` for each of these rows with a birthday; what is no day is counted and told in the report.

    Whoever is told again of the same day is told nothing new, so a word said here later is not overruled.
    """
    if not slice_.has(FIELD):
        return
    cells = slice_.raw(FIELD)
    today = context.calendar.day_of(context.now)
    known: dict[str, str | None] = {}
    rows: list[int] = []
    said: list[str | None] = []
    for index in np.flatnonzero(where & (subject != NULL)).tolist():
        cell = cells[index]
        if not cell:
            continue
        if cell not in known:
            try:
                day = birthdays.read(cell, today)
                known[cell] = as_json(days.props(Name.BIRTHDAY, day)) if day else None
            except BadInput:
                known[cell] = ""
        if known[cell] == "":
            context.found.no_birthdays += bool(text(cell))
        elif known[cell]:
            rows.append(index)
            said.append(known[cell])
    at_rows = np.array(rows, np.int64)
    content = np.array([context.hasher("day", each or "") for each in said], np.int64)
    buffer.add(
        days.TOLD,
        at_rows + slice_.start,
        key=context.keys.of(days.TOLD, subject[at_rows], content),
        occurred=at[at_rows],
        subject=subject[at_rows],
        content=content,
        props=said,
    )
