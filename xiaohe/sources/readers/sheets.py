"""The cells of a worksheet, cut out of its XML as a stream: four times as fast as building elements of each.

    sharedStrings.xml ──► list of texts ┐
    styles.xml ──► which are dates      ├─► row by row, each a list of texts
    sheet.xml, 256 KB at a time ────────┘

Every writer in use spells cells `<c r s t>`, in this order. A row that is spelled in another way is parsed as XML; a
sheet whose elements have prefixes is `None` here and left to openpyxl. No entity is ever declared or expanded.
"""

from __future__ import annotations

import codecs
import html
import re
import zipfile
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any, BinaryIO
from xml.etree import ElementTree

from openpyxl.reader.excel import ExcelReader
from openpyxl.styles.stylesheet import apply_stylesheet
from openpyxl.utils.datetime import from_excel
from openpyxl.utils.escape import unescape

from xiaohe.sources.cells import excel_text

CHUNK = 1 << 18
# A row of a thousand cells with a page of text in each; beyond that it is no table.
LONGEST_ROW = 64 << 20
# What Excel itself keeps of a number.
EXACT_DIGITS = 15

_CELL = re.compile(
    r'<c(?: r="([A-Z]{1,3})\d*")?(?: s="(\d+)")?(?: t="(\w+)")?\s*(?:/>|>(.*?)</c>)', re.DOTALL
)
_TEXT = re.compile(r"<t(?:\s[^>]*)?>(.*?)</t>", re.DOTALL)
_PHONETIC = re.compile(r"<rPh\b.*?</rPh>", re.DOTALL)
_OPENS = re.compile(r"<c[ />]")


class Damaged(Exception):
    """The XML breaks off, or says what no worksheet can."""


@dataclass(frozen=True)
class Sheet:
    """One sheet: its title, whether people see it, and its rows from the first on."""

    title: str
    is_visible: bool
    rows: Callable[[], Iterator[list[str]]]


def sheets_of(handle: BinaryIO) -> list[Sheet] | None:
    """The sheets of a workbook; None if its XML is spelled in a way only openpyxl reads."""
    reader: Any = ExcelReader(handle, read_only=True, data_only=True, keep_links=False)
    reader.read_manifest()
    reader.read_workbook()
    apply_stylesheet(reader.archive, reader.wb)
    archive: zipfile.ZipFile = reader.archive
    listed = [(sheet, rel.target) for sheet, rel in reader.parser.find_sheets()]
    names = {name.casefold(): name for name in archive.namelist()}
    targets = [target for _sheet, target in listed if target in archive.NameToInfo]
    if not all(_is_plain(archive, target, "<worksheet", "<chartsheet") for target in targets):
        return None
    strings_at = names.get("xl/sharedstrings.xml", "")
    if strings_at and not _is_plain(archive, strings_at, "<sst"):
        return None
    strings: list[str] | None = None

    def shared() -> list[str]:
        nonlocal strings
        if strings is None:
            strings = list(_strings(archive, strings_at)) if strings_at else []
        return strings

    def rows_at(target: str) -> Iterator[list[str]]:
        return _rows(archive, target, shared(), numbers)

    numbers = _Numbers(
        frozenset(reader.wb._date_formats), frozenset(reader.wb._timedelta_formats), reader.wb.epoch
    )
    return [
        Sheet(
            str(sheet.name),
            sheet.state == "visible",
            partial(rows_at, str(target)),
        )
        for sheet, target in listed
        if target in archive.NameToInfo and "worksheet" in target
    ]


def _is_plain(archive: zipfile.ZipFile, name: str, *begins: str) -> bool:
    """UTF-8, without prefixes, without a document type."""
    with archive.open(name) as stream:
        head = stream.read(4096)
    try:
        text = codecs.getincrementaldecoder("utf-8-sig")().decode(head)
    except UnicodeDecodeError:
        return False
    return "<!DOCTYPE" not in text and any(begin in text for begin in begins)


def _pieces(archive: zipfile.ZipFile, name: str, end: str) -> Iterator[str]:
    """The text of a member, cut behind each `end`; what follows the last one comes last."""
    decoder = codecs.getincrementaldecoder("utf-8-sig")()
    rest = ""
    with archive.open(name) as stream:
        while chunk := stream.read(CHUNK):
            rest += decoder.decode(chunk)
            *whole, rest = rest.split(end)
            yield from whole
            if len(rest) > LONGEST_ROW:
                raise Damaged
    if decoder.decode(b"", final=True):
        raise Damaged
    yield rest


