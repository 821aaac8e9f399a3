"""`xiaohe worker`: background work alone; as many as you like on PostgreSQL, one on SQLite."""

from __future__ import annotations

import argparse
import os
import signal

from xiaohe.cli import inside, supervisor
from xiaohe.cli.commands.up import LINK_FD
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Run the background work alone.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    pass


def run(arguments: argparse.Namespace, out: Output) -> None:
    # Blocked before any thread starts, and waited for below: a handler could meet a lock that this thread holds.
    stops = {signal.SIGTERM, signal.SIGINT}
    signal.pthread_sigmask(signal.SIG_BLOCK, stops)
    supervisor.end_with_parent()
    from xiaohe.kernel import logs

    inside.enter(out)
    logs.never_quote_errors()
    _hand_over_link()
    _clear_up()

    from xiaohe.jobs.worker import Worker

    worker = Worker()
    worker.start()
    # Under `up` a Ctrl-C is the supervisor's to hear.
    signal.sigwait({signal.SIGTERM} if supervisor.PARENT_FD in os.environ else stops)
    if not worker.stop():
        # A thread still works for a job that was handed back; its fence holds, so it may go down with us.
        os._exit(0)


def _clear_up() -> None:
    """What a crash left behind goes now, not at the next round of tidying."""
    from xiaohe import jobs

    jobs.enqueue("ledger.tidy", {}, dedupe="ledger.tidy")


def _hand_over_link() -> None:
    """Give `up` a sign-in token: it has no Django to make one with."""
    number = os.environ.pop(LINK_FD, None)
    if number is None:
        return
    from xiaohe.kernel.clock import utc_now
    from xiaohe.shop.signin import new_link_token

    with open(int(number), "w") as pipe:
        pipe.write(new_link_token(utc_now()))
