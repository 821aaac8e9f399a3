"""`xiaohe lake export DIR | files | check | compact`: the folder of facts, for other tools and for its own health."""

from __future__ import annotations

import argparse
from collections.abc import Callable
from pathlib import Path

from xiaohe.cli import inside
from xiaohe.cli.arguments import folder
from xiaohe.cli.output import EXIT_REFUSED, Output, table
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _(
        "The folder of facts: export it, list its files, check and repair it, put it in order."
    )


def add_arguments(parser: argparse.ArgumentParser) -> None:
    verbs = parser.add_subparsers(
        dest="verb", metavar="export | files | check | compact", required=True
    )
    for name, (sentence, add, _run) in VERBS.items():
        verb = verbs.add_parser(name, description=sentence(), help=sentence())
        add(verb)
        verb.add_argument("--json", action="store_true", default=argparse.SUPPRESS)
        verb.add_argument("--home", default=argparse.SUPPRESS)


def run(arguments: argparse.Namespace, out: Output) -> int:
    inside.enter(out)
    inside.quietly()
    return VERBS[arguments.verb][2](arguments, out)


# ---------------------------------------------------------------- export


def _takes_folder(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("folder", type=folder, metavar=_("DIR"))


def _export(arguments: argparse.Namespace, out: Output) -> int:
    from xiaohe.ledger import export
    from xiaohe.people import links, marks, overlay
    from xiaohe.shop import clock

    written = export.export(
        arguments.folder,
        person_of=overlay.person_of,
        left_out=marks.left_out,
        links=links.links,
        now=clock.now(),
    )
    out.answer(
        written,
        [
            _("%(count)s facts are in %(folder)s, with persons, links and a README.")
            % {"count": f"{written.facts:,}", "folder": written.folder}
        ],
    )
    return 0


# ---------------------------------------------------------------- files


def _nothing(parser: argparse.ArgumentParser) -> None:
    pass


def _files(arguments: argparse.Namespace, out: Output) -> int:
    from xiaohe.ledger import outside

    listing = outside.listing()
    rows = [
        [
            each.path,
            each.layout,
            each.type or "",
            f"{each.rows:,}",
            _day(each.first),
            _day(each.last),
        ]
        for each in listing.files
    ]
    head = [_("file"), _("layout"), _("type"), _("rows"), _("from"), _("to")]
    lines = table(rows, head=head)
    lines.append(
        _("Read the files in %(folder)s that are not by subject.") % {"folder": listing.lake}
    )
    if listing.undone_imports:
        numbers = ", ".join(map(str, listing.undone_imports))
        lines.append(
            _("Leave out rows whose import_id is one of: %(numbers)s.") % {"numbers": numbers}
        )
    if listing.taken_back:
        lines.append(
            _("Leave out %(count)d facts that were taken back; they are in the answer with --json.")
            % {"count": len(listing.taken_back)}
        )
    if listing.waiting:
        lines.append(_("%(count)d facts wait and are in no file yet.") % {"count": listing.waiting})
    out.answer(listing, lines)
    return 0


def _day(instant: object) -> str:
    return str(instant)[:10] if instant else ""


# ---------------------------------------------------------------- check


def _takes_repair(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--repair", action="store_true", help=_("repair what can be repaired"))
    parser.add_argument(
        "--from",
        dest="backup",
        type=Path,
        metavar=_("FILE"),
        help=_("with --repair: fetch what is missing from this backup"),
    )


def _check(arguments: argparse.Namespace, out: Output) -> int:
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import check, repair

    done: list[str] = []
    if arguments.repair or arguments.backup:
        repaired = repair.repair(utc_now(), backup=arguments.backup)
        done, found = repaired.done, repaired.left
    else:
        found = check.check(utc_now())
    lines = [f"✓ {each}" for each in done] + [f"✗ {each.sentence}" for each in found.faults]
    if found.is_whole:
        lines.append(
            _(
                "All %(files)d files with %(rows)s facts are whole, and so are %(runs)d files of recent keys."
            )
            % {"files": found.files, "rows": f"{found.rows:,}", "runs": found.key_runs}
        )
    elif arguments.repair or arguments.backup:
        lines.append(
            _(
                "This could not be repaired. A backup can help: xiaohe lake check --repair --from FILE"
            )
        )
    else:
        lines.append(_("Repair what can be repaired with: xiaohe lake check --repair"))
    out.answer({"ok": found.is_whole, "done": done, "found": found}, lines)
    return 0 if found.is_whole else EXIT_REFUSED


# ---------------------------------------------------------------- compact


def _compact(arguments: argparse.Namespace, out: Output) -> int:
    from xiaohe.ledger import compaction

    done = compaction.compact_all()
    out.answer(
        done,
        [
            _("%(retired)d files became %(written)d; %(rows)s facts were written.")
            % {
                "retired": done.files_retired,
                "written": done.files_written,
                "rows": f"{done.rows:,}",
            }
        ],
    )
    return 0


Verb = tuple[
    Callable[[], str],
    Callable[[argparse.ArgumentParser], None],
    Callable[[argparse.Namespace, Output], int],
]
VERBS: dict[str, Verb] = {
    "export": (
        lambda: _("Write facts, persons, links and retractions as Parquet files."),
        _takes_folder,
        _export,
    ),
    "files": (lambda: _("List the files that count, for other tools."), _nothing, _files),
    "check": (
        lambda: _("Check every file, count and checksum; --repair repairs what can be repaired."),
        _takes_repair,
        _check,
    ),
    "compact": (lambda: _("Put the files in order now."), _nothing, _compact),
}
