"""`xiaohe measure ID`: one number with its numerator, denominator, window and n."""

from __future__ import annotations

import argparse

from xiaohe.cli import inside
from xiaohe.cli.arguments import day
from xiaohe.cli.output import Output, plain
from xiaohe.cli.words import gettext as _


def summary() -> str:
    return _("Compute a measure, for example M04, with numerator, denominator, window and n.")


def add_arguments(parser: argparse.ArgumentParser) -> None:
    parser.add_argument("id", metavar=_("ID"), help=_("its id, for example M04"))
    parser.add_argument("--from", dest="from_", type=day, metavar=_("DAY"), help=_("first day"))
    parser.add_argument("--to", type=day, metavar=_("DAY"), help=_("first day after the window"))
    parser.add_argument(
        "--as-of", type=day, metavar=_("DAY"), help=_("with what was known before this day")
    )
    parser.add_argument("--days", type=int, help=_("window in days, for M25 and M26"))
    parser.add_argument("--by", choices=["month"], help=_("one line per cohort"))


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.measures import registry
    from xiaohe.shop import clock
    from xiaohe.traits import state

    as_of = arguments.as_of or arguments.to or clock.today()
    window = {
        "start": arguments.from_,
        "end": arguments.to,
        "days": arguments.days,
        "by": arguments.by,
    }
    given = {name: value for name, value in window.items() if value is not None}
    measured = registry.measure(arguments.id).read(state.as_of(as_of), **given)
    data = plain(measured)
    out.answer(data, [f"{key}: {value}" for key, value in data.items()])
