"""`xiaohe import FILE…`: read export files in, and bring the list up to date."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.arguments import existing_file
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Read order and contact exports in.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("files", nargs="+", type=existing_file, metavar=_("FILE"))
    parser.add_argument("--yes", action="store_true", help=_("accept a proposed mapping"))


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
