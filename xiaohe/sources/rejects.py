"""Rows that could not be read: kept sealed as the CSV a person downloads, the reason beside each."""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Iterator, Sequence

import numpy as np
from django.utils.translation import gettext as _
from numpy.typing import NDArray

from xiaohe.kernel import workspace
from xiaohe.shop.sealed_files import SealedReader, SealedWriter
from xiaohe.sources.reasons import LABELS, Rejected
from xiaohe.sources.tally import REJECTIONS, RowClass

BOM = "\ufeff"
CODE_COLUMN = "reason_code"
# A spreadsheet runs a cell that begins like this; a mark before it keeps it text, and we strip it on import.
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r")
# Numbers, and ids written ="123", are what they look like; anything around them is not.
_PLAIN = re.compile(r'[+-]?[\d,]*\.?\d+|="\w*"')


class Rejects:
    """Writes the rejected rows of one import; without `close()` nothing readable is left."""

    def __init__(self, import_id: int, header: Sequence[str]) -> None:
        self._path = workspace.current().rejects / f"{import_id}.csv.sealed"
        self._header = header
        self._file: SealedWriter | None = None

    def add(self, rows: Sequence[list[str]], records: NDArray[np.void]) -> None:
        chosen = np.flatnonzero(records["row_class"] >= RowClass.REJECTED)
        if not len(chosen):
            return
        lines = io.StringIO()
        writer = csv.writer(lines)
        if self._file is None:
            self._path.unlink(missing_ok=True)
            self._file = SealedWriter(self._path)
            lines.write(BOM)
            writer.writerow([*map(_harmless, self._header), _("Reason"), CODE_COLUMN])
        width = len(self._header)
        for index in chosen.tolist():
            reason = REJECTIONS[int(records["row_class"][index]) - RowClass.REJECTED]
            cells = rows[index][:width]
            cells += [""] * (width - len(cells))
            writer.writerow([*map(_harmless, cells), str(LABELS[reason]), reason.value])
        self._file.write(lines.getvalue().encode())

    def close(self) -> None:
        if self._file is not None:
            self._file.close()

    def abandon(self) -> None:
        if self._file is not None:
            self._file.abandon()
            self._path.unlink(missing_ok=True)


def rejected_rows(import_id: int) -> Iterator[bytes]:
    """The rejected rows of an import as CSV, reasons in the language of whoever asks; empty if there are none."""
    path = workspace.current().rejects / f"{import_id}.csv.sealed"
    if not path.exists():
        return
    with io.TextIOWrapper(SealedReader(path), encoding="utf-8-sig", newline="") as handle:
        reader = csv.reader(handle)
        for number, row in enumerate(reader):
            line = io.StringIO()
            reason = _("Reason") if number == 0 else str(LABELS[Rejected(row[-1])])
            csv.writer(line).writerow([*row[:-2], reason, row[-1]])
            yield (BOM if number == 0 else "").encode() + line.getvalue().encode()


def _harmless(cell: str) -> str:
    if not cell.startswith(FORMULA_STARTS) or _PLAIN.fullmatch(cell):
        return cell
    return f"'{cell}"
