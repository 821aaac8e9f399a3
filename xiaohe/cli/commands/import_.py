"""`xiaohe import FILE…`: read export files in, and bring the list up to date. `import all DIR`: a whole workspace."""

from __future__ import annotations

import argparse
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

from xiaohe.cli import address, after, inside
from xiaohe.cli.arguments import existing_file
from xiaohe.cli.bar import Bar
from xiaohe.cli.output import EXIT_CODES, Output, plain, table
from xiaohe.cli.words import gettext as _

if TYPE_CHECKING:
    from xiaohe.sources.mapping import Mapping
    from xiaohe.sources.report import Report

FLAGS = ("day_first", "per_order")
# Not a file: what `export all` wrote. A file of this name is ./all.
EVERYTHING = "all"


def summary() -> str:
    return _("Read order and contact exports in.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument(
        "files",
        nargs="*",
        type=_given,
        metavar=_("FILE"),
        help=_("files; or “all” and the folder that “xiaohe export all” wrote"),
    )
    parser.add_argument(
        "--yes", action="store_true", help=_("accept the proposed reading of an unknown table")
    )
    parser.add_argument(
        "--mapping",
        action="append",
        default=[],
        type=_answer,
        metavar="FIELD=COLUMN",
        help=_(
            "correct the proposed or remembered reading, for example --mapping buyer='Customer ID'"
            " or --mapping platform=meituan"
        ),
    )
    parser.add_argument(
        "--mappings", action="store_true", help=_("list the readings that are remembered")
    )
    parser.add_argument(
        "--forget-mapping",
        type=int,
        metavar=_("NUMBER"),
        help=_("forget one of them, so that the next such table asks again"),
    )
    parser.add_argument(
        "--keys", type=existing_file, metavar=_("FILE"), help=_("keys of “all” (default: DIR.keys)")
    )


def run(arguments: argparse.Namespace, out: Output) -> int:
    if arguments.mappings or arguments.forget_mapping is not None:
        _kept_readings(arguments, out)
        return 0
    if not arguments.files:
        from xiaohe.kernel.errors import BadInput

        raise BadInput("no_files", _("Name a file: xiaohe import FILE"))
    if arguments.files[0] == EVERYTHING:
        _bring_everything(arguments, out)
        return 0
    from xiaohe.kernel.errors import BadInput, XiaoheError

    files = [Path(each).expanduser() for each in arguments.files]
    for each in files:
        if not each.is_file():
            raise BadInput("no_such_file", _("no such file: %(file)s"), file=each)
    inside.enter(out)
    inside.quietly()
    from xiaohe import jobs

    # Whoever subscribed to the facts must be known before they are committed.
    jobs.discover()
    code, answers, reports = 0, [], []
    for file in files:
        try:
            report = _import(file, dict(arguments.mapping), arguments, out)
        except XiaoheError as error:
            # A refused file does not hold up the others.
            code = EXIT_CODES.get(error.status, 1)
            print(str(error), file=sys.stderr)
            answers.append(
                {"file": file.name, "error": {"code": error.code, "message": str(error)}}
            )
            continue
        answers.append({"file": file.name, **_data(report)})
        reports.append(answers[-1])
        if not out.is_json:
            out.answer(None, _lines(report))
    if reports:
        after.settle(out)
        _say_first(reports, out)
    if out.is_json:
        out.answer(answers if len(answers) > 1 else answers[0])
    return code


def _say_first(reports: list[dict[str, Any]], out: Output) -> None:
    """What these files can tell and what not, the most important first; beside every report of this call."""
    from xiaohe.shop import clock
    from xiaohe.traits import state
    from xiaohe.web.pages.first_lines import first_lines

    told = first_lines(reports, state.current(), clock.now())
    for each in reports:
        each["first_line"] = told[0].said if told else None
        each["first_lines"] = [line.as_json() for line in told]
    if not out.is_json:
        out.answer(None, [text for line in told for text in (line.said, *line.then)])


def _import(
    file: Path, corrections: dict[str, str], arguments: argparse.Namespace, out: Output
) -> Report:
    from xiaohe.shop import clock
    from xiaohe.sources import importing

    mapping = _confirmed(file, corrections, arguments, out)
    with Bar(file.name, shown=not out.is_json) as bar:

        def show(told: dict[str, Any]) -> None:
            bar(int(told["share"] * 1000), 1000, f"{told['rows']:,}")

        return importing.run(file, mapping, now=clock.now(), yes=arguments.yes, progress=show)


