"""The page on which everybody of a segment gets a tag, or loses one."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from itertools import groupby
from typing import Any

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.jobs import JobState, JobStatus
from xiaohe.kernel.errors import BadInput
from xiaohe.segments import many, state, tags
from xiaohe.segments.saved import Saved
from xiaohe.web.pages.segments.controls import Option, Options
from xiaohe.web.pages.segments.working import Work

NEW = "new"
# Between the group and the tag in a choice; neither may hold it.
BETWEEN = "\x1f"


@dataclass(frozen=True)
class TagPage:
    saved: Saved
    sentence: str
    count: int
    # Tags there are, by their group.
    choices: tuple[Options, ...]
    # One of the tags there are is chosen; else a new one is.
    is_known: bool
    # In which a new one may stand; the last is another one, called `own`.
    groups: tuple[Option, ...]
    own: str
    tag: str
    refusal: str
    needs_reason: bool

    @property
    def is_many(self) -> bool:
        return self.count > many.AT_ONCE


def page(saved: Saved, now: datetime, sent: Any, refusal: str) -> TagPage:
    count = int(state.current(now).count(saved.rule))
    chosen, group = sent.get("which", ""), sent.get("group", "")
    known = [each for each in tags.every() if not each.is_auto]
    choices = tuple(
        Options(tuple(Option(_value(each), each.tag, _value(each) == chosen) for each in some), of)
        for of, some in groupby(known, key=lambda each: each.group)
    )
    return TagPage(
        saved,
        _sentence(count),
        count,
        choices,
        any(each.chosen for of in choices for each in of.options),
        tuple(_groups(known, group)),
        sent.get("own", ""),
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
    group, tag = sent.get("group", "").strip(), sent.get("tag", "").strip()
    if group == NEW:
        group = sent.get("own", "").strip()
    group = group or _("By hand")
    if not tag:
        raise BadInput("no_tag", _("Say which tag."))
    known = {(each.group, each.tag) for each in tags.every()}
    if (group, tag) not in known:
        tags.define(group, tag, user, now)
    return group, tag


def done(given: many.Given) -> str:
    """What is said when it is done."""
    if given.is_taken:
        said = ngettext(
            "“%(tag)s” taken from %(shown)s person.",
            "“%(tag)s” taken from %(shown)s people.",
            given.people,
        )
    else:
        said = ngettext(
            "%(shown)s person is “%(tag)s” now.",
            "%(shown)s people are “%(tag)s” now.",
            given.people,
        )
    return said % {"tag": given.tag, "shown": f"{given.people:,}"}


def work(saved: Saved, status: JobStatus, here: str) -> Work:
    """How far it is."""
    is_back = status.name == many.UNTAG
    title = _("The tag is being taken back.") if is_back else _("They are being tagged.")
    failed = ""
    if status.state is JobState.DEAD:
        failed = _("It stopped on the way. What was done stays; try once more.")
    count, of = status.progress.get("done", 0), status.progress.get("of", 0)
    said = _("It begins in a moment.")
    if of:
        said = _("%(done)s of %(of)s people so far. You may leave this page; it goes on.")
        said = said % {"done": f"{count:,}", "of": f"{of:,}"}
    return Work(
        saved,
        title,
        said,
        here,
        reverse("segment-tag", args=[saved.slug]),
        failed,
        (reverse("segment", args=[saved.slug]), _("Back to the segment")),
        (count, of) if of else None,
    )


def _sentence(count: int) -> str:
    if not count:
        return _("Nobody is in this segment now, so there is nobody to tag.")
    said = ngettext(
        "What shall this %(shown)s person be called?",
        "What shall these %(shown)s people be called?",
        count,
    )
    return said % {"shown": f"{count:,}"}


def _groups(known: Iterable[tags.Defined], chosen: str) -> Iterable[Option]:
    """No group in particular, those in which the shop names tags itself, those it has; then one of its own."""
    names = dict.fromkeys([_("By hand"), *tags.groups(), *(each.group for each in known)])
    for name in names:
        yield Option(name, name, name == chosen)
    yield Option(NEW, _("another group …"), chosen == NEW)


def _value(each: tags.Defined) -> str:
    return f"{each.group}{BETWEEN}{each.tag}"
