"""`xiaohe segment …`: segments, who is in them, and why."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import Any

from xiaohe.cli import inside
from xiaohe.cli.arguments import day, positive
from xiaohe.cli.output import EXIT_CODES, Output, table
from xiaohe.cli.words import gettext as _

LIMIT = 50


def summary() -> str:
    return _("Segments: list them, count and list their people, and explain one person.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar="list|show|count|people|explain|check", required=True)
    shown = _verb(verbs, "list", _("all segments, with how many people are in each"), _list)
    shown.add_argument("--archived", action="store_true", help=_("those that were put away"))
    one = _verb(verbs, "show", _("one segment: its rule, its versions, what it is for"), _show)
    one.add_argument("slug", metavar="SLUG")
    count = _verb(verbs, "count", _("how many people fit a rule or are in a segment"), _count)
    people = _verb(verbs, "people", _("who fits a rule or is in a segment"), _people)
    why = _verb(verbs, "explain", _("why one person fits or does not"), _explain)
    why.add_argument("person", metavar="PERSON", help=_("the person's id, as 123 or p123"))
    for each in (count, people, why):
        each.add_argument("rule", metavar="RULE|SLUG", help=_("a rule in quotes, or a slug"))
    for each in (shown, count, people, why):
        each.add_argument(
            "--on", type=day, metavar=_("DAY"), help=_("with what was known before this day")
        )
    people.add_argument("--limit", type=positive, default=LIMIT, help=_("people at most"))
    people.add_argument("--all", action="store_true", help=_("everybody"))
    people.add_argument(
        "--columns",
        default="",
        metavar="A,B",
        help=_("what is known of people, such as stage,net_365"),
    )
    people.add_argument("--csv", action="store_true", help=_("as a table for a spreadsheet"))
    check = _verb(verbs, "check", _("whether a file holds a rule that can be read"), _check)
    check.add_argument(
        "file", metavar=_("FILE"), help=_("a file with one rule; - is what is piped in")
    )


def _verb(verbs: Any, name: str, told: str, run: Any) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=told, description=told)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.add_argument("--home", default=argparse.SUPPRESS)
    parser.set_defaults(verb=run)
    return parser


def run(arguments: argparse.Namespace, out: Output) -> int | None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.segments.rules.errors import RuleError

    try:
        answered: int | None = arguments.verb(arguments, out)
    except RuleError as error:
        return _wrong(error, getattr(arguments, "rule", "") or "", out)
    return answered


def _wrong(error: Any, source: str, out: Output) -> int:
    """A rule that cannot be: the line with a mark below the place, then the sentence."""
    from xiaohe.segments import listing

    for line in listing.caret(error, source):
        print(line, file=sys.stderr)
    out.refuse(error.code, str(error))
    return EXIT_CODES[error.status]


def _list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.segments import listing, queries
    from xiaohe.segments.asking import Asked
    from xiaohe.shop import clock

    now = clock.now()
    rows = []
    for each in queries.segments(archived=arguments.archived):
        count = None if each.archived_at else Asked(each.rule, now, arguments.on).count()
        rows.append({**listing.segment(each), "people": count})
    shown = [
        (r["slug"], r["name"], "" if r["people"] is None else r["people"], r["rule"]) for r in rows
    ]
    head = (_("slug"), _("name"), _("people"), _("rule"))
    out.answer(rows, table(shown, head=head) if rows else [_("No segment was put away.")])


def _show(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.segments import listing, queries
    from xiaohe.segments.sentence.meanings import meanings

    saved = queries.segment(arguments.slug)
    users = queries.used_by(saved.slug)
    versions = queries.versions(saved.slug)
    told = {
        **listing.segment(saved),
        "used_by": [each.slug for each in users],
        "versions": [
            {
                "version": e.version,
                "act": e.act,
                "name": e.name,
                "rule": e.text,
                "at": e.at,
                "by": e.by,
            }
            for e in versions
        ],
    }
    lines = [saved.name, saved.text]
    lines += [each for each in (saved.why, saved.todo) if each]
    lines += [f"{each.name}: {each.means}" for each in meanings(saved.rule)]
    if saved.waits:
        lines.append(saved.waits)
    if users:
        lines.append(_("Part of: %(names)s") % {"names": ", ".join(each.name for each in users)})
    lines += [
        _("version %(version)s, %(day)s: %(rule)s")
        % {"version": e.version, "day": f"{e.at:%Y-%m-%d}", "rule": e.text}
        for e in versions
    ]
    out.answer(told, lines)


def _count(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.segments.asking import Asked
    from xiaohe.shop import clock

    count = Asked.of(arguments.rule, clock.now(), arguments.on).count()
    line = _("about %(count)d people") if count.about else _("%(count)d people")
    told = {"rule": arguments.rule, "people": int(count), "about": count.about, "on": arguments.on}
    out.answer(told, [line % {"count": count}])


def _people(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.segments import listing
    from xiaohe.segments.asking import Asked
    from xiaohe.shop import audit, clock
    from xiaohe.shop.models import AuditAct

    columns = [each.strip() for each in arguments.columns.split(",") if each.strip()]
    limit = None if arguments.all else arguments.limit
    now = clock.now()
    page = Asked.of(arguments.rule, now, arguments.on).page(columns, limit=limit)
    audit.record(
        AuditAct.EXPORTED, now=now, user_id=None, page="segment people", people=len(page.rows)
    )
    if arguments.csv and not out.is_json:
        print(listing.as_csv(page.rows, columns), end="")
        return
    shown = [
        (f"p{r['person']}", *(listing.said(name, r.get(name)) for name in columns))
        for r in page.rows
    ]
    lines = table(shown, head=(_("person"), *columns)) if shown else [_("Nobody fits.")]
    if page.next is not None:
        lines.append(_("There are more: --limit N or --all shows them."))
    told = [listing.person(row) for row in page.rows]
    out.answer({"people": told, "more": page.next is not None}, lines)


def _explain(arguments: argparse.Namespace, out: Output) -> int | None:
    from xiaohe.segments import listing, queries
    from xiaohe.segments.asking import Asked
    from xiaohe.shop import clock

    number = arguments.person.removeprefix("p")
    if not number.removeprefix("-").isdigit():
        out.refuse("bad_person", _("A person is a number such as 123 or p123."))
        return EXIT_CODES[400]
    told = Asked.of(arguments.rule, clock.now(), arguments.on).explain(int(number))
    names = {each.slug: each.name for each in queries.segments()}
    name = names.get(arguments.rule.strip(), arguments.rule)
    out.answer(listing.explanation(told), listing.lines(told, name))
    return None


def _check(arguments: argparse.Namespace, out: Output) -> int | None:
    from xiaohe.segments import queries
    from xiaohe.segments.rules import jsonform
    from xiaohe.segments.rules.errors import RuleError
    from xiaohe.segments.text import parse, print_rule

    try:
        source = (
            sys.stdin.read() if arguments.file == "-" else Path(arguments.file).read_text("utf-8")
        )
    except (OSError, UnicodeDecodeError) as error:
        return _unreadable(error, arguments.file, out)
    known = queries.vocabulary()
    try:
        rule = parse(source, known)
    except RuleError as error:
        return _wrong(error, source, out)
    text = print_rule(rule, known.currency, known)
    out.answer({"rule": text, "tree": jsonform.to_json(rule)}, [text])
    return None


def _unreadable(error: OSError | UnicodeDecodeError, file: str, out: Output) -> int:
    if isinstance(error, FileNotFoundError):
        out.refuse("no_such_file", _("no such file: %(file)s") % {"file": file})
        return EXIT_CODES[404]
    out.refuse(
        "not_a_text", _("%(file)s cannot be read as a text; save it as UTF-8.") % {"file": file}
    )
    return EXIT_CODES[400]


__all__ = ["add_arguments", "run", "summary"]
