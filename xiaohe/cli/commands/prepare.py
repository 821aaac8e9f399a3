"""`xiaohe prepare`: make or migrate the data folder; run by `up`, and by hand before scaling out."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Make the data folder fit this version: back up, then migrate.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
