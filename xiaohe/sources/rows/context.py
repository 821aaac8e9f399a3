"""What all row parsers of one import share: keys, clock, recorder, and what they find out on the way."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from operator import itemgetter
from typing import Protocol

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.ids import Hasher
from xiaohe.people.identifiers import Recorder
from xiaohe.people.keys import ON_A_PLATFORM, Kind, Namespace, on_platform
from xiaohe.sources.cells import complete_phone, text
from xiaohe.sources.facts import NULL, Ints, Keys
from xiaohe.sources.formats.base import fold_header
from xiaohe.sources.goods import Goods
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.seen import Distinct, Recent
from xiaohe.sources.tally import ROW, RowClass, rejected_as
from xiaohe.sources.times import Clock

TOTALS = (
    "合计",
    "总计",
    "小计",
    "汇总",
    "总和",
    "共计",
    "总交易",
    "合 计",
    "total",
    "grandtotal",
    "subtotal",
    "sum",
)
# What platforms put before ciphertext.
CIPHERS = ("##", "$$", "~~")
# Ids remembered between slices, so that a buyer's second order costs no second hash.
MOST_CACHED = 50_000


class Rows(Protocol):
    """A row parser: one slice of the file in, its facts and one record per row out."""

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]: ...


@dataclass
class Found:
    """What an import finds out about its file beside the facts."""

    first_at: int | None = None
    last_at: int | None = None
    buyers: Distinct = field(default_factory=Distinct)
    phones: int = 0
    masked_phones: int = 0
    # Cells of a column of birthdays that say no day.
    no_birthdays: int = 0
    goods: Goods = field(default_factory=Goods)
    currencies: dict[str, int] = field(default_factory=dict)
    new_words: dict[str, int] = field(default_factory=dict)

    def see_times(self, at: Ints) -> None:
        known = at[at != NULL]
        if len(known):
            low, high = int(known.min()), int(known.max())
            self.first_at = low if self.first_at is None else min(low, self.first_at)
            self.last_at = high if self.last_at is None else max(high, self.last_at)

    @property
    def masked_share(self) -> float | None:
        return self.masked_phones / self.phones if self.phones else None


@dataclass
class Context:
    """One import's shared parts."""

    source: str
    currency: str
    calendar: ShopCalendar
    hasher: Hasher
    recorder: Recorder
    now: datetime
    day_first: bool = False
    found: Found = field(default_factory=Found)
    edges: Recent = field(default_factory=Recent)
    people: Recent = field(default_factory=Recent)
    states: Recent = field(default_factory=Recent)

    def __post_init__(self) -> None:
        self.keys = Keys(self.hasher, self.source)
        self.clock = Clock(self.calendar, day_first=self.day_first)
        self._cached: dict[Namespace, dict[str, int]] = {each: {} for each in Namespace}

    def on_platform(self, namespace: Namespace, cells: Sequence[str]) -> Ints:
        """Ids of values that are keys on this platform; NULL for blanks and masked ones."""
        cache = self._cached[namespace]
        if len(cache) > MOST_CACHED:
            cache.clear()
        ids = np.empty(len(cells), np.int64)
        for index, cell in enumerate(cells):
            known = cache.get(cell)
            if known is None:
                value = on_platform(self.source, text(cell)) if cell else None
                known = NULL if value is None else self.hasher(namespace, value)
                cache[cell] = known
            ids[index] = known
        return ids

    def orders(self, numbers: Sequence[str]) -> Ints:
        """Order keys of cleaned order numbers; NULL where there is none."""
        prefix = f"{self.source}:"
        return self._of_numbers("order", [prefix + n.lower() if n else "" for n in numbers])

    def bare_numbers(self, numbers: Sequence[str]) -> Ints:
        """Ids of order numbers without their platform: all that a payment bill knows of an order."""
        return self._of_numbers("number", [number.lower() for number in numbers])

    def _of_numbers(self, namespace: str, values: Sequence[str]) -> Ints:
        ids = self.hasher.many(namespace, values)
        return np.where(np.fromiter(map(bool, values), np.bool_, len(values)), ids, NULL)

    def phones(self, *columns: Sequence[str]) -> tuple[Ints, list[str]]:
        """Keys and digits of the first complete phone of each row; counts how many a platform masked."""
        digits = [""] * len(columns[0])
        masked = shown = 0
        for column in columns:
            for index, cell in enumerate(column):
                if not cell or digits[index]:
                    continue
                if len(cell) == 11 and cell[0] == "1" and cell.isdigit() and cell[1] > "2":
                    digits[index] = cell
                    shown += 1
                    continue
                if "*" in cell or text(cell)[:2] in CIPHERS:
                    masked += 1
                    continue
                phone = complete_phone(cell)
                if phone:
                    digits[index] = phone
                shown += bool(text(cell))
        self.found.masked_phones += masked
        self.found.phones += masked + shown
        hashed = self.hasher
        ids = [hashed("phone", number) if number else NULL for number in digits]
        return np.array(ids, np.int64), digits


