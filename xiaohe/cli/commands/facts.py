"""`xiaohe facts count`: how many facts of which type stand in the ledger now."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.output import Output, table
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Count the facts of the ledger by type.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="count", required=True)
    count = verbs.add_parser("count", description=summary())
    count.add_argument(
        "--type", metavar=_("TYPE"), help=_("only this type, for example order.paid")
    )
    count.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    count.add_argument("--home", default=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.ledger import catalogue, engine

    if arguments.type:
        catalogue.fact_type(arguments.type)
    with engine.reading() as read:
        facts = read.facts
        if arguments.type:
            facts = facts.filter(facts.type == arguments.type)
        by_type = facts.group_by("type").agg(count=facts.count()).order_by("type")
        counts = {row["type"]: row["count"] for row in read.run(by_type).to_pylist()}
    total = sum(counts.values())
    if arguments.type:
        out.answer({"type": arguments.type, "count": total}, [f"{total:,}"])
        return
    lines = table([*counts.items(), (_("all"), total)], head=(_("type"), _("facts")))
    out.answer({"count": total, "types": counts}, lines)
