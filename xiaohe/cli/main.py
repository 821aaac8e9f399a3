"""`xiaohe COMMAND`: find the command, run it, end with its exit code.

0 done · 1 refused · 2 unusable input · 3 not found · 4 conflict · 5 not allowed · 6 busy, try again · 130 Ctrl-C
"""

from __future__ import annotations

import argparse
import importlib
import os
import sys
from collections.abc import Sequence
from typing import NoReturn

from xiaohe import __version__
from xiaohe.cli.output import EXIT_CODES, EXIT_INTERRUPTED, EXIT_REFUSED, Output
from xiaohe.cli.words import gettext as _

# In the order a newcomer meets them; `import` and `open` are Python's own words, hence the underscore.
COMMANDS = (
    "up",
    "web",
    "worker",
    "open_",
    "import_",
    "imports",
    "undo",
    "due",
    "people",
    "measure",
    "segment",
    "facts",
    "sources",
    "lake",
    "export",
    "hooks",
    "keys",
    "cards",
    "stores",
    "staff",
    "sample",
    "doctor",
    "backup",
    "restore",
    "prepare",
)


def main(argv: Sequence[str] | None = None) -> NoReturn:
    """The console script."""
    from xiaohe.kernel import memory

    # Here, where a process begins: whoever calls `run` may want pandas for something else.
    memory.without_frames()
    sys.exit(run(argv))


def run(argv: Sequence[str] | None = None) -> int:
    """Run one command line and return its exit code; expected refusals become one sentence on stderr."""
    arguments = parser().parse_args(argv)
    if arguments.home:
        os.environ["XIAOHE_HOME"] = arguments.home
    out = Output(is_json=arguments.json)
    try:
        return int(arguments.run(arguments, out) or 0)
    except KeyboardInterrupt:
        return EXIT_INTERRUPTED
    except BrokenPipeError:
        # The reader (`| head`) has seen enough; Python would complain again when it flushes at exit.
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return 0
    except Exception as error:
        code = _refused(error, out)
        if code is None:
            raise
        return code


def _refused(error: Exception, out: Output) -> int | None:
    """Say an expected refusal in one sentence; None for a bug."""
    # Small, but `up` should not need even that.
    from xiaohe.kernel import disk
    from xiaohe.kernel.errors import XiaoheError

    refusal = error if isinstance(error, XiaoheError) else disk.explained(error)
    if refusal is not None:
        out.refuse(refusal.code, str(refusal))
        return EXIT_CODES.get(refusal.status, EXIT_REFUSED)
    if not isinstance(error, OSError) or error.filename is None:
        return None
    out.refuse(
        "file",
        _("%(file)s: %(why)s") % {"file": error.filename, "why": (error.strerror or "").lower()},
    )
    return EXIT_REFUSED


def parser() -> argparse.ArgumentParser:
    whole = argparse.ArgumentParser(
        prog="xiaohe", description=_("Own and work your own customers.")
    )
    whole.add_argument("--version", action="version", version=f"xiaohe {__version__}")
    commands = whole.add_subparsers(metavar=_("COMMAND"), required=True)
    for name in COMMANDS:
        module = importlib.import_module(f"xiaohe.cli.commands.{name}")
        summary = module.summary()
        # A command without a summary is for our own processes and stays out of the help.
        one = commands.add_parser(
            name.rstrip("_"),
            description=summary,
            parents=[_common()],
            **({"help": summary} if summary else {}),
        )
        module.add_arguments(one)
        one.set_defaults(run=module.run)
    return whole


def _common() -> argparse.ArgumentParser:
    common = argparse.ArgumentParser(add_help=False)
    common.add_argument(
        "--home", metavar=_("DIR"), help=_("data folder (default: XIAOHE_HOME, else ~/.xiaohe)")
    )
    common.add_argument("--json", action="store_true", help=_("answer as JSON"))
    return common
