"""Goods: how the shop calls what it sells, in which rhythm it is bought, what is in stock."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.shop import goods, spoken
from xiaohe.shop.selling import Goods, GoodsGroup

PAGE = 50


@dataclass(frozen=True)
class Ask:
    """An article that is asked about: what the listing says, and a name to begin with."""

    key: int
    title: str
    proposal: str


@dataclass(frozen=True)
class GoodsLine:
    key: int
    name: str
    title: str
    said: str
    group: str


@dataclass(frozen=True)
class GroupLine:
    id: int
    name: str
    said: str


@dataclass(frozen=True)
class GoodsPage:
    sentence: str
    asks: tuple[Ask, ...]
    groups: tuple[GroupLine, ...]
    lines: tuple[GoodsLine, ...]
    total: int
    first: int
    last: int
    previous: int
    next: int


def first_names() -> tuple[str, dict[str, Any]] | None:
    """For the page after the first files: the most sold goods that nobody has named yet; None if there are none."""
    asks = _asks()
    return ("web/parts/first_names.html", {"asks": asks}) if asks else None


def page(number: int, today: date) -> GoodsPage:
    """What is sold, most often sold first."""
    sold = Goods.objects.filter(lines__gt=0)
    total = sold.count()
    number = min(max(number, 1), max(1, -(-total // PAGE)))
    start = (number - 1) * PAGE
    rows = sold.select_related("group").order_by("-lines", "item_key")[start : start + PAGE]
    lines = tuple(_line(row, today) for row in rows)
    asks = _asks()
    return GoodsPage(
        sentence=_sentence(total, len(asks)),
        asks=asks,
        groups=tuple(_group(each) for each in goods.groups()),
        lines=lines,
        total=total,
        first=start + 1,
        last=start + len(lines),
        previous=number - 1,
        next=number + 1 if start + len(lines) < total else 0,
    )


def _asks() -> tuple[Ask, ...]:
    return tuple(Ask(each.pk, each.title, spoken.propose(each.title)) for each in goods.to_ask())


def _sentence(total: int, unnamed: int) -> str:
    if not total:
        return _("No goods known yet: an order file that names them brings them here.")
    if not unnamed:
        return ngettext(
            "%(count)s article, and what you sell most has been asked about.",
            "%(count)s articles, and what you sell most has been asked about.",
            total,
        ) % {"count": f"{total:,}"}
    return ngettext(
        "%(count)d of what you sell most has no name people say.",
        "%(count)d of what you sell most have no name people say.",
        unnamed,
    ) % {"count": unnamed}


def _line(row: Goods, today: date) -> GoodsLine:
    said = [
        ngettext("sold %(count)s time", "sold %(count)s times", row.lines)
        % {"count": f"{row.lines:,}"}
    ]
    if row.stock_confirmed_on == today:
        said.append(_("in stock, seen today"))
    return GoodsLine(
        key=row.pk,
        name=row.spoken or row.title,
        title=row.title if row.spoken else "",
        said=" · ".join(said),
        group=row.group.name if row.group else "",
    )


def _group(row: GoodsGroup) -> GroupLine:
    count = Goods.objects.filter(group=row, lines__gt=0).count()
    said = [ngettext("%(count)d article", "%(count)d articles", count) % {"count": count}]
    if row.cycle_days:
        said.append(_("about every %(days)d days") % {"days": row.cycle_days})
    if row.is_consumable:
        said.append(_("used up by the piece"))
    return GroupLine(row.pk, row.name, " · ".join(said))
