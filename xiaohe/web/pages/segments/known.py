"""Values to pick from instead of typing them: what the shop calls its stores, goods, colleagues, accounts, tags."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping

from xiaohe.segments.models import Tag
from xiaohe.segments.records.registry import LINE
from xiaohe.shop import goods, stores, team
from xiaohe.shop.models import Account
from xiaohe.web.pages.segments import met

MOST = 60


def of(record: str, field: str) -> tuple[str, ...]:
    """What a text attribute (`record` empty) or a field of a record is called in this shop; empty: it is typed."""
    name = OFFERED.get((record, field)) or OFFERED.get(("*", field))
    told = list(name()) if name is not None else []
    return tuple(dict.fromkeys([*told, *met.values(record, field)]))[:MOST]


def _stores() -> Iterable[str]:
    return [each.name for each in stores.all_stores()]


def _staff() -> Iterable[str]:
    return [each.name for each in team.everybody()]


def _accounts() -> Iterable[str]:
    return Account.objects.order_by("name").values_list("name", flat=True)


def _groups() -> Iterable[str]:
    return [each.name for each in goods.groups()]


def _titles() -> Iterable[str]:
    return [each.title for each in goods.most_sold(MOST) if each.title]


def _tags() -> Iterable[str]:
    return Tag.objects.filter(archived_at=None).order_by("tag").values_list("tag", flat=True)


def _tag_groups() -> Iterable[str]:
    rows = Tag.objects.filter(archived_at=None).order_by("group")
    return rows.values_list("group", flat=True).distinct()


OFFERED: Mapping[tuple[str, str], Callable[[], Iterable[str]]] = {
    ("*", "store"): _stores,
    ("*", "staff"): _staff,
    ("*", "account"): _accounts,
    (LINE, "group"): _groups,
    (LINE, "title"): _titles,
    ("tag", "tag"): _tags,
    ("tag", "group"): _tag_groups,
}
