"""`xiaohe sources …`: who may send events, and what of them could not be read."""

from __future__ import annotations

import argparse
import json
import os
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xiaohe.cli import formats, inside
from xiaohe.cli.arguments import existing_file, positive
from xiaohe.cli.output import EXIT_CODES, Output, table
from xiaohe.cli.words import gettext as _

if TYPE_CHECKING:
    from xiaohe.sources.models import Source


def summary() -> str:
    return _(
        "Keys for sites, apps and servers that send events, and events that could not be read."
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar=_("VERB"), required=True)
    add = _verb(verbs, "add", _("a new source; its write key is shown once"), _add)
    add.add_argument("--kind", required=True, metavar="segment", help=_("kind of source: segment"))
    add.add_argument("--name", required=True, help=_("what you call it"))
    add.add_argument(
        "--platform",
        default="segment",
        help=_("whose users and orders these are; sources of one platform share them"),
    )
    add.add_argument(
        "--origin",
        action="append",
        default=[],
        metavar="URL",
        help=_("a page's origin that may send, such as https://shop.example (default: any)"),
    )
    add.add_argument("--limit", type=positive, metavar="N", help=_("events a second at most"))
    _verb(verbs, "list", _("all sources"), _list)
    rotate = _verb(verbs, "rotate", _("a new write key; the old one goes on for a while"), _rotate)
    rotate.add_argument("source", metavar=_("NAME"))
    rotate.add_argument(
        "--grace", type=positive, default=24, metavar="H", help=_("hours the old key goes on")
    )
    revoke = _verb(verbs, "revoke", _("take no more events from a source"), _revoke)
    revoke.add_argument("source", metavar=_("NAME"))
    limit = _verb(verbs, "limit", _("how many events a second a source may send"), _limit)
    limit.add_argument("source", metavar=_("NAME"))
    limit.add_argument("events", metavar="N|none")
    _dead_arguments(_verb(verbs, "dead", _("events that could not be read")))
    known = _verb(verbs, "formats", _("exports that are recognised, yours among them"))
    formats.add_arguments(known)


def _dead_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(metavar=_("VERB"), required=True)
    shelf = _verb(verbs, "list", _("what lies there and why"), _dead_list)
    shelf.add_argument("--source", metavar=_("NAME"))
    shelf.add_argument("--limit", type=positive, default=100)
    shelf.add_argument("--dropped", action="store_true", help=_("those that were thrown away"))
    show = _verb(verbs, "show", _("one event in full, with the reason"), _dead_show)
    show.add_argument("letter", type=positive, metavar="ID")
    show.add_argument(
        "--to", type=Path, metavar=_("FILE"), help=_("write the event there, to edit it")
    )
    fix = _verb(verbs, "fix", _("take the edited event back"), _dead_fix)
    fix.add_argument("letter", type=positive, metavar="ID")
    fix.add_argument("--from", dest="file", type=existing_file, required=True, metavar=_("FILE"))
    for name, told, run in (
        ("replay", _("read events again, after a fix or an upgrade"), _dead_replay),
        ("drop", _("throw events away"), _dead_drop),
    ):
        verb = _verb(verbs, name, told, run)
        which = verb.add_mutually_exclusive_group(required=True)
        which.add_argument("letter", type=positive, nargs="?", metavar="ID")
        which.add_argument("--all", action="store_true", help=_("all of them"))
        verb.add_argument("--source", metavar=_("NAME"), help=_("with --all: only this source's"))
    restore = _verb(
        verbs, "restore", _("bring back an event thrown away in the last week"), _dead_restore
    )
    restore.add_argument("letter", type=positive, metavar="ID")


def _verb(verbs: Any, name: str, told: str, run: Any = None) -> argparse.ArgumentParser:
    parser: argparse.ArgumentParser = verbs.add_parser(name, help=told, description=told)
    parser.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
    parser.add_argument("--home", default=argparse.SUPPRESS)
    if run is not None:
        parser.set_defaults(verb=run)
    return parser


def run(arguments: argparse.Namespace, out: Output) -> int | None:
    inside.enter(out)
    inside.quietly()
    answered: int | None = arguments.verb(arguments, out)
    return answered


# ---------------------------------------------------------------- sources