def _plain(text: str) -> str:
    if "&" in text:
        text = html.unescape(text)
    return unescape(text) if "_x" in text else text


def _strings(archive: zipfile.ZipFile, name: str) -> Iterator[str]:
    for piece in _pieces(archive, name, "</si>"):
        begin = piece.find("<si")
        if begin < 0:
            continue
        # An empty text may be one element: `<si/>`.
        for _empty in range(piece.count("<si/>")):
            yield ""
        if piece.rfind("<si>") >= 0 or piece.rfind("<si ") >= 0:
            yield _texts(piece)


def _texts(piece: str) -> str:
    found = _TEXT.findall(_PHONETIC.sub("", piece) if "<rPh" in piece else piece)
    return _plain(found[0] if len(found) == 1 else "".join(found))


@dataclass(frozen=True)
class _Numbers:
    """Numbers as a CSV would hold them; those in a style of dates are dates."""

    dates: frozenset[int]
    spans: frozenset[int]
    epoch: datetime

    def text(self, value: str, style: str) -> str:
        if style and int(style) in self.dates:
            number = float(value)
            return excel_text(from_excel(number, self.epoch, timedelta=int(style) in self.spans))
        if len(value) <= EXACT_DIGITS and value.isdigit():
            return value if value == "0" or value[0] != "0" else str(int(value))
        return excel_text(float(value) if any(sign in value for sign in ".eE") else int(value))


def _rows(
    archive: zipfile.ZipFile, name: str, strings: list[str], numbers: _Numbers
) -> Iterator[list[str]]:
    places: dict[str, int] = {}
    begun = ended = False
    for piece in _pieces(archive, name, "</row>"):
        if not begun:
            at = piece.find("<sheetData")
            if at < 0:
                raise Damaged
            piece, begun = piece[at:], True
        if "</sheetData>" in piece or piece.find("<sheetData/>") == 0:
            ended = True
            break
        yield _row(piece, strings, numbers, places)
    if not ended:
        raise Damaged


def _row(piece: str, strings: list[str], numbers: _Numbers, places: dict[str, int]) -> list[str]:
    cells = _CELL.findall(piece)
    if len(cells) != len(_OPENS.findall(piece)):
        cells = _spelled_otherwise(piece)
    row: list[str] = []
    for column, style, kind, inner in cells:
        place = len(row)
        if column:
            known = places.get(column)
            place = known if known is not None else places.setdefault(column, _place(column))
        if place > len(row):
            row.extend([""] * (place - len(row)))
        value = _value(style, kind, inner, strings, numbers) if inner else ""
        if place == len(row):
            row.append(value)
        else:
            row[place] = value
    return row


def _value(style: str, kind: str, inner: str, strings: list[str], numbers: _Numbers) -> str:
    if kind == "inlineStr":
        return _texts(inner)
    begin, end = inner.find("<v>"), inner.rfind("</v>")
    if begin < 0 or end < begin:
        return ""
    value = inner[begin + 3 : end]
    if kind == "s":
        return strings[int(value)]
    if kind in ("str", "e"):
        return _plain(value)
    if kind == "b":
        return "TRUE" if value.strip() == "1" else "FALSE"
    if kind == "d":
        return excel_text(datetime.fromisoformat(value))
    return numbers.text(value, style) if value else ""


def _spelled_otherwise(piece: str) -> list[tuple[str, str, str, str]]:
    """The same four parts of each cell, whatever the order of its attributes."""
    try:
        row = ElementTree.fromstring(piece[piece.rindex("<row") :] + "</row>")
    except (ElementTree.ParseError, ValueError):
        raise Damaged from None
    found = []
    for cell in row.iter("c"):
        column = "".join(sign for sign in cell.get("r", "") if sign.isalpha())
        inner = "".join(ElementTree.tostring(part, encoding="unicode") for part in cell)
        found.append((column, cell.get("s", ""), cell.get("t", ""), inner))
    return found


def _place(column: str) -> int:
    place = 0
    for letter in column:
        place = place * 26 + ord(letter) - 64
    return place - 1
