"""A week of the river as bands for an SVG template: who stood where on the left, where they stand on the right. Pure."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

# One to one on a phone; names stand outside the bands, on either side.
WIDTH, HEIGHT, GAP, LEAST = 360, 380, 14, 2.0
LEFT, RIGHT, BAR = 106, 254, 8

Thick = Callable[[int], float]


@dataclass(frozen=True)
class Band:
    """People who went from one place to another; `kind` colours it: stay, in, out."""

    path: str
    kind: str
    href: str
    said: str


@dataclass(frozen=True)
class Stop:
    """One place on one side."""

    x: float
    y: float
    height: float
    text_x: float
    text_y: float
    anchor: str
    name: str
    value: str
    href: str


@dataclass(frozen=True)
class Drawing:
    bands: tuple[Band, ...]
    stops: tuple[Stop, ...]
    width: int
    height: int
    bar: int
    said: str


@dataclass(frozen=True)
class Move:
    """So many people from place to place, by their names in `places`."""

    before: str
    after: str
    people: int
    kind: str
    href: str
    said: str


@dataclass(frozen=True)
class Place:
    key: str
    name: str
    left_href: str = ""
    right_href: str = ""


def sankey(places: Sequence[Place], moves: Sequence[Move], said: str) -> Drawing | None:
    """The bands of all moves; None where nobody moved or stood anywhere."""
    moves = [move for move in moves if move.people]
    if not moves:
        return None
    keys = [place.key for place in places]
    starts = {key: sum(m.people for m in moves if m.before == key) for key in keys}
    ends = {key: sum(m.people for m in moves if m.after == key) for key in keys}
    free = HEIGHT - GAP * len(keys)
    most = max(sum(starts.values()), 1)
    # Thin bands are drawn thicker than they are, so that one person stays visible; the scale leaves room for it.
    scale = max(free - LEAST * len(moves), 40) / most

    def thick(people: int) -> float:
        return LEAST + people * scale if people else 0.0

    left, right = _tops(keys, moves, thick, "before"), _tops(keys, moves, thick, "after")
    order = {key: number for number, key in enumerate(keys)}
    ranked = sorted(moves, key=lambda m: (order[m.before], order[m.after]))
    used: dict[tuple[str, str], float] = {}
    bands = []
    for move in ranked:
        used[(move.before, move.after)] = left[move.before]
        left[move.before] += thick(move.people)
    for move in sorted(ranked, key=lambda m: (order[m.after], order[m.before])):
        top = right[move.after]
        right[move.after] += thick(move.people)
        path = _band(used[(move.before, move.after)], top, thick(move.people))
        bands.append(Band(path, move.kind, move.href, move.said))
    # What moves lies on what stays.
    bands.sort(key=lambda band: band.kind != "stay")
    return Drawing(
        bands=tuple(bands),
        stops=(
            *_stops(places, starts, moves, thick, "before"),
            *_stops(places, ends, moves, thick, "after"),
        ),
        width=WIDTH,
        height=HEIGHT,
        bar=BAR,
        said=said,
    )


def _heights(
    keys: Sequence[str], moves: Sequence[Move], thick: Thick, side: str
) -> dict[str, float]:
    return {key: sum(thick(m.people) for m in moves if getattr(m, side) == key) for key in keys}


def _tops(keys: Sequence[str], moves: Sequence[Move], thick: Thick, side: str) -> dict[str, float]:
    heights, top, tops = _heights(keys, moves, thick, side), GAP / 2, {}
    for key in keys:
        tops[key] = top
        top += heights[key] + GAP
    return tops


def _stops(
    places: Sequence[Place],
    counts: Mapping[str, int],
    moves: Sequence[Move],
    thick: Thick,
    side: str,
) -> list[Stop]:
    keys = [place.key for place in places]
    tops, heights = _tops(keys, moves, thick, side), _heights(keys, moves, thick, side)
    at_left = side == "before"
    return [
        Stop(
            x=LEFT - BAR if at_left else RIGHT,
            y=round(tops[place.key], 1),
            height=round(heights[place.key], 1),
            text_x=LEFT - BAR - 6 if at_left else RIGHT + BAR + 6,
            text_y=round(tops[place.key] + heights[place.key] / 2, 1),
            anchor="end" if at_left else "start",
            name=place.name,
            value=f"{counts[place.key]:,}",
            href=place.left_href if at_left else place.right_href,
        )
        for place in places
        if counts[place.key]
    ]


def _band(top: float, to: float, thick: float) -> str:
    middle = (LEFT + RIGHT) / 2
    return (
        f"M{LEFT} {top:.1f}C{middle} {top:.1f} {middle} {to:.1f} {RIGHT} {to:.1f}"
        f"V{to + thick:.1f}C{middle} {to + thick:.1f} {middle} {top + thick:.1f} {LEFT} {top + thick:.1f}Z"
    )
