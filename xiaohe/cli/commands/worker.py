"""`xiaohe worker`: background work alone; as many as you like on PostgreSQL, one on SQLite."""

from __future__ import annotations

import argparse
import os
import signal
import threading

from xiaohe.cli import inside, supervisor
from xiaohe.cli.commands.up import LINK_FD
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Run the background work alone.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace, out: Output) -> None:
    asked_to_stop = threading.Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda number, frame: asked_to_stop.set())
    supervisor.end_with_parent()
    inside.enter(out)
    inside.quietly()
    _hand_over_link()

    from xiaohe.jobs.worker import Worker

    worker = Worker()
    worker.start()
    asked_to_stop.wait()
    if not worker.stop():
        # A thread still works for a job that was handed back; its fence holds, so it may go down with us.
        os._exit(0)


def _hand_over_link() -> None:
    """Give `up` a sign-in token: it has no Django to make one with."""
    number = os.environ.pop(LINK_FD, None)
    if number is None:
        return
    from xiaohe.kernel.clock import utc_now
    from xiaohe.shop.signin import new_link_token

    with open(int(number), "w") as pipe:
        pipe.write(new_link_token(utc_now()))
