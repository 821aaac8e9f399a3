"""`xiaohe sample --out DIR`: the sample shop's files, with every trap a real export has."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.arguments import folder, positive
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Write the files of a believable sample shop.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--out", type=folder, required=True, metavar=_("DIR"))
    parser.add_argument("--seed", type=int, help=_("another shop of the same kind"))
    parser.add_argument("--size", type=positive, metavar=_("BUYERS"), help=_("how many buyers"))


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.set_up()
    inside.quietly()
    from xiaohe.kernel import disk
    from xiaohe.simulator import sample

    disk.ask_for_room(arguments.out)
    arguments.out.mkdir(parents=True, exist_ok=True)
    chosen = {"seed": arguments.seed, "buyers": arguments.size}
    sample.write(arguments.out, **{k: v for k, v in chosen.items() if v is not None})
    files = sorted(path for path in arguments.out.rglob("*") if path.is_file())
    out.answer({"folder": arguments.out, "files": files}, [str(path) for path in files])
