"""Workbooks: the streamed cells are those openpyxl reads, however a writer spells them."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime

from hypothesis import given, settings
from hypothesis import strategies as st
from openpyxl import load_workbook

from tests.sources.files import xlsx_bytes
from xiaohe.sources.cells import excel_text
from xiaohe.sources.readers.sheets import sheets_of

SECONDS = st.integers(0, 1_800_000_000)
# A workbook keeps clock times without a zone.
TIMES = SECONDS.map(lambda second: datetime.fromtimestamp(second, UTC).replace(tzinfo=None))
CELLS = st.one_of(
    st.none(),
    st.text(st.characters(codec="utf-8", exclude_categories=["Cc", "Cs"]), max_size=12),
    st.integers(-(10**17), 10**17),
    st.floats(-1e9, 1e9).map(lambda number: round(number, 3)),
    st.booleans(),
    TIMES,
)


def trimmed(rows: list[list[str]]) -> list[list[str]]:
    for row in rows:
        while row and not row[-1]:
            row.pop()
    return [row for row in rows if row]


def streamed(content: bytes) -> list[list[str]]:
    found = sheets_of(io.BytesIO(content))
    assert found is not None
    return trimmed(list(found[0].rows()))


@settings(max_examples=60, deadline=None)
@given(rows=st.lists(st.lists(CELLS, max_size=6), max_size=6))
def test_the_stream_reads_what_openpyxl_reads(rows: list[list[object]]) -> None:
    kept = [[None if isinstance(c, str) and c.startswith("=") else c for c in row] for row in rows]
    content = xlsx_bytes({"a": kept})
    sheet = load_workbook(io.BytesIO(content), read_only=True, data_only=True).worksheets[0]

    plain = [[excel_text(cell) for cell in row] for row in sheet.iter_rows(values_only=True)]

    assert streamed(content) == trimmed(plain)


SHEET = (
    '<?xml version="1.0" encoding="UTF-8"?><worksheet xmlns="http://schemas.openxmlformats.org/spreadsheetml/2006/main">'
    '<cols><col min="1" max="3"/></cols><sheetData><row r="1"><c t="inlineStr" r="A1"><is><r><t>订</t></r><r><t>单 &amp; 号</t></r></is></c>'
    '<c s="0" r="C1"><v>7</v></c></row><row r="2"/><row r="3"><c r="B3" t="str"><f>1+1</f><v>two</v></c></row></sheetData></worksheet>'
)


def with_sheet(xml: str) -> bytes:
    body = io.BytesIO()
    with (
        zipfile.ZipFile(io.BytesIO(xlsx_bytes({"a": [["x"]]}))) as old,
        zipfile.ZipFile(body, "w") as new,
    ):
        for name in old.namelist():
            new.writestr(name, xml if name.endswith("sheet1.xml") else old.read(name))
    return body.getvalue()


def test_attributes_in_another_order_and_rich_text_are_read() -> None:
    assert streamed(with_sheet(SHEET)) == [["订单 & 号", "", "7"], ["", "two"]]


def test_elements_with_prefixes_are_left_to_openpyxl() -> None:
    prefixed = SHEET.replace("<worksheet xmlns=", "<x:worksheet xmlns:x=").replace(
        "</worksheet", "</x:worksheet"
    )

    assert sheets_of(io.BytesIO(with_sheet(prefixed))) is None