def _add(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.sources import writekeys

    source, key = writekeys.add(
        arguments.kind,
        arguments.name,
        utc_now(),
        platform=arguments.platform,
        origins=arguments.origin,
        events_per_second=arguments.limit,
    )
    lines = [
        _("Write key of %(name)s: %(key)s") % {"name": source.name, "key": key},
        _("It is shown this once. Give it to the SDK together with the address of this server."),
    ]
    out.answer({**_told(source), "write_key": key}, lines)


def _list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.sources import writekeys
    from xiaohe.sources.segment import dead

    letters = dead.counts()
    rows = [
        {**_told(source), "dead_letters": letters.get(source.pk, 0)}
        for source in writekeys.all_sources()
    ]
    head = ("id", _("name"), _("kind"), _("platform"), _("limit"), _("state"), _("unread"))
    lines = table(
        [
            (
                row["id"],
                row["name"],
                row["kind"],
                row["platform"],
                row["events_per_second"],
                _("revoked") if row["revoked_at"] else _("open"),
                row["dead_letters"],
            )
            for row in rows
        ],
        head=head,
    )
    out.answer(rows, lines if rows else [_("There is no source yet.")])


def _rotate(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.sources import writekeys

    grace = timedelta(hours=arguments.grace)
    source, key, until = writekeys.rotate(arguments.source, utc_now(), grace)
    lines = [
        _("New write key of %(name)s: %(key)s") % {"name": source.name, "key": key},
        _("The old one goes on until %(until)s.") % {"until": f"{until:%Y-%m-%d %H:%M} UTC"},
    ]
    out.answer({**_told(source), "write_key": key, "old_keys_until": until}, lines)


def _revoke(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.sources import writekeys

    source = writekeys.revoke(arguments.source, utc_now())
    told = _("Nothing more is taken from %(name)s. What it told stays.")
    out.answer(_told(source), [told % {"name": source.name}])


def _limit(arguments: argparse.Namespace, out: Output) -> int | None:
    from xiaohe.sources import writekeys

    text = arguments.events
    if text != "none" and not (text.isdigit() and 0 < int(text) <= 1_000_000):
        out.refuse("bad_limit", _("A limit is a number of events a second, or “none”."))
        return EXIT_CODES[400]
    source = writekeys.limit(arguments.source, None if text == "none" else int(text))
    if source.events_per_second is None:
        line = _("%(name)s may send as many events as it likes.") % {"name": source.name}
    else:
        line = _("%(name)s may send %(events)d events a second.") % {
            "name": source.name,
            "events": source.events_per_second,
        }
    out.answer(_told(source), [line])
    return None


def _told(source: Source) -> dict[str, Any]:
    return {
        "id": source.pk,
        "kind": source.kind,
        "name": source.name,
        "platform": source.platform,
        "source": source.as_source,
        "origins": source.origins,
        "events_per_second": source.events_per_second,
        "created_at": source.created_at,
        "revoked_at": source.revoked_at,
        "custom_names": source.custom_names,
        "dead_dropped": source.dead_dropped,
    }


# ---------------------------------------------------------------- dead letters


def _dead_list(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.sources import writekeys
    from xiaohe.sources.segment import dead
    from xiaohe.sources.segment.reasons import LABELS, Reason

    names = {source.pk: source for source in writekeys.all_sources()}
    letters = dead.dropped() if arguments.dropped else dead.shelf(arguments.source, arguments.limit)
    rows = [
        {
            "id": each.pk,
            "source": names[each.source_id].name,
            "reason": each.reason,
            "why": str(LABELS[Reason(each.reason)]),
            "received_at": each.received_at,
        }
        for each in letters
    ]
    lines = table(
        [(str(r["id"]), r["source"], f"{r['received_at']:%Y-%m-%d %H:%M}", r["why"]) for r in rows],
        head=("id", _("source"), _("received"), _("why")),
    )
    dropped = sum(source.dead_dropped for source in names.values())
    if dropped:
        lines.append(
            _("%(count)d more found no room: replay or drop what lies here.") % {"count": dropped}
        )
    answer = {"letters": rows, "count": len(dead.ids(arguments.source)), "dropped": dropped}
    out.answer(answer, lines if rows else [_("Every event could be read."), *lines[1:]])


def _dead_show(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.sources.segment import dead

    letter = dead.open_letter(arguments.letter, utc_now())
    text = json.dumps(letter.message, ensure_ascii=False, indent=2)
    if arguments.to is None:
        out.answer(letter, [letter.why, text])
        return
    handle = os.open(arguments.to, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with open(handle, "w", encoding="utf-8") as file:
        file.write(text + "\n")
    told = {"id": letter.id, "reason": letter.reason, "file": arguments.to}
    out.answer(told, [letter.why, _("Written to %(file)s.") % {"file": arguments.to}])


def _dead_fix(arguments: argparse.Namespace, out: Output) -> int | None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.sources.segment import dead

    try:
        message = json.loads(arguments.file.read_text(encoding="utf-8"))
    except ValueError:
        out.refuse("malformed", _("The file is no JSON."))
        return EXIT_CODES[400]
    why = dead.fix(arguments.letter, message, utc_now())
    if why is not None:
        out.refuse("unreadable", _("Kept, but it still cannot be read: %(why)s") % {"why": why})
        return EXIT_CODES[400]
    line = _("It can be read now. “xiaohe sources dead replay %(id)d” puts it into the ledger.")
    out.answer({"id": arguments.letter, "readable": True}, [line % {"id": arguments.letter}])
    return None


def _dead_replay(arguments: argparse.Namespace, out: Output) -> int:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.sources.segment import dead

    if arguments.all:
        done = dead.replay_all(arguments.source, utc_now())
    else:
        done = [dead.replay(arguments.letter, utc_now())]
    left = [each for each in done if not each.recorded]
    lines = [_("%(count)d events are in the ledger now.") % {"count": len(done) - len(left)}]
    lines += [f"{each.id}: {each.why}" for each in left]
    out.answer(
        {
            "replayed": len(done) - len(left),
            "left": [{"id": e.id, "reason": e.reason} for e in left],
        },
        lines,
    )
    return EXIT_CODES[400] if left and not arguments.all else 0


def _dead_drop(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.sources.segment import dead

    numbers = dead.ids(arguments.source) if arguments.all else [arguments.letter]
    for number in numbers:
        dead.drop(number, utc_now())
    lines = [
        _("%(count)d events are thrown away.") % {"count": len(numbers)},
        _("For a week “xiaohe sources dead restore ID” brings one back."),
    ]
    out.answer({"dropped": len(numbers), "ids": numbers}, lines)


def _dead_restore(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.sources.segment import dead

    dead.restore(arguments.letter)
    out.answer({"restored": arguments.letter}, [_("It waits again.")])
