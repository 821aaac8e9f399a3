"""Kinds of arguments that several commands take."""

from __future__ import annotations

import argparse
from datetime import date
from pathlib import Path

from xiaohe.cli.words import gettext as _


def day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(
            _("“%(text)s” is not a day like 2025-06-30") % {"text": text}
        ) from None


def positive(text: str) -> int:
    try:
        number = int(text)
    except ValueError:
        number = 0
    if number < 1:
        raise argparse.ArgumentTypeError(
            _("“%(text)s” is not a whole number from 1 on") % {"text": text}
        )
    return number


def existing_file(text: str) -> Path:
    path = Path(text).expanduser()
    if not path.is_file():
        raise argparse.ArgumentTypeError(_("no such file: %(file)s") % {"file": text})
    return path


def folder(text: str) -> Path:
    path = Path(text).expanduser()
    if path.exists() and not path.is_dir():
        raise argparse.ArgumentTypeError(_("not a folder: %(file)s") % {"file": text})
    return path
