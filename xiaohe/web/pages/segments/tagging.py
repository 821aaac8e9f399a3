"""The page on which everybody of a segment gets a tag, or loses one."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.kernel.errors import BadInput
from xiaohe.segments import state, tags
from xiaohe.segments.saved import Saved
from xiaohe.web.pages.segments.controls import Option

NEW = "new"
# Between the group and the tag in a choice; neither may hold it.
BETWEEN = "\x1f"


@dataclass(frozen=True)
class TagPage:
    saved: Saved
    sentence: str
    count: int
    choices: tuple[Option, ...]
    # One of the tags there are is chosen; else a new one is.
    is_known: bool
    group: str
    tag: str
    refusal: str
    needs_reason: bool


def page(saved: Saved, now: datetime, sent: Any, refusal: str) -> TagPage:
    count = int(state.current(now).count(saved.rule))
    chosen = sent.get("which", "")
    known = [each for each in tags.every() if not each.is_auto]
    said = ngettext(
        "What shall this %(shown)s person be called?",
        "What shall these %(shown)s people be called?",
        count,
    )
    choices = tuple(
        Option(_value(each), f"{each.group} · {each.tag}", _value(each) == chosen) for each in known
    )
    return TagPage(
        saved,
        said % {"shown": f"{count:,}"},
        count,
        choices,
        any(each.chosen for each in choices),
        sent.get("group", ""),
        sent.get("tag", ""),
        refusal,
        any(each.sensitive for each in known),
    )


def chosen(sent: Any, user: int | None, now: datetime) -> tuple[str, str]:
    """The group and the tag that were chosen; a new one is made."""
    which = sent.get("which", NEW)
    if which == NEW and sent.get("do") == "take":
        raise BadInput("no_tag", _("Say which tag."))
    if which != NEW:
        group, _between, tag = which.partition(BETWEEN)
        return group, tag
    group, tag = sent.get("group", "").strip() or _("By hand"), sent.get("tag", "").strip()
    if not tag:
        raise BadInput("no_tag", _("Say which tag."))
    known = {(each.group, each.tag) for each in tags.every()}
    if (group, tag) not in known:
        tags.define(group, tag, user, now)
    return group, tag


def _value(each: tags.Defined) -> str:
    return f"{each.group}{BETWEEN}{each.tag}"