def columns_of(
    rows: Sequence[list[str]], positions: Mapping[str, int], width: int
) -> tuple[dict[str, list[str]], NDArray[np.bool_]]:
    """The mapped columns of a slice, short rows filled up; and which rows have cells beyond the header."""
    broken = np.zeros(len(rows), np.bool_)
    even = list(rows)
    for index, row in enumerate(rows):
        if len(row) != width:
            if len(row) > width:
                broken[index] = any(cell.strip() for cell in row[width:])
            else:
                even[index] = row + [""] * (width - len(row))
    return {name: list(map(itemgetter(at), even)) for name, at in positions.items()}, broken


class Judge:
    """Tells blank rows, totals, repeated headers and notes from data that is merely damaged."""

    def __init__(self, header: Iterable[str], already: frozenset[int], hasher: Hasher) -> None:
        self._header = [fold_header(cell) for cell in header]
        self._already = already
        self._hasher = hasher
        self._seen: dict[int, int] = {}
        self.marks: list[int] = []

    def row_class(self, row: Sequence[str]) -> RowClass | None:
        """BLANK or NOT_DATA (AGAIN, if an earlier import had this very row); None for data."""
        filled = [cell for cell in row if cell.strip()]
        if not filled:
            return RowClass.BLANK
        folded = [fold_header(cell) for cell in row]
        is_total = any(cell.startswith(TOTALS) for cell in folded[:6] if cell)
        pairs = [(a, b) for a, b in zip(folded, self._header, strict=False) if a]
        is_header = sum(a == b for a, b in pairs) * 2 > len(pairs)
        is_note = len(filled) <= 2 and len(self._header) >= 5 and not filled[0].strip()[0].isdigit()
        if not (is_total or is_header or is_note):
            return None
        return self._remembered(folded)

    def no_data(self, row: Sequence[str]) -> RowClass:
        """NOT_DATA, or AGAIN, for a row that its parser knows to be none."""
        return self._remembered([fold_header(cell) for cell in row])

    def _remembered(self, folded: list[str]) -> RowClass:
        mark = self._hasher("not-data", "\x1f".join(folded).rstrip("\x1f"))
        ordinal = self._seen[mark] = self._seen.get(mark, -1) + 1
        if ordinal:
            mark = self._hasher("not-data", f"{mark}:{ordinal}")
        if len(self.marks) < 5_000:
            self.marks.append(mark)
        return RowClass.NOT_DATA_AGAIN if mark in self._already else RowClass.NOT_DATA


def blank_rows(count: int) -> NDArray[np.void]:
    return np.zeros(count, ROW)


def reject(rows: NDArray[np.void], where: NDArray[np.bool_], reason: Rejected) -> None:
    """Mark rows as rejected unless something was found out about them before."""
    rows["row_class"][where & (rows["row_class"] == RowClass.BLANK)] = rejected_as(reason)


def record_people(
    context: Context,
    chosen: Ints,
    subject: Ints,
    values: Mapping[Kind, tuple[Namespace, Sequence[str]]],
) -> None:
    """Hand the identifiers of some rows to the vault; a combination of values just handed in is skipped."""
    if not len(chosen):
        return
    kinds = list(values.items())
    rows = chosen.tolist()
    columns = [[cells[row] for row in rows] for _, (_, cells) in kinds]
    said = zip(subject[chosen].tolist(), *columns, strict=True)
    marks = np.fromiter(map(hash, said), np.int64, len(rows))
    for index in chosen[context.people.first_time(marks)].tolist():
        for kind, (namespace, cells) in kinds:
            value = text(cells[index])
            if not value:
                continue
            if kind in ON_A_PLATFORM:
                value = f"{context.source}:{value}"
            context.recorder.add(int(subject[index]), namespace, value, kind=kind)
