"""`xiaohe imports`: what was read in, newest first."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.output import Output, plain, table
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("List what was imported.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    from xiaohe.ledger import imports
    from xiaohe.sources import importing

    rows = imports.listing()
    named = {row.id: importing.label_of(row.label) for row in rows}
    head = (_("no."), _("when"), _("file"), _("kind"), _("state"), _("rows"), _("accepted"))
    lines = table(
        [
            (
                row.id,
                f"{row.created_at:%Y-%m-%d %H:%M}",
                named[row.id],
                row.kind,
                plain(row.state),
                row.report.get("read"),
                row.report.get("accepted"),
            )
            for row in rows
        ],
        head=head,
    )
    data = [{**plain(row), "label": named[row.id]} for row in rows]
    out.answer(data, lines if rows else [_("Nothing was imported yet.")])
