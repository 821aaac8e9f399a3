"""`xiaohe sources formats`: the exports that are recognised, and a format file of one's own tried on an export."""

from __future__ import annotations

import argparse
from pathlib import Path
from typing import Any

from xiaohe.cli.arguments import existing_file
from xiaohe.cli.output import EXIT_CODES, Output, table
from xiaohe.cli.words import gettext as _


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "file",
        type=existing_file,
        nargs="?",
        metavar=_("FILE.toml"),
        help=_("check a format file of your own before it goes into the folder"),
    )
    parser.add_argument(
        "--try",
        dest="export",
        type=existing_file,
        metavar=_("FILE"),
        help=_("an export: show which heading each field is read from"),
    )
    parser.set_defaults(verb=_answer)


def _answer(arguments: argparse.Namespace, out: Output) -> int | None:
    from xiaohe.kernel.errors import BadInput
    from xiaohe.sources import formats

    if arguments.file is None:
        _listed(out)
        return None
    try:
        read = formats.read(arguments.file)
    except BadInput as error:
        out.refuse(error.code, str(error))
        return EXIT_CODES[400]
    told = {"name": read.name, "kind": read.kind.value, "platform": read.source}
    said = _("“%(file)s” can be used: %(kind)s of %(platform)s, %(count)d fields.")
    line = said % {
        "file": arguments.file.name,
        "kind": read.kind.value,
        "platform": read.source,
        "count": len(read.columns),
    }
    lines = [line]
    if arguments.export is not None:
        trial, more = _tried(read, arguments.export)
        told |= trial
        lines += more
    elif arguments.file.parent.resolve() != formats.folder().resolve():
        lines.append(_("Copy it to %(folder)s to use it.") % {"folder": formats.folder()})
    out.answer(told, lines)
    return None if told.get("fits", True) else EXIT_CODES[400]


def _tried(read: Any, export: Path) -> tuple[dict[str, Any], list[str]]:
    from xiaohe.sources.formats.trying import try_on
    from xiaohe.sources.readers import Source, tables_of

    trials = [each for one in tables_of(Source.of(export)) if (each := try_on(read, one.rows()))]
    best = max(trials, key=lambda trial: (trial.fits, len(trial.read)), default=None)
    if best is None:
        return {"fits": False}, [_("None of its headings is in the export.")]
    lines = table([*best.read.items()], head=(_("field"), _("heading")))
    if best.unread:
        lines.append(_("Not read: %(headings)s.") % {"headings": ", ".join(best.unread)})
    for group in best.missing:
        fields = " | ".join(sorted(group))
        lines.append(_("It does not fit: no column for %(fields)s.") % {"fields": fields})
    if best.forbidden:
        fields = ", ".join(best.forbidden)
        lines.append(
            _("It does not fit: the export has a column for %(fields)s.") % {"fields": fields}
        )
    if best.lacks_telling:
        lines.append(_("It does not fit: too few of the headings under “telling” are there."))
    if best.fits:
        lines.append(_("The export is recognised."))
    return {"fits": best.fits, "read": dict(best.read), "unread": list(best.unread)}, lines


def _listed(out: Output) -> None:
    from xiaohe.sources import formats

    rows = [
        {
            "name": each.name,
            "title": formats.title_of(each.name),
            "kind": each.kind.value,
            "platform": each.source,
            "ours": each.is_ours,
        }
        for each in formats.known()
    ]
    problems = [{"code": each.code, "message": str(each)} for each in formats.problems()]
    lines = table(
        [
            (
                row["name"],
                row["title"],
                row["kind"],
                row["platform"],
                "" if row["ours"] else _("yours"),
            )
            for row in rows
        ],
        head=(_("name"), _("what"), _("kind"), _("platform"), _("whose")),
    )
    lines.append(_("Formats of your own lie in %(folder)s.") % {"folder": formats.folder()})
    lines += [problem["message"] for problem in problems]
    out.answer({"formats": rows, "problems": problems, "folder": str(formats.folder())}, lines)
