"""`xiaohe people find WORDS`: search by name, phone, member name or order number.

`xiaohe people questions` asks who may be whom; `xiaohe people answer ID yes|no|unknown` answers.
"""

from __future__ import annotations

import argparse
from typing import Any

from xiaohe.cli import inside
from xiaohe.cli.arguments import positive
from xiaohe.cli.output import Output, plain, table
from xiaohe.cli.words import gettext as _

LIMIT = 20
SAID = ("yes", "no", "unknown")


def summary() -> str:
    return _("Find a person by name, phone, member name or order number.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="find|questions|answer", required=True)
    find = verbs.add_parser("find", description=summary())
    find.add_argument("words", nargs="+", metavar=_("WORDS"))
    find.add_argument("--limit", type=positive, default=LIMIT)
    find.set_defaults(verb=_find)
    asked = verbs.add_parser(
        "questions", description=_("The few questions about who is who that are worth most.")
    )
    asked.add_argument("--limit", type=positive, default=5)
    asked.set_defaults(verb=_questions)
    answer = verbs.add_parser("answer", description=_("Answer one question about who is who."))
    answer.add_argument("id", metavar="ID")
    answer.add_argument("said", choices=SAID)
    answer.set_defaults(verb=_answer)
    for each in (find, asked, answer):
        each.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        each.add_argument("--home", default=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    arguments.verb(arguments, out)


def _find(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.people import search

    found = search.find(" ".join(arguments.words), arguments.limit)
    head = (_("person"), _("name"), _("found by"))
    lines = table([(str(each.person), each.name, plain(each.why)) for each in found], head=head)
    out.answer({"found": found}, lines if found else [_("Nobody by that name or number.")])


def _questions(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.people import likely, names
    from xiaohe.people.likely import table as derived
    from xiaohe.shop import clock
    from xiaohe.web.pages import joining

    if derived.current() is None:
        from xiaohe.people.likely import building

        building.rebuild()
    found = likely.questions(clock.now(), arguments.limit, values=joining.worth)
    called = names.display([end for each in found for end in (each.left, each.right)])
    rows: list[dict[str, Any]] = [
        {
            "id": each.id,
            "contact": {"person": each.left, "name": called[each.left].name},
            "buyer": {"person": each.right, "name": called[each.right].name},
            "chance": round(each.chance, 3),
            "because": list(each.because),
        }
        for each in found
    ]
    head = ("id", _("contact"), _("buyer"), "p", _("because"))
    lines = [
        (row["id"], row["contact"]["name"], row["buyer"]["name"], f"{row['chance']:.2f}",
         " ".join(row["because"]))
        for row in rows
    ]  # fmt: skip
    out.answer(
        {"questions": rows}, table(lines, head=head) if rows else [_("Nothing to ask right now.")]
    )


def _answer(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.people import likely
    from xiaohe.shop import clock

    done = likely.answer(arguments.id, likely.Answer(arguments.said), clock.now())
    undo = _("Noted. It can be taken back on the page of questions.")
    out.answer({"answered": arguments.id, "said": arguments.said, "facts": done.facts}, [undo])
