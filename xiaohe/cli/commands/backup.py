"""`xiaohe backup FILE`: the whole data folder in one file, while it is in use."""

from __future__ import annotations

import argparse
from pathlib import Path

from xiaohe.cli import inside
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Save everything in one file; it may run while Xiaohe is in use.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=Path, metavar=_("FILE"))


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import backup

    saved = backup.backup(arguments.file.absolute(), now=utc_now())
    out.answer(
        saved,
        [
            _("Saved %(megabytes).1f MB in %(file)s.")
            % {"megabytes": saved.bytes / 1e6, "file": saved.file},
            _(
                "The keys are in %(keys)s: keep them somewhere else, nothing can be read without them."
            )
            % {"keys": saved.keys},
        ],
    )
