"""How large a segment was on each day, as a small drawing. Pure but for the words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.web.templatetags.xiaohe import shop_day

WIDTH, HEIGHT, TOP, LEFT = 320, 110, 20, 4
BASE = HEIGHT - 24
MOST_DAYS = 366


@dataclass(frozen=True)
class Trend:
    run: str
    area: str
    first: str
    last: str
    most: str
    said: str
    width: int = WIDTH
    height: int = HEIGHT
    base: int = BASE
    foot: int = HEIGHT - 6
    right: int = WIDTH - LEFT


def drawn(sizes: Sequence[Any], now: int, on: date) -> Trend | None:
    """Days as they were and today as it is; None while there is one day only, or nobody on any of them."""
    days = {each.on: each.people for each in sizes if each.on <= on}
    days[on] = now
    told = sorted(days.items())[-MOST_DAYS:]
    most = max((size for _day, size in told), default=0)
    if len(told) < 2 or not most:
        return None
    first, last = told[0][0], told[-1][0]
    span = max((last - first).days, 1)

    def at(day: date, size: int) -> str:
        x = LEFT + (WIDTH - 2 * LEFT) * (day - first).days / span
        y = BASE - (BASE - TOP) * size / most
        return f"{x:.1f} {y:.1f}"

    points = "L".join(at(day, size) for day, size in told)
    end = WIDTH - LEFT
    said = _("From %(first)s on %(start)s to %(last)s on %(end)s; at most %(most)s.") % {
        "first": f"{told[0][1]:,}",
        "start": shop_day(first, on),
        "last": f"{told[-1][1]:,}",
        "end": shop_day(last, on),
        "most": f"{most:,}",
    }
    return Trend(
        f"M{points}",
        f"M{points}L{end} {BASE}L{LEFT} {BASE}Z",
        shop_day(first, on),
        shop_day(last, on),
        f"{most:,}",
        said,
    )
