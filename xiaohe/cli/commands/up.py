"""`xiaohe up`: everything, over one data folder, until Ctrl-C."""

from __future__ import annotations

import argparse
import fcntl
import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import IO

from xiaohe.cli import address, folder
from xiaohe.cli.folder import Folder
from xiaohe.cli.output import EXIT_CODES, EXIT_REFUSED, Output
from xiaohe.cli.supervisor import Child, Supervisor, command
from xiaohe.cli.words import gettext as _

LINK_FD = "XIAOHE_LINK_FD"
# The worker mints the link as the first thing it does; a slow machine may take its time.
LINK_WAIT_SECONDS = 60.0


def summary() -> str:
    return _("Start Xiaohe: the console, the worker and the daily work, until Ctrl-C.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    add_address(parser)


def add_address(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--port", type=int, default=8000, help=_("port (default: 8000)"))
    parser.add_argument(
        "--host",
        default=address.LOOPBACK,
        help=_("address to listen on (default: this computer only)"),
    )


def run(arguments: argparse.Namespace, out: Output) -> int:
    home = folder.make_home()
    with open(home / "up.lock", "w") as lock:
        if not _is_alone(lock):
            where = address.remembered(home) or "?"
            out.refuse("running", _("Xiaohe is already running here: %(url)s") % {"url": where})
            return EXIT_CODES[409]
        if code := _prepare(home):
            return code
        port = _port(arguments, out)
        return EXIT_REFUSED if port is None else _serve(home, arguments.host, port, out)


def _prepare(home: Path) -> int:
    """Make or migrate the store, in a process of its own: this one stays small. 0 when all is well."""
    if folder.state(home) == Folder.READY:
        return 0
    return subprocess.run(command("prepare")).returncode


def _port(arguments: argparse.Namespace, out: Output) -> int | None:
    port = address.free_port(arguments.host, arguments.port)
    if port is None:
        out.refuse(
            "port_taken",
            _("The ports %(first)d to %(last)d are taken. Choose another one with --port.")
            % {"first": arguments.port, "last": arguments.port + address.PORTS_TRIED - 1},
        )
    elif port != arguments.port:
        out.say(
            _("Port %(wanted)d is taken, so this is on %(port)d.")
            % {"wanted": arguments.port, "port": port}
        )
    return port


def _serve(home: Path, host: str, port: int, out: Output) -> int:
    if host != address.LOOPBACK:
        names = [*filter(None, [os.environ.get("XIAOHE_HOSTS", "")]), *address.names_of(host)]
        os.environ["XIAOHE_HOSTS"] = ",".join(names)
    link_in, link_out = os.pipe()
    os.environ[LINK_FD] = str(link_out)
    web = Child("web", command("web", "--host", host, "--port", str(port)))
    worker = Child("worker", command("worker"), pass_fds=(link_out,))
    supervisor = Supervisor([web, worker], told=_teller(out))
    where = address.url(host, port)
    supervisor.start()
    address.remember(home, url=where)
    # A worker that is started again must not print a second link, nor find the pipe's number reused.
    del os.environ[LINK_FD]
    os.close(link_out)
    worker.pass_fds = ()
    try:
        _welcome(supervisor, host, port, where, link_in, out)
        code = supervisor.run()
    finally:
        address.forget(home)
    out.say(_("Stopped."))
    return code


def _welcome(
    supervisor: Supervisor, host: str, port: int, where: str, link_in: int, out: Output
) -> None:
    """Say where it is, once it answers, and how to get in."""
    pause = 0.05
    while not supervisor.is_stopping and not address.answers(host, port):
        supervisor.look_after(at_most_seconds=pause)
        # Quick while it may come any moment; a console that cannot answer must not fill the screen.
        pause = min(pause * 1.05, 2.0)
    if supervisor.is_stopping:
        return
    token = _read_link(supervisor, link_in)
    if supervisor.is_stopping:
        return
    link = f"{where}/sign-in?token={token}" if token else None
    lines = [_("Xiaohe is here: %(url)s") % {"url": where}]
    if link:
        lines.append(_("Sign in with this link, it works once: %(link)s") % {"link": link})
    lines.append(_("Ctrl-C stops it; your data stays in %(home)s.") % {"home": folder.make_home()})
    out.answer({"url": where, "link": link, "home": folder.make_home()}, lines)
    sys.stdout.flush()


def _read_link(supervisor: Supervisor, link_in: int) -> str:
    """The worker's one-time token; empty when it died without saying one."""
    deadline = time.monotonic() + LINK_WAIT_SECONDS
    os.set_blocking(link_in, False)
    while not supervisor.is_stopping and time.monotonic() < deadline:
        try:
            return os.read(link_in, 512).decode().strip()
        except BlockingIOError:
            supervisor.look_after(at_most_seconds=0.05)
    return ""


def _teller(out: Output) -> Callable[[str, int, float], None]:
    names = {"web": _("The console"), "worker": _("The worker")}

    def told(name: str, code: int, pause: float) -> None:
        out.say(
            _("%(part)s stopped by itself (%(code)d); starting it again in %(seconds)d s.")
            % {"part": names[name], "code": code, "seconds": pause}
        )

    return told


def _is_alone(lock: IO[str]) -> bool:
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
