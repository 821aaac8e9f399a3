"""`xiaohe web`: the console alone, for when web and workers run on different machines."""

from __future__ import annotations

import argparse
import os

from xiaohe.cli import address, supervisor
from xiaohe.cli.commands.up import add_address
from xiaohe.cli.folder import Folder, make_home, state
from xiaohe.cli.output import EXIT_CODES, Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Serve the console alone.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_address(parser)


def run(arguments: argparse.Namespace, out: Output) -> int:
    supervisor.leave_ctrl_c_to_parent()
    if state(make_home()) not in (Folder.READY, Folder.UNKNOWN):
        out.refuse("unprepared", _("This data folder is not ready. Run “xiaohe prepare” first."))
        return EXIT_CODES[409]
    if arguments.host != address.LOOPBACK and "XIAOHE_HOSTS" not in os.environ:
        os.environ["XIAOHE_HOSTS"] = ",".join(address.names_of(arguments.host))
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")

    from granian import Granian
    from granian.constants import HTTPModes, Interfaces
    from granian.http import HTTP1Settings
    from granian.log import LogLevels

    from xiaohe.api import limits
    from xiaohe.kernel import logs

    # WSGI always: Django over ASGI costs seven times the CPU per request (docs/decisions).
    server = Granian(
        "xiaohe.wsgi:application",
        address=arguments.host,
        port=arguments.port,
        interface=Interfaces.WSGI,
        workers=1,
        blocking_threads=limits.THREADS,
        backpressure=limits.BACKPRESSURE,
        http=HTTPModes.http1,
        http1_settings=HTTP1Settings(header_read_timeout=limits.HEADER_MILLISECONDS),
        workers_kill_timeout=limits.GRACE_SECONDS,
        websockets=False,
        log_level=LogLevels.warning,
        log_dictconfig=logs.config(),
    )
    server.on_startup(supervisor.end_with_parent)
    server.serve()
    return 0
