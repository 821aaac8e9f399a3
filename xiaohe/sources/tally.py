"""What came of each row: 32 bytes a row on disk while the import runs, counted once the ledger has settled.

parse ──► class and money per row ──► spill (unlinked file) ──┐
                                                              ├─► outcome per row ─► counts and money
ledger: new / known / changed facts per row ──────────────────┘
"""

from __future__ import annotations

import tempfile
from dataclasses import dataclass, field
from decimal import Decimal
from enum import IntEnum
from pathlib import Path

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.money import minor_digits
from xiaohe.sources.amounts import MICRO_DIGITS
from xiaohe.sources.facts import Ints
from xiaohe.sources.reasons import Excluded, Rejected


class RowClass(IntEnum):
    """What parsing found a row to be; with what the ledger knew before, this decides its outcome."""

    BLANK = 0
    ORDER = 1
    UNPAID = 2
    CLOSED = 3
    REFUNDED = 4
    LINE = 5
    CANCELLATION = 6
    STOCK_ADJUSTMENT = 7
    CONTACT = 8
    NOT_DATA = 9
    NOT_DATA_AGAIN = 10
    ITEM = 11
    AFTERSALE = 12
    SETTLEMENT = 13
    RECHARGE = 14
    COST = 15
    REJECTED = 20  # + the index of the reason


REJECTIONS = list(Rejected)

# Outcomes, flat: accepted, updated, duplicate, excluded ones, rejected ones.
ACCEPTED, UPDATED, DUPLICATE = "accepted", "updated", "duplicate"
OUTCOMES = [ACCEPTED, UPDATED, DUPLICATE, *Excluded, *Rejected]
_CODE = {name: code for code, name in enumerate(OUTCOMES)}
NOWHERE = 255

ROW = np.dtype(
    [
        ("row_class", np.uint8),
        ("no_buyer", np.bool_),
        ("paid", np.int64),
        ("refunded", np.int64),
        ("paid_remainder", np.int32),
        ("refunded_remainder", np.int32),
        ("key", np.int64),  # of a cancellation line, for matching
    ]
)


def rejected_as(reason: Rejected) -> int:
    return RowClass.REJECTED + REJECTIONS.index(reason)


@dataclass
class Money:
    """Sums in minor units and what rounding per line took from them, in millionths."""

    paid: int = 0
    refunded: int = 0
    paid_remainder: int = 0
    refunded_remainder: int = 0

    def add(self, rows: NDArray[np.void]) -> None:
        self.paid += int(rows["paid"].sum())
        self.refunded += int(rows["refunded"].sum())
        self.paid_remainder += int(rows["paid_remainder"].sum(dtype=np.int64))
        self.refunded_remainder += int(rows["refunded_remainder"].sum(dtype=np.int64))

    def as_json(self, currency: str) -> dict[str, str | int]:
        return {
            "paid": self.paid,
            "refunded": self.refunded,
            "currency": currency,
            "paid_exact": _exact(self.paid, self.paid_remainder, currency),
            "refunded_exact": _exact(self.refunded, self.refunded_remainder, currency),
        }


def _exact(minor: int, remainder: int, currency: str) -> str:
    digits = minor_digits(currency)
    exact = Decimal(minor).scaleb(-digits) + Decimal(remainder).scaleb(-MICRO_DIGITS)
    written = f"{exact:f}"
    whole, _, fraction = written.partition(".")
    fraction = fraction.rstrip("0").ljust(digits, "0")
    return f"{whole}.{fraction}" if fraction else whole


@dataclass
class Counts:
    """The finished count of one file."""

    read: int = 0
    by_outcome: dict[str, int] = field(default_factory=lambda: dict.fromkeys(OUTCOMES, 0))
    money: Money = field(default_factory=Money)
    money_by_outcome: dict[str, Money] = field(default_factory=dict)
    no_buyer: int = 0
    changed: int = 0


class Tally:
    """Keeps each row's class and money on disk; `count` joins them with what the ledger settled."""

    def __init__(self, folder: Path) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        # Unlinked at once: a crash leaves nothing behind. It holds numbers only.
        self._spill = tempfile.TemporaryFile(dir=folder)  # noqa: SIM115
        self._rows = 0
        self.cancellations = 0

    def close(self) -> None:
        self._spill.close()

    def add(self, rows: NDArray[np.void]) -> None:
        """The next rows of the file; row numbers count up from 0 without gaps."""
        totals = np.isin(rows["row_class"], (RowClass.NOT_DATA, RowClass.NOT_DATA_AGAIN))
        if totals.any():
            # A totals row says again what the others said, whether it is met for the first time or not.
            for name in ("paid", "refunded", "paid_remainder", "refunded_remainder"):
                rows[name][totals] = 0
        self._spill.write(rows.tobytes())
        self._rows += len(rows)
        self.cancellations += int((rows["row_class"] == RowClass.CANCELLATION).sum())

    def __len__(self) -> int:
        return self._rows

    def read(self, start: int, stop: int) -> NDArray[np.void]:
        self._spill.seek(start * ROW.itemsize)
        return np.frombuffer(self._spill.read((stop - start) * ROW.itemsize), dtype=ROW)


