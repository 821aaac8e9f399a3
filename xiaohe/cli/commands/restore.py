"""`xiaohe restore FILE`: bring a backup back into an empty data folder."""

from __future__ import annotations

import argparse

from xiaohe.cli import address, inside
from xiaohe.cli.arguments import existing_file
from xiaohe.cli.folder import make_home
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Bring a backup back.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("file", type=existing_file, metavar=_("FILE"))
    parser.add_argument(
        "--keys", type=existing_file, metavar=_("FILE"), help=_("its keys (default: FILE.keys)")
    )


def run(arguments: argparse.Namespace, out: Output) -> None:
    from xiaohe.kernel.errors import Conflict

    home = make_home()
    if url := address.remembered(home):
        raise Conflict("running", _("Xiaohe is running here (%(url)s). Stop it first."), url=url)
    inside.set_up()
    inside.quietly()
    from xiaohe.ledger import backup

    restored = backup.restore(arguments.file.absolute(), keys=arguments.keys)
    # The backup may come from an older version.
    inside.enter(out)
    out.answer(restored, [_("Everything is back in %(home)s.") % {"home": home}])
