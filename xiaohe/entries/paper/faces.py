"""What stands on one card, stand or badge: a code, one sentence, whose it is, and what to type where no camera works."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from reportlab.lib.colors import Color
from reportlab.lib.units import mm

from xiaohe.entries.paper import codes, type

INK = Color(0.15, 0.14, 0.12)
QUIET = Color(0.40, 0.37, 0.33)
ACCENT = Color(0.043, 0.431, 0.412)


@dataclass(frozen=True)
class Face:
    """The words of one code; `address` is what its QR code holds, `typed` the same for fingers."""

    address: str
    typed: str
    sentence: str
    shop: str = ""
    name: str = ""
    account: str = ""
    is_proof: bool = False
    proof: str = ""


Draw = Callable[[Any, Face, float, float], None]


def card(canvas: Any, face: Face, wide: float, high: float) -> None:
    """A card for a parcel: the code on the left, the sentence beside it."""
    edge = 4 * mm
    side = high - 2 * edge - 5 * mm
    codes.draw(canvas, face.address, edge - 2 * mm, high - edge - side + 1 * mm, side)
    _line(canvas, face.typed, edge + 0.5 * mm, edge - 0.5 * mm, 6.5, QUIET, most=wide - 2 * edge)
    left = edge + side + 1.5 * mm
    room = wide - left - edge
    top = high - edge - 1 * mm
    if face.shop:
        top = _lines(
            canvas,
            type.fitted(face.shop, wide=room, high=5 * mm, largest=9, smallest=6),
            left,
            top,
            ACCENT,
        )
        top -= 1.8 * mm
    foot = edge + 6 * mm if face.account else edge + 3 * mm
    block = type.fitted(face.sentence, wide=room, high=top - foot, largest=12.5, smallest=7)
    _lines(canvas, block, left, top, INK)
    if face.account:
        _line(canvas, face.account, left, edge + 4 * mm, 7, QUIET, most=room)


def badge(canvas: Any, face: Face, wide: float, high: float) -> None:
    """A card of a member of staff: their name, then the sentence."""
    edge = 4 * mm
    side = high - 2 * edge - 5 * mm
    codes.draw(canvas, face.address, wide - side - edge + 2 * mm, high - edge - side + 1 * mm, side)
    _line(canvas, face.typed, edge, edge - 0.5 * mm, 6.5, QUIET, most=wide - 2 * edge)
    room = wide - side - 2 * edge - 1 * mm
    top = high - edge - 1 * mm
    if face.shop:
        top = _lines(
            canvas,
            type.fitted(face.shop, wide=room, high=4.5 * mm, largest=8, smallest=6),
            edge,
            top,
            ACCENT,
        )
        top -= 1.5 * mm
    if face.name:
        top = _lines(
            canvas,
            type.fitted(face.name, wide=room, high=8 * mm, largest=16, smallest=9, leading=1.25),
            edge,
            top,
            INK,
        )
        top -= 1.5 * mm
    foot = edge + (6 * mm if face.account else 3 * mm)
    _lines(
        canvas,
        type.fitted(face.sentence, wide=room, high=top - foot, largest=10.5, smallest=6.5),
        edge,
        top,
        INK,
    )
    if face.account:
        _line(canvas, face.account, edge, edge + 4 * mm, 7, QUIET, most=room)


def stand(canvas: Any, face: Face, wide: float, high: float) -> None:
    """A stand for a table or a counter: everything in the middle, to be read from a chair."""
    scale = wide / (105 * mm)
    middle = wide / 2
    top = high - 14 * mm * scale
    room = wide - 22 * mm * scale
    if face.shop:
        block = type.fitted(
            face.shop, wide=room, high=9 * mm * scale, largest=15 * scale, smallest=9
        )
        top = _lines(canvas, block, middle, top, ACCENT, centred=True) - 3 * mm * scale
    side = 66 * mm * scale
    block = type.fitted(
        face.sentence, wide=room, high=24 * mm * scale, largest=16 * scale, smallest=9, leading=1.5
    )
    top = _lines(canvas, block, middle, top, INK, centred=True) - 3 * mm * scale
    codes.draw(canvas, face.address, middle - side / 2, top - side, side)
    foot = top - side - 5 * mm * scale
    for text, size in ((face.name, 10), (face.account, 9)):
        if text:
            _line(canvas, text, middle, foot, size * scale, INK, most=room, centred=True)
            foot -= 5.2 * mm * scale
    _line(canvas, face.typed, middle, 8 * mm * scale, 7.5 * scale, QUIET, most=room, centred=True)


def _lines(
    canvas: Any, block: type.Block, x: float, top: float, colour: Color, *, centred: bool = False
) -> float:
    """Draw a block from its top down; where its foot is."""
    canvas.setFillColor(colour)
    canvas.setFont(type.font(), block.size)
    # The first line hangs by its own height; the rest follow by the leading.
    base = top - block.size
    for line in block.lines:
        (canvas.drawCentredString if centred else canvas.drawString)(x, base, line)
        base -= block.leading
    return top - block.height


def _line(
    canvas: Any,
    text: str,
    x: float,
    y: float,
    size: float,
    colour: Color,
    *,
    most: float,
    centred: bool = False,
) -> None:
    """One line, smaller where it would be too long; what is too long at any size is cut."""
    while size > 4 and type.width(text, size) > most:
        size -= 0.25
    if type.width(text, size) > most:
        while text and type.width(f"{text}…", size) > most:
            text = text[:-1]
        text += "…"
    canvas.setFillColor(colour)
    canvas.setFont(type.font(), size)
    (canvas.drawCentredString if centred else canvas.drawString)(x, y, text)