def _confirmed(
    file: Path, corrections: dict[str, str], arguments: argparse.Namespace, out: Output
) -> Mapping | None:
    """The reading a person confirmed: by corrections on the command line, or by answering yes here."""
    from xiaohe.sources import importing

    can_ask = sys.stdin.isatty() and not out.is_json and not arguments.yes
    if not corrections and not can_ask:
        return None
    looked = importing.inspect(file)
    proposed = looked.mapping or (looked.remembered if corrections else None)
    if proposed is None:
        return None
    if corrections:
        answers: dict[str, Any] = {
            name: value.lower() in {"yes", "true", "1"} if name in FLAGS else value
            for name, value in corrections.items()
        }
        return proposed.changed(**answers)
    print(looked.sentence)
    said = input(_("Read it like this? [y/N] ")).strip().lower()
    return proposed if said in {"y", "yes", "是", "好"} else None


def _kept_readings(arguments: argparse.Namespace, out: Output) -> None:
    """The confirmed readings of tables that are no known export; or one less of them."""
    inside.enter(out)
    inside.quietly()
    from xiaohe.sources import saved
    from xiaohe.sources.mapping import Mapping

    if arguments.forget_mapping is not None:
        saved.forget(arguments.forget_mapping)
        out.answer({"forgotten": arguments.forget_mapping}, [_("Forgotten.")])
        return
    kept = [(row.pk, row.used_at, Mapping.from_json(row.told)) for row in saved.listing()]
    lines = [
        _("%(number)d · last used on %(day)s: %(reading)s")
        % {"number": number, "day": used_at.date().isoformat(), "reading": told.in_words()}
        for number, used_at, told in kept
    ]
    data = [
        {"id": number, "used_at": used_at.isoformat(), **told.as_json()}
        for number, used_at, told in kept
    ]
    out.answer(data, lines or [_("No reading is remembered yet.")])


def _given(text: str) -> str:
    """A file, the word “all”, or a folder, which only comes after it."""
    if text != EVERYTHING and not Path(text).expanduser().is_dir():
        existing_file(text)
    return text


def _bring_everything(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.errors import BadInput, Conflict

    folders = [Path(each).expanduser() for each in arguments.files[1:]]
    if len(folders) != 1 or not folders[0].is_dir():
        raise BadInput("one_folder", _("Name one folder: xiaohe import all DIR"))
    if url := address.remembered(inside.make_home()):
        raise Conflict("running", _("Xiaohe is running here (%(url)s). Stop it first."), url=url)
    inside.enter(out)
    inside.quietly()
    from xiaohe import jobs
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import moving

    jobs.discover()
    arrived = moving.move_in(folders[0], keys=arguments.keys, now=utc_now())
    after.settle(out)
    lines = [
        _("%(facts)s facts and %(tables)d tables came in.")
        % {"facts": f"{arrived.facts:,}", "tables": len(arrived.tables)}
    ]
    if not arrived.identifiers:
        lines.append(
            _(
                "The export was made without names, phones and notes, so people are shown without them until their files are imported again."
            )
        )
    out.answer(arrived, lines)


def _answer(text: str) -> tuple[str, str]:
    name, found, column = text.partition("=")
    if not found:
        raise argparse.ArgumentTypeError(_("“%(text)s” is not FIELD=COLUMN") % {"text": text})
    return name.strip(), column.strip()


def _data(report: Report) -> dict[str, Any]:
    data: dict[str, Any] = plain(report)
    # Bookkeeping of ours, of no use outside.
    for part in (data, *data.get("parts", ())):
        part.pop("not_data_marks", None)
    return data


def _lines(report: Report) -> list[str]:
    from xiaohe.sources.reasons import LABELS

    labels = {str(code): label for code, label in LABELS.items()}
    lines = []
    for part in report.parts or (report,):
        rows: list[tuple[str, Any]] = [(_("rows read"), part.read), (_("accepted"), part.accepted)]
        rows += [(_("updated"), part.updated), (_("known already"), part.duplicate)]
        for said, counts in (
            (_("excluded: %(reason)s"), part.excluded),
            (_("rejected: %(reason)s"), part.rejected),
        ):
            rows += [(said % {"reason": labels[code]}, n) for code, n in counts.items() if n]
        if part.no_buyer:
            rows.append((_("of these without a buyer"), part.no_buyer))
        lines += [part.sentence, *(f"  {line}" for line in table(rows))]
        lines.append(
            "  " + _("Take it back with: xiaohe undo %(number)d") % {"number": part.import_id}
        )
    return lines
