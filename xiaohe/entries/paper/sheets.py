"""How faces lie on paper: ten cards on A4 with marks to cut along, or one stand on a page of its own."""

from __future__ import annotations

import io
import math
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from reportlab.lib.pagesizes import A4, A5, A6
from reportlab.lib.units import mm
from reportlab.pdfgen.canvas import Canvas

from xiaohe.entries.paper import faces, type
from xiaohe.entries.paper.faces import Draw, Face

# A merchant who needs more sends the file to a print shop, which repeats one page.
MOST_PAGES = 200


class Paper(StrEnum):
    CARD = "card"
    BADGE = "badge"
    STAND_A6 = "a6"
    STAND_A5 = "a5"


@dataclass(frozen=True)
class Layout:
    """Faces of one size on pages of one size."""

    page: tuple[float, float]
    face: tuple[float, float]
    columns: int
    rows: int
    draw: Draw
    is_cut: bool

    @property
    def on_a_page(self) -> int:
        return self.columns * self.rows


# 90 × 54 mm is a Chinese business card: 2 × 5 of them on A4, side by side, so that one cut parts two.
_CARD = (90 * mm, 54 * mm)
LAYOUTS = {
    Paper.CARD: Layout(A4, _CARD, 2, 5, faces.card, is_cut=True),
    Paper.BADGE: Layout(A4, _CARD, 2, 5, faces.badge, is_cut=True),
    Paper.STAND_A6: Layout(A6, A6, 1, 1, faces.stand, is_cut=False),
    Paper.STAND_A5: Layout(A5, A5, 1, 1, faces.stand, is_cut=False),
}


def pages_for(paper: Paper, count: int) -> int:
    """How many pages so many faces take; a begun page is filled."""
    return max(1, min(MOST_PAGES, math.ceil(count / LAYOUTS[paper].on_a_page)))


def made(paper: Paper, face: Face, count: int) -> bytes:
    """The sheet as PDF; what is on a page is stored once, however many pages there are."""
    layout = LAYOUTS[paper]
    out = io.BytesIO()
    canvas = Canvas(out, pagesize=layout.page, pageCompression=1, invariant=1)
    canvas.setTitle(f"{face.name or face.sentence}")
    canvas.setCreator("Xiaohe")
    canvas.beginForm("face")
    layout.draw(canvas, face, *layout.face)
    if face.is_proof:
        _proof(canvas, face.proof, *layout.face)
    canvas.endForm()
    for _page in range(pages_for(paper, count)):
        for x, y in _places(layout):
            canvas.saveState()
            canvas.translate(x, y)
            canvas.doForm("face")
            canvas.restoreState()
        if layout.is_cut:
            _cut_marks(canvas, layout)
        canvas.showPage()
    canvas.save()
    return out.getvalue()


def _places(layout: Layout) -> list[tuple[float, float]]:
    left, foot = _margins(layout)
    wide, high = layout.face
    return [
        (left + column * wide, foot + row * high)
        for row in reversed(range(layout.rows))
        for column in range(layout.columns)
    ]


def _margins(layout: Layout) -> tuple[float, float]:
    return (
        (layout.page[0] - layout.columns * layout.face[0]) / 2,
        (layout.page[1] - layout.rows * layout.face[1]) / 2,
    )


def _cut_marks(canvas: Any, layout: Layout) -> None:
    """Short lines in the margin, at every edge of a card; none on a card itself."""
    left, foot = _margins(layout)
    right, top = layout.page[0] - left, layout.page[1] - foot
    gap, length = 1.5 * mm, 5 * mm
    canvas.setStrokeGray(0.35)
    canvas.setLineWidth(0.3)
    for column in range(layout.columns + 1):
        x = left + column * layout.face[0]
        canvas.line(x, top + gap, x, top + gap + length)
        canvas.line(x, foot - gap, x, foot - gap - length)
    for row in range(layout.rows + 1):
        y = foot + row * layout.face[1]
        canvas.line(left - gap, y, left - gap - length, y)
        canvas.line(right + gap, y, right + gap + length, y)


def _proof(canvas: Any, word: str, wide: float, high: float) -> None:
    """Across a face that must not be given to anybody: its address leads nowhere yet."""
    canvas.saveState()
    canvas.translate(wide / 2, high / 2)
    canvas.rotate(20)
    canvas.setFillColorRGB(0.62, 0.2, 0.15, alpha=0.55)
    size = min(wide / 8, 40)
    canvas.setFont(type.font(), size)
    canvas.drawCentredString(0, -size / 3, word)
    canvas.restoreState()
