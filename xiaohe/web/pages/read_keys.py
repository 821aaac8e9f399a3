"""Keys with which the merchant's own programs ask: what they are called, what they may do, and whether they open."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaohe.shop import api_keys
from xiaohe.shop.api_keys import Scope
from xiaohe.shop.models import ApiKey
from xiaohe.web.phrases import since
from xiaohe.web.templatetags.xiaohe import moment

MAY: dict[Scope, Any] = {
    Scope.SEGMENTS_READ: gettext_lazy("see segments and who is in them, without names"),
    Scope.SEGMENTS_WRITE: gettext_lazy("make and change segments"),
}


@dataclass(frozen=True)
class Choice:
    value: str
    label: str
    chosen: bool


@dataclass(frozen=True)
class KeyLine:
    id: int
    name: str
    said: str
    is_open: bool


@dataclass(frozen=True)
class KeyPage:
    id: int
    name: str
    sentence: str
    made: str
    may: tuple[str, ...]
    old_key: str
    is_open: bool


def lines(now: datetime) -> tuple[KeyLine, ...]:
    return tuple(
        KeyLine(each.pk, each.name, _may_said(each), each.revoked_at is None)
        for each in api_keys.all_keys()
    )


def page(number: int, now: datetime) -> KeyPage:
    row = api_keys.one(str(number))
    is_open = row.revoked_at is None
    sentence = _("%(name)s may ask.") if is_open else _("%(name)s may not ask any more.")
    goes_on = is_open and row.old_until is not None and row.old_until > now
    return KeyPage(
        row.pk,
        row.name,
        sentence % {"name": row.name},
        since(row.created_at, now),
        tuple(_may(row)),
        _("The old key goes on until %(until)s.") % {"until": moment(row.old_until)}
        if goes_on
        else "",
        is_open,
    )


def choices(chosen: list[str]) -> tuple[Choice, ...]:
    """What a new key may be made for; only reading, as long as nothing else is chosen."""
    return tuple(
        Choice(scope.value, str(label), scope.value in (chosen or [Scope.SEGMENTS_READ.value]))
        for scope, label in MAY.items()
    )


def _may(row: ApiKey) -> list[str]:
    return [str(label) for scope, label in MAY.items() if scope.value in row.scopes]


def _may_said(row: ApiKey) -> str:
    return _("may %(what)s") % {"what": _("; ").join(_may(row))}
