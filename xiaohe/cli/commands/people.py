"""`xiaohe people find WORDS`: search by name, phone, member name or order number."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.arguments import positive
from xiaohe.cli.output import Output, plain, table
from xiaohe.cli.words import gettext as _

LIMIT = 20


def summary() -> str:
    return _("Find a person by name, phone, member name or order number.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="find", required=True)
    find = verbs.add_parser("find", description=summary())
    find.add_argument("words", nargs="+", metavar=_("WORDS"))
    find.add_argument("--limit", type=positive, default=LIMIT)
    find.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    find.add_argument("--home", default=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.people import search

    found = search.find(" ".join(arguments.words), arguments.limit)
    head = (_("person"), _("name"), _("found by"))
    lines = table([(str(each.person), each.name, plain(each.why)) for each in found], head=head)
    out.answer({"found": found}, lines if found else [_("Nobody by that name or number.")])
