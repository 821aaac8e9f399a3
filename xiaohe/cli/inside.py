"""The way from the command line into the stores: Django set up, the data folder made and migrated, the language set."""

from __future__ import annotations

import logging
import os

from xiaohe.cli.folder import make_home
from xiaohe.cli.output import Output
from xiaohe.cli.words import language


def enter(out: Output | None = None) -> None:
    """Make this process one of Xiaohe's: afterwards models, stores and translations work."""
    set_up()
    from xiaohe.cli import prepare

    prepare.ensure(out)


def set_up() -> None:
    """Django alone, over a data folder that may still be empty."""
    make_home()
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")
    import django

    django.setup()
    from django.utils import translation

    translation.activate(language())


def quietly() -> None:
    """A command's stderr is for its own sentences; only what is wrong is logged."""
    logging.getLogger().setLevel(logging.WARNING)
