"""How many of a segment can be on today's list, in words."""

from __future__ import annotations

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.autopilot.by_hand import Looked


def sentence(looked: Looked) -> str:
    count = len(looked.may)
    if not count and looked.already and not looked.left:
        return _("All of them are on today’s list already.")
    if not count:
        return _("None of them can be written to today.")
    said = ngettext(
        "%(shown)s of them can be on today’s list.",
        "%(shown)s of them can be on today’s list.",
        count,
    )
    return said % {"shown": f"{count:,}"}
