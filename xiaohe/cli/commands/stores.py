"""`xiaohe stores`: stores with their hours, and the days on which the shop was closed; `add` and `close` enter more."""

from __future__ import annotations

import argparse
from datetime import date
from typing import Any

from xiaohe.cli import inside
from xiaohe.cli.output import Output, table
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Stores, their opening hours, and days on which the shop was closed.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar=_("VERB"))
    add = verbs.add_parser("add", description=_("Enter a store."))
    add.add_argument("name", metavar=_("NAME"))
    add.set_defaults(verb=_add)
    close = verbs.add_parser(
        "close", description=_("Days on which nobody could buy, both ends included.")
    )
    close.add_argument("first", type=date.fromisoformat, metavar="YYYY-MM-DD")
    close.add_argument("last", type=date.fromisoformat, metavar="YYYY-MM-DD")
    close.add_argument("--store", metavar=_("NAME"), help=_("only this store (default: the shop)"))
    close.add_argument("--why", default="", metavar=_("WORDS"), help=_("for the list"))
    close.set_defaults(verb=_close)
    for each in (add, close):
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        each.add_argument("--home", default=argparse.SUPPRESS)
    parser.set_defaults(verb=_list)


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    arguments.verb(arguments, out)


def _list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.shop import stores

    rows: list[dict[str, Any]] = [
        {
            "id": each.pk,
            "name": each.name,
            "gone_on": each.gone_on,
            "hours": [[str(stretch) for stretch in day] for day in stores.hours(each.pk)],
        }
        for each in stores.all_stores(also_gone=True)
    ]
    closed = [
        {
            "id": each.pk,
            "store": each.store.name if each.store else None,
            "from": each.from_on,
            "until": each.until_on,
            "why": each.why,
        }
        for each in stores.all_closed()
    ]
    lines = table([(row["id"], row["name"]) for row in rows], head=("id", _("name")))
    lines = lines if rows else [_("There is no store yet.")]
    lines += [
        _("Closed from %(first)s to %(last)s: %(where)s.")
        % {
            "first": day["from"],
            "last": day["until"],
            "where": day["store"] or _("the whole shop"),
        }
        for day in closed
    ]
    out.answer({"stores": rows, "closed": closed}, lines)


def _add(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.shop import stores

    row = stores.add(arguments.name)
    out.answer({"id": row.pk, "name": row.name}, [_("Noted: %(name)s.") % {"name": row.name}])


def _close(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe import jobs
    from xiaohe.kernel.errors import NotFound
    from xiaohe.shop import stores

    where = None
    if arguments.store:
        named = {each.name: each.pk for each in stores.all_stores()}
        if arguments.store not in named:
            raise NotFound("no_such_store", _("There is no such store."))
        where = named[arguments.store]
    row = stores.close_days(arguments.first, arguments.last, store_id=where, why=arguments.why)
    jobs.enqueue("traits.refresh", dedupe="traits.refresh")
    told = {"id": row.pk, "from": row.from_on, "until": row.until_on}
    out.answer(told, [_("Noted. These days count in no gap between two purchases.")])
