"""CSV: encoding decided on evidence and proved over the whole stream before one row is used.

BOM ─► that one          NULs ─► UTF-16 or no text          else the first megabyte holding a non-ASCII byte:
valid UTF-8 ─► UTF-8     mostly everyday hanzi as GBK ─► GB18030     single Latin letters ─► Windows-1252
anything else, or one byte later on that does not fit ─► refused, with the line
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO

from xiaohe.sources.readers.opened import CHUNK, MOST_COLUMNS, Position, Source, Table
from xiaohe.sources.refusals import refuse

DELIMITERS = (",", "\t", ";", "|")
# No cell of an order table is this long; an unclosed quotation mark swallows rows until it is.
LONGEST_CELL = 1 << 20
LONGEST_LINE = 4 << 20
# Real Chinese text in GBK is nearly all everyday hanzi and full-width signs (rows A1–D7 of GB 2312);
# UTF-8, Big5 or Shift-JIS misread as GBK falls far below.
EVERYDAY_SHARE = 0.6
_PAIR = re.compile(rb"[\x81-\xfe][\x40-\x7e\x80-\xfe]")
_EVERYDAY = re.compile(rb"[\xa1-\xd7][\xa1-\xfe]")
_HIGH_RUN = re.compile(rb"[\x80-\xff]+")
_CONTROL = re.compile(rb"[\x00-\x08\x0e-\x1f]")
_UNDEFINED_1252 = frozenset(b"\x81\x8d\x8f\x90\x9d\xff")

csv.field_size_limit(LONGEST_CELL)


@dataclass(frozen=True)
class Examined:
    encoding: str
    size: int
    ends_with_newline: bool


def text_table(source: Source, label: str) -> Table:
    """The one table of a CSV file; refused here if any byte of it cannot be read."""
    examined = examine(source)
    delimiter = sniff_delimiter(source, examined.encoding)
    position = Position(0, examined.size)
    return Table(
        label, examined.encoding, lambda: _rows(source, examined, delimiter, position), position
    )


def examine(source: Source) -> Examined:
    """Decide the encoding and prove it over the whole stream in one pass."""
    encoding: str | None = None
    decoder: codecs.IncrementalDecoder | None = None
    size = lines = run = 0
    blank, last = True, b""
    with source.open() as stream:
        while chunk := stream.read(CHUNK):
            if size == 0:
                encoding = _by_mark(chunk, source.name)
            if encoding is None and not chunk.isascii():
                encoding = _by_evidence(chunk, source.name, lines)
            if encoding is not None and decoder is None:
                decoder = codecs.getincrementaldecoder(encoding)("strict")
            if decoder is not None:
                _prove(decoder, chunk, source.name, lines)
            run = _longest_run(chunk, run, source.name)
            blank = blank and not chunk.strip()
            lines += chunk.count(b"\n")
            size += len(chunk)
            last = chunk[-2:]
    if size == 0 or blank:
        raise refuse("empty_file", source.name)
    if decoder is not None:
        try:
            decoder.decode(b"", final=True)
        except UnicodeDecodeError:
            raise refuse("truncated", source.name) from None
    return Examined(encoding or "utf-8", size, b"\n" in last or b"\r" in last)


def _by_mark(head: bytes, name: str) -> str | None:
    if head.startswith(codecs.BOM_UTF8):
        return "utf-8-sig"
    if head.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    sample = head[: 1 << 16]
    nulls = sample.count(0)
    if nulls:
        odd, even = sample[1::2].count(0), sample[0::2].count(0)
        if nulls > len(sample) // 8 and min(odd, even) <= nulls // 20:
            return "utf-16-le" if odd > even else "utf-16-be"
        raise refuse("not_a_table", name)
    if len(_CONTROL.findall(sample)) > len(sample) // 200:
        raise refuse("not_a_table", name)
    return None


def _by_evidence(window: bytes, name: str, lines_before: int) -> str:
    try:
        codecs.getincrementaldecoder("utf-8")("strict").decode(window)
        return "utf-8"
    except UnicodeDecodeError as error:
        line = lines_before + window.count(b"\n", 0, error.start) + 1
    pairs = len(_PAIR.findall(window))
    everyday = len(_EVERYDAY.findall(window))
    if pairs and everyday / pairs >= EVERYDAY_SHARE:
        return "gb18030"
    runs = _HIGH_RUN.findall(window)
    header_is_ascii = lines_before > 0 or window.split(b"\n", 1)[0].isascii()
    isolated = all(len(run) == 1 and run[0] not in _UNDEFINED_1252 for run in runs)
    if header_is_ascii and isolated and len(runs) * 50 < len(window):
        return "cp1252"
    raise refuse("wrong_encoding", name, line=line)


def _prove(decoder: codecs.IncrementalDecoder, chunk: bytes, name: str, lines_before: int) -> None:
    try:
        decoder.decode(chunk)
    except UnicodeDecodeError as error:
        line = lines_before + error.object.count(b"\n", 0, error.start) + 1
        raise refuse("wrong_encoding", name, line=line) from None


def _longest_run(chunk: bytes, run: int, name: str) -> int:
    """Bytes since the last line end; a line of megabytes would have to be held whole."""
    end = max(chunk.rfind(b"\n"), chunk.rfind(b"\r"))
    run = run + len(chunk) if end < 0 else len(chunk) - end - 1
    if run > LONGEST_LINE:
        raise refuse("not_a_table", name)
    return run


def _decoded(source: Source, encoding: str) -> io.TextIOWrapper:
    handle = io.TextIOWrapper(source.open(), encoding=encoding, errors="strict", newline="")
    handle._CHUNK_SIZE = CHUNK // 4  # type: ignore[attr-defined]  # fewer, larger decoding steps
    return handle


def sniff_delimiter(source: Source, encoding: str) -> str:
    """The separator that cuts the first rows into the most columns, evenly."""
    with _decoded(source, encoding) as handle:
        sample = handle.read(1 << 16)
    lines = sample.splitlines(keepends=True)
    if len(lines) > 1 and len(sample) == 1 << 16:
        lines.pop()
    best, best_score = ",", 0
    for delimiter in DELIMITERS:
        try:
            widths = [len(row) for row in csv.reader(lines[:50], delimiter=delimiter) if row]
        except csv.Error:
            continue
        common = max(set(widths), key=lambda width: (widths.count(width), width), default=0)
        score = (common - 1) * widths.count(common)
        if score > best_score:
            best, best_score = delimiter, score
    return best


def _rows(
    source: Source, examined: Examined, delimiter: str, position: Position
) -> Iterator[list[str]]:
    name = source.name
    position.done, position.total = 0, examined.size
    with source.open() as stream:
        counted = _Counted(stream, position)
        handle = io.TextIOWrapper(
            io.BufferedReader(counted, CHUNK), encoding=examined.encoding, newline=""
        )
        handle._CHUNK_SIZE = CHUNK // 4  # type: ignore[attr-defined]
        reader = csv.reader(handle, delimiter=delimiter)
        width = uneven = 0
        row: list[str] = []
        try:
            for row in reader:
                if len(row) != width:
                    if len(row) > MOST_COLUMNS and not width:
                        raise refuse("too_many_columns", name, count=len(row), most=MOST_COLUMNS)
                    uneven += width > 0
                    width = width or len(row)
                yield row
        except csv.Error:
            raise refuse("broken_quotes", name, line=reader.line_num) from None
        if not examined.ends_with_newline and row and uneven <= 1 and _breaks_off(row, width):
            raise refuse("truncated", name)


def _breaks_off(last: list[str], width: int) -> bool:
    """The file ends without a line end inside a row that alone is shorter than the others, or inside quotes."""
    return len(last) < width or "\n" in last[-1]


class _Counted(io.RawIOBase):
    """Counts bytes for the progress bar as they are read."""

    def __init__(self, stream: BinaryIO, position: Position) -> None:
        super().__init__()
        self._stream = stream
        self._position = position

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
        piece = self._stream.read(len(buffer))
        buffer[: len(piece)] = piece
        self._position.done += len(piece)
        return len(piece)
