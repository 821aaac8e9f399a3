"""`xiaohe measure ID`: one number with its numerator, denominator, window and n."""

from __future__ import annotations

import argparse
from typing import Any

from xiaohe.cli import inside
from xiaohe.cli.arguments import day, positive
from xiaohe.cli.output import Output, plain, table
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
    parser.add_argument("--days", type=positive, help=_("window in days, for M25 and M26"))
    parser.add_argument(
        "--by",
        choices=["month", "platform", "entry", "code", "source"],
        help=_("one line per cohort"),
    )


def run(arguments: argparse.Namespace, out: Output) -> None:
    inside.enter(out)
    inside.quietly()
    from xiaohe.kernel.errors import BadInput
    from xiaohe.measures import registry
    from xiaohe.shop import clock
    from xiaohe.traits import state

    definition = registry.measure(arguments.id)
    if arguments.from_ and arguments.to and arguments.from_ >= arguments.to:
        raise BadInput(
            "empty_window", _("--to must be a later day than --from: it is not counted.")
        )
    known = state.as_of(arguments.as_of or clock.today())
    measured = definition.read(
        known,
        window_from=arguments.from_,
        window_to=arguments.to,
        days=arguments.days,
        by=arguments.by,
    )
    out.answer(measured, _lines(plain(measured), str(definition.name)))


def _lines(data: dict[str, Any], name: str) -> list[str]:
    window = f"{data['window']['from'] or '…'} – {data['window']['to']}"
    value = data["value"] if data["value"] is not None else _not_yet(data["not_yet"])
    rows = [
        (_("value"), value),
        (_("numerator"), data["numerator"]),
        (_("denominator"), data["denominator"]),
        ("n", data["n"]),
        (_("window"), window),
        (_("as of"), data["as_of"]),
        (_("version"), data["version"]),
    ]
    lines = [f"{data['id']}  {name}", *table([(label, _said(shown)) for label, shown in rows])]
    if data["by"]:
        parts = [
            (
                each.get("label", each["window"]["from"]),
                _said(each["value"]),
                each["numerator"],
                each["denominator"],
            )
            for each in data["by"]
        ]
        head = (_("from"), _("value"), _("numerator"), _("denominator"))
        lines += ["", *table(parts, head=head)]
    return lines


def _said(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:,.4f}"
    return f"{value:,}" if isinstance(value, int) else str(value if value is not None else "–")


def _not_yet(missing: dict[str, Any]) -> str:
    return _("not measurable yet (%(reason)s: %(n)d of %(needed)d)") % missing
