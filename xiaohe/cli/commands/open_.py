"""`xiaohe open`: a new sign-in link."""

from __future__ import annotations

import argparse
import os
import sys
import webbrowser

from xiaohe.cli import address, inside
from xiaohe.cli.output import Output
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Make a new sign-in link and open it in the browser.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("--no-browser", action="store_true", help=_("print the link only"))


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    from xiaohe.kernel import workspace
    from xiaohe.kernel.clock import utc_now
    from xiaohe.shop.signin import new_link_token

    running = address.remembered(workspace.home_path())
    where = running or address.url(address.LOOPBACK, 8000)
    link = f"{where}/sign-in?token={new_link_token(utc_now())}"
    lines = [_("Sign in with this link, it works once: %(link)s") % {"link": link}]
    if running is None:
        lines.append(_("Xiaohe is not running here yet: start it with “xiaohe up”."))
    out.answer({"link": link, "running": running is not None}, lines)
    if running and not arguments.no_browser and _has_screen():
        webbrowser.open(link)


def _has_screen() -> bool:
    if not sys.stdout.isatty():
        return False
    named = os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")
    return bool(named) or sys.platform == "darwin"
