"""`xiaohe export all DIR`: everything in open formats, to keep or to take elsewhere."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.arguments import folder
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Write everything in open formats into an empty folder; it may run while Xiaohe is in use.")  # fmt: skip


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="all", required=True)
    everything = verbs.add_parser("all", description=summary())
    everything.add_argument("folder", type=folder, metavar=_("DIR"))
    everything.add_argument(
        "--without-identifiers",
        action="store_true",
        help=_("leave out names, phones, notes and rejected rows"),
    )
    everything.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    everything.add_argument("--home", default=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.ledger import moving
    from xiaohe.shop import clock

    left = moving.move_out(
        arguments.folder, now=clock.now(), identifiers=not arguments.without_identifiers
    )
    lines = [
        _("%(facts)s facts and %(tables)d tables are in %(folder)s (%(megabytes).1f MB).")
        % {
            "facts": f"{left.facts:,}",
            "tables": len(left.tables),
            "folder": left.folder,
            "megabytes": left.bytes / 1e6,
        }
    ]
    if left.identifiers:
        lines.append(
            _(
                "Its folder “private” holds names and phone numbers in clear: encrypt or delete it before you pass anything on."
            )
        )
    lines.append(
        _(
            "The keys are in %(keys)s: keep them somewhere else, without them nothing can be brought in again."
        )
        % {"keys": left.keys}
    )
    out.answer(left, lines)
