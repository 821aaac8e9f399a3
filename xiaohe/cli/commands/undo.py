"""`xiaohe undo IMPORT`: take one import back whole."""

from __future__ import annotations

import argparse

from xiaohe.cli import after, inside
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Take an import back whole, as if it had never been read.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("import_id", type=int, metavar=_("IMPORT"), help=_("its number"))


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.shop import clock
    from xiaohe.sources import importing

    importing.undo(arguments.import_id, now=clock.now())
    after.settle(out)
    out.answer(
        {"undone": arguments.import_id},
        [_("Import %(number)d was taken back.") % {"number": arguments.import_id}],
    )
