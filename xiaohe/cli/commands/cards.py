"""`xiaohe cards …`: codes for parcels, stores, tables and colleagues, and the sheets they are printed on."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from datetime import date, datetime
from pathlib import Path
from typing import Any

from xiaohe.cli import inside
from xiaohe.cli.arguments import day, existing_file, positive
from xiaohe.cli.output import Output, table
from xiaohe.cli.words import gettext as _

Run = Callable[[argparse.Namespace, Output], int | None]
KINDS = {
    "parcel": "parcel_card",
    "store": "store_code",
    "table": "table_code",
    "staff": "staff_code",
}
PAPERS = ("card", "badge", "a6", "a5")


def summary() -> str:
    return _("Codes on cards for parcels, stores, tables and colleagues, and sheets to print.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar=_("VERB"), required=True)

    def verb(name: str, run: Run, help: str) -> argparse.ArgumentParser:
        one = verbs.add_parser(name, help=help, description=help)
        one.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        one.add_argument("--home", default=argparse.SUPPRESS)
        one.set_defaults(do=run)
        return one

    new = verb("new", _new, _("Make a code with neutral words."))
    new.add_argument("kind", choices=sorted(KINDS), metavar=_("KIND"), help=", ".join(KINDS))
    new.add_argument("--name", default="", help=_("what you call it: a batch, a table"))
    new.add_argument("--offer", help=_("the one sentence on the card"))
    new.add_argument("--platform", help=_("where these parcels are sold, like taobao"))
    new.add_argument("--store", help=_("name of the store"))
    new.add_argument("--staff", help=_("name of the member of staff"))
    new.add_argument("--tag", help=_("tag for whoever comes by it"))
    new.add_argument("--account", help=_("the WeChat id to search for"))
    new.add_argument(
        "--picture", type=existing_file, metavar=_("FILE"), help=_("QR picture of the account")
    )
    verb("list", _list, _("List codes with their numbers."))
    sheet = verb("sheet", _sheet, _("Write the sheet of a code as PDF; it is noted as printed."))
    _add_code(sheet)
    sheet.add_argument("--out", type=Path, required=True, metavar=_("FILE"))
    sheet.add_argument("--paper", choices=PAPERS, help=_("card, badge, a6 or a5"))
    sheet.add_argument("--count", type=positive, default=10, help=_("how many (default: 10)"))
    sheet.add_argument("--address", default="", help=_("for a proof: where the console is"))
    shipped = verb("shipped", _shipped, _("Note how many cards left with parcels on a day."))
    _add_code(shipped)
    shipped.add_argument("count", type=positive, metavar=_("COUNT"))
    shipped.add_argument("--on", type=day, metavar=_("DAY"), help=_("shop day (default: today)"))
    _add_code(verb("retire", _retire, _("Print no more of a code; what it brought stays.")))
    _add_code(verb("restore", _restore, _("Use a retired code again.")))


def run(arguments: argparse.Namespace, out: Output) -> int | None:
    inside.enter(out)
    inside.quietly()
    do: Run = arguments.do
    return do(arguments, out)


def _new(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.entries import cards, codes

    said: dict[str, Any] = {
        "offer": arguments.offer,
        "platform": arguments.platform,
        "store": arguments.store,
        "staff": arguments.staff,
        "tag": arguments.tag,
        "account_said": arguments.account,
    }
    made = codes.make(
        KINDS[arguments.kind],
        _now(),
        name=arguments.name,
        **{name: value for name, value in said.items() if value is not None},
    )
    if arguments.picture:
        codes.set_picture(made.code, arguments.picture.read_bytes())
    data = {"code": made.code, "name": made.name, "address": cards.address_of(made) or None}
    out.answer(data, [f"{made.code}  {made.name}", made.offer])


def _list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.entries import codes, queries
    from xiaohe.entries.queries import Funnel

    funnels = queries.funnels()
    found = [
        {
            "code": each.code,
            "name": each.name,
            "kind": each.entry,
            "retired": each.retired_at is not None,
            **vars(funnels.get(each.code, Funnel())),
        }
        for each in codes.listing()
    ]
    head = (
        _("code"),
        _("name"),
        _("printed"),
        _("sent"),
        _("scanned"),
        _("claimed"),
        _("added"),
        _("again"),
    )
    shown = ("code", "name", "printed", "shipped", "scanned", "claimed", "added", "again")
    rows = [tuple(each[name] for name in shown) for each in found]
    out.answer(found, table(rows, head=head) if rows else [_("There is no code yet.")])


def _sheet(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.entries import cards, codes, notices
    from xiaohe.entries.paper.sheets import Paper

    code = codes.one(arguments.code)
    paper = Paper(arguments.paper) if arguments.paper else None
    made = cards.sheet(
        code,
        _now(),
        paper=paper,
        count=arguments.count,
        fallback=arguments.address or "http://127.0.0.1:8000",
    )
    arguments.out.write_bytes(made.pdf)
    is_proof = made.fact is None
    lines = [str(arguments.out), *notices.notices(code.entry, code.platform)]
    if is_proof:
        lines.append(
            _("A proof only: set XIAOHE_PUBLIC_URL to the address customers’ phones can open.")
        )
    out.answer({"file": arguments.out, "cards": made.cards, "proof": is_proof}, lines)


def _shipped(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.entries import cards, codes
    from xiaohe.shop import clock

    on: date = arguments.on or clock.today()
    cards.shipped(codes.one(arguments.code), arguments.count, on, _now())
    said = {"count": arguments.count, "day": on.isoformat()}
    out.answer({"code": arguments.code, **said}, [_("Noted: %(count)d on %(day)s.") % said])


def _retire(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.entries import codes

    codes.retire(arguments.code, _now())
    out.answer({"code": arguments.code, "retired": True}, [_("Retired.")])


def _restore(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.entries import codes

    codes.restore(arguments.code)
    out.answer({"code": arguments.code, "retired": False}, [_("In use again.")])


def _add_code(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("code", metavar=_("CODE"), help=_("the six letters and digits"))


def _now() -> datetime:
    from xiaohe.shop import clock

    return clock.now()