class Outcomes:
    """One byte per row, filled while the ledger settles; rows it never speaks of are told by their class."""

    def __init__(self, tally: Tally) -> None:
        self._tally = tally
        self._codes = np.full(len(tally), NOWHERE, np.uint8)
        self._changed = 0

    def settle(self, chunk: pa.Table) -> None:
        """Take in one chunk of the ledger's answer."""
        if not chunk.num_rows:
            return
        row_no = chunk["row_no"].to_numpy()
        new = chunk["facts_new"].to_numpy() > 0
        known = chunk["facts_known"].to_numpy() > 0
        order_known = chunk["order_was_known"].to_numpy(zero_copy_only=False).astype(np.bool_)
        order_paid = chunk["order_was_paid"].to_numpy(zero_copy_only=False).astype(np.bool_)
        self._changed += int((chunk["changed"].to_numpy() > 0).sum())
        low, high = int(row_no.min()), int(row_no.max()) + 1
        row_class = self._tally.read(low, high)["row_class"][row_no - low]
        self._codes[row_no] = _outcome(row_class, new, known, order_known, order_paid)

    def count(self, matched: Ints) -> Counts:
        """The finished count; `matched` are the keys of cancellation lines that found their sale."""
        counts = Counts(changed=self._changed)
        step = 1 << 18
        for start in range(0, len(self._tally), step):
            rows = self._tally.read(start, min(start + step, len(self._tally)))
            codes = self._codes[start : start + len(rows)]
            self._finish(rows, codes, matched)
            data = rows["row_class"] != RowClass.BLANK
            counts.read += int(data.sum())
            counts.no_buyer += int((rows["no_buyer"] & data).sum())
            counts.money.add(rows[data])
            for code in np.unique(codes[data]):
                name = OUTCOMES[code]
                chosen = rows[data & (codes == code)]
                counts.by_outcome[name] += len(chosen)
                counts.money_by_outcome.setdefault(name, Money()).add(chosen)
        return counts

    def _finish(self, rows: NDArray[np.void], codes: NDArray[np.uint8], matched: Ints) -> None:
        row_class = rows["row_class"]
        codes[row_class == RowClass.NOT_DATA] = _CODE[Excluded.NOT_DATA]
        codes[row_class == RowClass.NOT_DATA_AGAIN] = _CODE[DUPLICATE]
        for index, reason in enumerate(REJECTIONS):
            codes[row_class == RowClass.REJECTED + index] = _CODE[reason]
        alone = (row_class == RowClass.CANCELLATION) & (codes == _CODE[ACCEPTED])
        if alone.any():
            alone &= ~np.isin(rows["key"], matched)
            codes[alone] = _CODE[Excluded.CANCELLATION_UNLINKED]


def _outcome(
    row_class: NDArray[np.uint8],
    new: NDArray[np.bool_],
    known: NDArray[np.bool_],
    order_known: NDArray[np.bool_],
    order_paid: NDArray[np.bool_],
) -> NDArray[np.uint8]:
    """docs/definitions.md, "Rows": rejected > duplicate > excluded > updated > accepted."""
    is_class = row_class.__eq__
    # A contact's link is one fact; a new phone or number beside a known link leaves it the same contact.
    duplicate = ~new | (is_class(RowClass.CONTACT) & known)
    return np.select(
        [
            duplicate,
            is_class(RowClass.UNPAID),
            is_class(RowClass.CLOSED) & ~order_paid,
            is_class(RowClass.CLOSED),
            is_class(RowClass.REFUNDED) & ~order_known,
            is_class(RowClass.REFUNDED),
            is_class(RowClass.STOCK_ADJUSTMENT),
            is_class(RowClass.ORDER) & order_known,
            is_class(RowClass.ITEM) & known,
            # A known after-sale of which the money has now gone back.
            is_class(RowClass.AFTERSALE) & known,
        ],
        [
            _CODE[DUPLICATE],
            _CODE[Excluded.UNPAID],
            _CODE[Excluded.CLOSED],
            _CODE[UPDATED],
            _CODE[Excluded.REFUNDED],
            _CODE[UPDATED],
            _CODE[Excluded.STOCK_ADJUSTMENT],
            _CODE[UPDATED],
            _CODE[UPDATED],
            _CODE[UPDATED],
        ],
        default=_CODE[ACCEPTED],
    ).astype(np.uint8)
