"""`xiaohe due --on DATE`: everybody whose own rhythm says about now, listed or not, and why."""

from __future__ import annotations

import argparse
from typing import Any

from xiaohe.cli import inside
from xiaohe.cli.arguments import day
from xiaohe.cli.output import Output, plain, table
from xiaohe.cli.words import gettext as _
from xiaohe.kernel.money import spoken


def summary() -> str:
    return _("Who is due on a day, with reason, expected value and the decision about each.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--on", type=day, help=_("day (default: today)"))


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.autopilot import due
    from xiaohe.shop import clock

    on = arguments.on or clock.today()
    rows = [plain(row) for row in due.evaluate(on)]
    head = (_("person"), "C", "r", _("due on"), "n", "EV", _("decision"), _("rule"))
    lines = table([_line(row) for row in rows], head=head)
    lines.append(_("%(count)d people are due on %(day)s.") % {"count": len(rows), "day": on})
    out.answer(rows, lines)


def _line(row: dict[str, Any]) -> list[Any]:
    """What a person reads of one row: a key instead of the number, money instead of minor units."""
    key = row["keys"][0]["value"] if row["keys"] else row["person"]
    worth = "" if row["ev"] is None else spoken(row["ev"], row["currency"])
    told = (row[name] for name in ("C", "r", "due_date", "n"))
    return [key, *told, worth, row["decision"], row["rule"]]
