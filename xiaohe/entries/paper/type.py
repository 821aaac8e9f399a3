"""The font that is put into every sheet, and lines broken as Chinese and English are."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from threading import Lock

from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.ttfonts import TTFont

FONT = "XiaohePrint"
FILE = Path(__file__).resolve().parents[1] / "vendor" / "XiaohePrint-Regular.ttf"
# No line begins with these, none ends with those (GB/T 15834, simplified).
NOT_FIRST = frozenset("，。！？；：、）》」』】〕”’…—·,.!?;:)]}%")
NOT_LAST = frozenset("（《「『【〔“‘([{")
_PIECES = re.compile(r"[A-Za-z0-9À-ÿ'’@&+\-./_:%]+|\s+|.", re.DOTALL)
_CLAUSES = re.compile(r"[^，。！？；：、]*[，。！？；：、]+|[^，。！？；：、]+$")
_lock = Lock()


@dataclass(frozen=True)
class Block:
    """Lines of text that fit, and the size they fit at."""

    lines: tuple[str, ...]
    size: float
    leading: float

    @property
    def height(self) -> float:
        return self.leading * len(self.lines)


@lru_cache(maxsize=1)
def _font() -> TTFont:
    with _lock:
        font = TTFont(FONT, str(FILE))
        pdfmetrics.registerFont(font)
    return font


def font() -> str:
    """The font's name, once it is there to be used."""
    _font()
    return FONT


def unprintable(text: str) -> str:
    """The characters our font has no glyph for, each once: they would come out as empty boxes."""
    known = _font().face.charToGlyph
    return "".join(dict.fromkeys(each for each in text if ord(each) not in known and each.strip()))


def width(text: str, size: float) -> float:
    return float(pdfmetrics.stringWidth(text, font(), size))


def fitted(
    text: str, *, wide: float, high: float, largest: float, smallest: float, leading: float = 1.42
) -> Block:
    """The text at the largest size at which it fits into a box; at the smallest, what fits of it."""
    size = largest
    while True:
        lines = broken(text, wide=wide, size=size)
        most = max(1, int(high / (size * leading)))
        if len(lines) <= most or size <= smallest:
            return Block(tuple(lines[:most]), size, size * leading)
        size = max(smallest, size - 0.5)


def broken(text: str, *, wide: float, size: float) -> list[str]:
    """Lines of at most `wide` points, of nearly equal length."""
    loose = _lines(text, wide, size)
    if len(loose) < 2:
        return loose
    by_clause = _clauses(text, wide, size)
    if by_clause is not None and len(by_clause) <= len(loose):
        return by_clause
    # A last line of one character looks like a slip: as narrow as the same number of lines allows.
    low, high = wide / 2, wide
    while high - low > size / 4:
        middle = (low + high) / 2
        low, high = (
            (low, middle) if len(_lines(text, middle, size)) <= len(loose) else (middle, high)
        )
    return _lines(text, high, size)


def _clauses(text: str, wide: float, size: float) -> list[str] | None:
    """Lines that end where a breath is taken, if every clause fits into one."""
    lines = [""]
    for clause in _CLAUSES.findall(" ".join(text.split())):
        if width(clause.strip(), size) > wide:
            return None
        if lines[-1] and width((lines[-1] + clause).strip(), size) > wide:
            lines.append("")
        lines[-1] += clause
    return [line.strip() for line in lines]


def _lines(text: str, wide: float, size: float) -> list[str]:
    lines: list[str] = []
    line = ""
    for piece in _PIECES.findall(" ".join(text.split())):
        if width(line + piece, size) <= wide or not line.strip():
            line += piece
            continue
        carried = ""
        if piece in NOT_FIRST or line[-1] in NOT_LAST:
            line, carried = line[:-1], line[-1]
        lines.append(line.strip())
        line = carried + piece.lstrip()
    if line.strip():
        lines.append(line.strip())
    return lines
