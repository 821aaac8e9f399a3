"""`xiaohe due --on DATE`: everybody whose own rhythm says about now, listed or not, and why."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.arguments import day
from xiaohe.cli.output import Output, plain, table
from xiaohe.cli.words import gettext as _


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
    keys = ("person", "C", "r", "due_date", "n", "ev", "decision", "rule")
    lines = table([[row.get(key) for key in keys] for row in rows], head=head)
    lines.append(_("%(count)d people are due on %(day)s.") % {"count": len(rows), "day": on})
    out.answer(rows, lines)
