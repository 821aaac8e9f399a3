"""XLSX: sheets read as a stream, values only; a formula is what it showed when the file was saved."""

from __future__ import annotations

import io
import zipfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO

from xiaohe.sources.cells import excel_text
from xiaohe.sources.readers.limits import check_members
from xiaohe.sources.readers.opened import MOST_COLUMNS, Position, Source, Table
from xiaohe.sources.readers.sheets import Damaged, Sheet, sheets_of
from xiaohe.sources.refusals import refuse

# openpyxl holds the shared strings of a workbook in memory.
MOST_SHARED_STRINGS = 512 << 20
# A workbook inside an archive is read into memory, for it must be read in jumps.
MOST_IN_MEMORY = 256 << 20


def workbook_tables(source: Source, label: str) -> list[Table]:
    """The visible sheets of a workbook that hold anything."""
    # Six megabytes, for who reads workbooks.
    from openpyxl import load_workbook

    handle = _seekable(source)
    _check(handle, source.name)
    try:
        found = sheets_of(handle)
        handle.seek(0)
        book: Any = None
        if found is None:
            book = load_workbook(handle, read_only=True, data_only=True, keep_links=False)
    except Exception:
        # openpyxl raises whatever its XML meets; to the person they are all one thing.
        raise refuse("damaged", source.name) from None
    if found is not None:
        seen = [sheet for sheet in found if sheet.is_visible]
        return [
            _streamed(sheet, f"{label} › {sheet.title}" if len(found) > 1 else label, source.name)
            for sheet in seen
        ]
    tables = []
    for sheet in book.worksheets:
        if getattr(sheet, "sheet_state", "visible") != "visible":
            continue
        name = str(sheet.title)
        tables.append(
            _table(
                sheet, f"{label} › {name}" if len(book.worksheets) > 1 else label, name, source.name
            )
        )
    return tables


def _seekable(source: Source) -> BinaryIO:
    if source.seekable:
        return source.open()
    with source.open() as stream:
        content = stream.read(MOST_IN_MEMORY + 1)
    if len(content) > MOST_IN_MEMORY:
        raise refuse("bomb", source.name)
    return io.BytesIO(content)


def _check(handle: BinaryIO, name: str) -> None:
    try:
        with zipfile.ZipFile(handle) as archive:
            members = archive.infolist()
    except zipfile.BadZipFile:
        raise refuse("truncated", name) from None
    check_members(members, name)
    for member in members:
        if member.filename.endswith("sharedStrings.xml") and member.file_size > MOST_SHARED_STRINGS:
            raise refuse("bomb", name)
    handle.seek(0)


def _streamed(sheet: Sheet, label: str, file_name: str) -> Table:
    position = Position()

    def rows() -> Iterator[list[str]]:
        position.done = 0
        try:
            for row in sheet.rows():
                position.done += 1
                while row and not row[-1]:
                    row.pop()
                if len(row) > MOST_COLUMNS:
                    raise refuse("too_many_columns", file_name, count=len(row), most=MOST_COLUMNS)
                if row:
                    yield row
        except (
            Damaged,
            zipfile.BadZipFile,
            EOFError,
            IndexError,
            KeyError,
            ValueError,
            OverflowError,
            zlib.error,
        ):
            raise refuse("damaged", file_name) from None

    return Table(label, "xlsx", rows, position, sheet.title)


def _table(sheet: Any, label: str, title: str, file_name: str) -> Table:
    # The stated dimension of a sheet is often wrong; rows are taken as they come.
    sheet.reset_dimensions()
    position = Position()

    def rows() -> Iterator[list[str]]:
        position.done = 0
        try:
            for values in sheet.iter_rows(values_only=True):
                position.done += 1
                row = [value if type(value) is str else excel_text(value) for value in values]
                while row and not row[-1]:
                    row.pop()
                if len(row) > MOST_COLUMNS:
                    raise refuse("too_many_columns", file_name, count=len(row), most=MOST_COLUMNS)
                if row:
                    yield row
        except (zipfile.BadZipFile, EOFError, KeyError, ValueError, SyntaxError):
            raise refuse("damaged", file_name) from None

    return Table(label, "xlsx", rows, position, title)
