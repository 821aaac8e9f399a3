"""What a file can tell of people, and plainly what it cannot."""

from __future__ import annotations

from typing import TYPE_CHECKING

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

if TYPE_CHECKING:
    from xiaohe.sources.report import Report

# Files of people we can reach, and files about money that name nobody by themselves.
REACHES = frozenset({"contacts", "group_members"})
NAMES_NOBODY = frozenset({"items", "aftersales", "settlements", "costs"})
# Below it masked phones are not worth a word.
LEAST_MASKED = 0.01


def can(report: Report) -> list[str]:
    """What the file tells of people, a sentence each."""
    if report.kind == "contacts":
        return [_("It says whom you can reach, and through which account.")]
    if report.kind == "group_members":
        return [_("It says who is in which group.")]
    if report.kind == "members":
        return [_("It tells your members apart.")]
    if report.names_buyers:
        said = ngettext(
            "It tells %(count)s buyer from all others.",
            "It tells %(count)s buyers apart.",
            report.buyers,
        )
        return [said % {"count": f"{report.buyers:,}"}]
    return []


def cannot(report: Report) -> list[str]:
    """What the file leaves open, a sentence each."""
    if report.kind in REACHES:
        return [
            _(
                "It does not say who bought: that is known only where an order number or a phone stands beside a name."
            )
        ]
    if report.kind in NAMES_NOBODY and not report.names_buyers:
        return [_("It names nobody by itself: the people come from the order list.")]
    if not report.names_buyers:
        return [_("It names no buyer, so it cannot tell people apart.")]
    open_points = [_("It does not say whom of them you have in WeChat.")]
    if report.no_buyer:
        said = ngettext(
            "%(count)s row names no buyer.", "%(count)s rows name no buyer.", report.no_buyer
        )
        open_points.append(said % {"count": f"{report.no_buyer:,}"})
    if report.masked_phone_share and report.masked_phone_share >= LEAST_MASKED:
        share = f"{report.masked_phone_share:.0%}"
        open_points.append(
            _("%(share)s of the phones are masked and identify nobody.") % {"share": share}
        )
    return open_points


def of(report: Report) -> dict[str, list[str]]:
    """Both, for programs; of a file of several parts each part speaks for itself."""
    if report.parts:
        return {
            "can": _distinct([each for part in report.parts for each in can(part)]),
            "cannot": _distinct([each for part in report.parts for each in cannot(part)]),
        }
    return {"can": can(report), "cannot": cannot(report)}


def _distinct(sentences: list[str]) -> list[str]:
    return list(dict.fromkeys(sentences))
