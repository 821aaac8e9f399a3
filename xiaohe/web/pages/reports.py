"""Import reports in words: what came of each row, and sums that add up."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe import jobs
from xiaohe.kernel.errors import NotFound
from xiaohe.kernel.money import spoken
from xiaohe.ledger import imports
from xiaohe.ledger.imports import ImportRow
from xiaohe.sources import identifies, importing, reasons
from xiaohe.sources.formats import title_of
from xiaohe.sources.report import Report
from xiaohe.web.pages.models import ImportLine, ReportLine, ReportPage, Told
from xiaohe.web.templatetags.xiaohe import grouped, moment

COUNTED = ("accepted", "updated", "duplicate")
COUNT_LABELS = {
    "accepted": gettext_lazy("Taken in"),
    "updated": gettext_lazy("Brought up to date"),
    "duplicate": gettext_lazy("Known already"),
}


def title(row: ImportRow) -> str:
    named = title_of(row.report.get("format", ""))
    return named or f"{row.source} · {row.kind}"


def read_line(row: ImportRow) -> ImportLine:
    """One import right after it was read: what counts, and what was left out."""
    out = left_out(row.report)
    said = said_in_short(row)
    if out:
        said = _("%(said)s · not counted: %(reasons)s") % {"said": said, "reasons": out}
    return ImportLine(row.id, title(row), said)


def line(row: ImportRow) -> ImportLine:
    """One import in a list."""
    said = said_in_short(row)
    when = moment(row.created_at)
    state = _(" · taken back") if row.state == "undone" else ""
    return ImportLine(row.id, title(row), f"{said} · {when}{state}")


def said_in_short(row: ImportRow) -> str:
    """`5,412 rows · 4,930 valid`, by what the report counts."""
    report = row.report
    read = int(report.get("read", 0))
    rows = ngettext("%(rows)s row", "%(rows)s rows", read) % {"rows": grouped(read)}
    if row.kind == "contacts":
        return rows
    taken = int(report.get("accepted", 0)) + int(report.get("updated", 0))
    if read and report.get("duplicate", 0) == read:
        return _("%(rows)s, all known already") % {"rows": rows}
    return _("%(rows)s · %(taken)s valid") % {"rows": rows, "taken": grouped(taken)}


def left_out(report: dict[str, Any]) -> str:
    """`170 not paid · 312 closed`; empty when nothing was left out."""
    return " · ".join(
        _("%(count)s %(reason)s") % {"count": grouped(count), "reason": reason_label(code)}
        for code, count in {**report.get("excluded", {}), **report.get("rejected", {})}.items()
        if count
    )


def page(number: int) -> ReportPage:
    """The whole report of one import; its lines add up to the rows read."""
    row = imports.one(number)
    report = row.report
    money = report.get("money") or {}
    return ReportPage(
        id=row.id,
        title=title(row),
        sentence=Report.from_json(report).sentence if "format" in report else title(row),
        identifies=identifies.of(Report.from_json(report)) if "format" in report else {},
        at=row.created_at,
        lines=tuple(_lines(report)),
        beside=_beside(report),
        money=_money(money),
        state_label=_("This file was taken back; it counts nowhere.")
        if row.state == "undone"
        else "",
        can_undo=row.state == "committed",
        can_download=_has_rejected(number),
    )


def rejected(number: int) -> Iterator[bytes]:
    """The rejected rows of an import as CSV, unsealed while they are read."""
    if not _has_rejected(number):
        raise NotFound(
            "nothing_rejected", gettext_lazy("This file has no rows that could not be read.")
        )
    return importing.rejected_rows(number)


def ask_for_fresh_state() -> None:
    """Let derived numbers and today's list follow a tap on who is who, or a change of settings."""
    jobs.enqueue("traits.refresh", {}, dedupe="traits.refresh")
    jobs.enqueue("autopilot.prepare", {}, dedupe="autopilot.prepare")
    jobs.enqueue("people.likely", {}, dedupe="people.likely")


def ask_for_fresh_list() -> None:
    """Let today's list follow what changes words and no number."""
    jobs.enqueue("autopilot.prepare", {}, dedupe="autopilot.prepare")


def reason_label(code: str) -> str:
    for vocabulary in (reasons.Excluded, reasons.Rejected):
        if code in set(vocabulary):
            return str(reasons.LABELS[vocabulary(code)])
    return code


def _lines(report: dict[str, Any]) -> list[ReportLine]:
    lines = [
        ReportLine(str(COUNT_LABELS[name]), int(report.get(name, 0)))
        for name in COUNTED
        if name == "accepted" or report.get(name)
    ]
    for name, label in (("excluded", _("Left out")), ("rejected", _("Could not be read"))):
        reasons_of = {code: count for code, count in report.get(name, {}).items() if count}
        if reasons_of:
            lines.append(ReportLine(label, sum(reasons_of.values())))
            lines += [ReportLine(reason_label(c), n, sub=True) for c, n in reasons_of.items()]
    return [*lines, ReportLine(_("Rows in the file"), int(report.get("read", 0)), sum=True)]


def _beside(report: dict[str, Any]) -> str:
    told = []
    if no_buyer := report.get("no_buyer"):
        told.append(
            ngettext("%(count)s row names no buyer.", "%(count)s rows name no buyer.", no_buyer)
            % {"count": grouped(no_buyer)}
        )
    if changed := report.get("changed"):
        told.append(
            ngettext(
                "%(count)s known row came with other content; the first one counts.",
                "%(count)s known rows came with other content; the first ones count.",
                changed,
            )
            % {"count": grouped(changed)}
        )
    return " ".join(told)


def _money(money: dict[str, Any]) -> tuple[Told, ...]:
    if not money.get("currency"):
        return ()
    currency = money["currency"]
    labels = {"paid": _("Paid"), "refunded": _("Refunded")}
    return tuple(
        Told(label, spoken(int(money[name]), currency))
        for name, label in labels.items()
        if money.get(name)
    )


def _has_rejected(number: int) -> bool:
    return any(imports.one(number).report.get("rejected", {}).values())
