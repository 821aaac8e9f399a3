"""`xiaohe staff`: colleagues, their stores and the accounts they talk from; phones and addresses stay sealed."""

from __future__ import annotations

import argparse
from typing import Any

from xiaohe.cli import inside
from xiaohe.cli.output import Output, table
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Colleagues, their stores and the accounts they talk from.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar=_("VERB"))
    add = verbs.add_parser("add", description=_("Enter a colleague."))
    add.add_argument("name", metavar=_("NAME"))
    add.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    add.add_argument("--home", default=argparse.SUPPRESS)
    add.set_defaults(verb=_add)
    parser.set_defaults(verb=_list)


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    arguments.verb(arguments, out)


def _list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.shop import team

    rows: list[dict[str, Any]] = [
        {
            "id": each.pk,
            "name": each.name,
            "store": each.store.name if each.store else None,
            "accounts": [account.name for account in team.accounts_of(each.pk)],
            "gone_on": each.gone_on,
        }
        for each in team.everybody(also_gone=True)
    ]
    lines = table(
        [(row["id"], row["name"], row["store"], ", ".join(row["accounts"])) for row in rows],
        head=("id", _("name"), _("store"), _("accounts")),
    )
    out.answer({"staff": rows}, lines if rows else [_("There is no colleague yet.")])


def _add(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.shop import team

    row = team.add(arguments.name)
    out.answer({"id": row.pk, "name": row.name}, [_("Noted: %(name)s.") % {"name": row.name}])
