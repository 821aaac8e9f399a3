"""`xiaohe lake export DIR`: facts, persons, links and retractions as Parquet, for any other tool."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.arguments import folder
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Write facts, persons, links and retractions as Parquet files.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="export", required=True)
    export = verbs.add_parser("export", description=summary())
    export.add_argument("folder", type=folder, metavar=_("DIR"))
    export.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    export.add_argument("--home", default=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.ledger import export
    from xiaohe.people import links, overlay
    from xiaohe.shop import clock

    written = export.export(
        arguments.folder, person_of=overlay.person_of, links=links.links, now=clock.now()
    )
    out.answer(
        written,
        [
            _("%(count)s facts are in %(folder)s, with persons, links and a README.")
            % {"count": f"{written.facts:,}", "folder": written.folder}
        ],
    )
