"""The zone table as a page: what counts as public, mixed and private, each row to be changed."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from xiaohe.measures.registry import measure
from xiaohe.measures.result import NotYet
from xiaohe.shop import accounts, zones
from xiaohe.shop.taxonomy import (
    ACCOUNT,
    CARRIERS,
    PLATFORMS,
    TRAFFIC,
    TYPE_WORDS,
    ZONE_WORDS,
    Zone,
    default_zones,
)
from xiaohe.traits import state
from xiaohe.web.templatetags.xiaohe import grouped


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class Row:
    key: str
    name: str
    kind: str
    choices: tuple[Choice, ...]
    changed: bool
    # Accounts of this kind whose own flags say something else than the row.
    apart: str


@dataclass(frozen=True)
class Page:
    sentence: str
    reached: tuple[Row, ...]
    met: tuple[Row, ...]


def page() -> Page:
    table, defaults = zones.table(), default_zones()
    every = list(Zone)
    reached = [
        _row(f"{ACCOUNT}:{each.id}", str(each.name), "", table, defaults, every)
        for each in CARRIERS.values()
    ]
    # Whom one only met somewhere is not held by anything: public or mixed.
    met = [
        _row(f"{TRAFFIC}:{each.id}", str(each.name), str(TYPE_WORDS[each.type]), table, defaults, every[:2])
        for each in PLATFORMS.values() if each.traffic is not Zone.PRIVATE and each.id != "xiaohe"
    ]  # fmt: skip
    return Page(_sentence(), tuple(reached), tuple(met))


def _sentence() -> str:
    linked = measure("M01").read(state.current())
    if isinstance(linked.value, NotYet):
        return _(
            "What counts as yours: whom you can reach freely, again and again, without a platform."
        )
    return _("By this table %(count)s people are yours.") % {"count": grouped(linked.n)}


def _row(
    key: str,
    name: str,
    kind: str,
    table: dict[str, Zone],
    defaults: dict[str, Zone],
    offered: list[Zone],
) -> Row:
    choices = tuple(Choice(z.value, str(ZONE_WORDS[z]), z is table[key]) for z in offered)
    return Row(key, name, kind, choices, table[key] is not defaults[key], _apart(key, table))


def _apart(key: str, table: dict[str, Zone]) -> str:
    kind = zones.KINDS.get(key)
    if kind is None:
        return ""
    others = [
        each.name for each in accounts.register()
        if each.kind == kind.value and zones.zone_of_account(each, table) is not table[key]
    ]  # fmt: skip
    return (
        _("set apart in the register: %(names)s") % {"names": _(", ").join(others)}
        if others
        else ""
    )
