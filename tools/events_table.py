"""The mapping table of docs/events.md, made from the code: `python tools/events_table.py [check]`."""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
sys.path.insert(0, str(ROOT))

PAGE = ROOT / "docs" / "events.md"
BEGIN, END = "<!-- made by tools/events_table.py -->", "<!-- end -->"
SHAPES = {
    "plain": "",
    "product": "`price` → amount; the article → item_key",
    "line": "`price` × `quantity` → amount; `quantity`; the article → item_key",
    "products": "`products` → the articles",
    "cart": "`value`, else `total`, `revenue` → amount; `products`; `order_id` → order_key",
    "discount": "`discount` → amount; `order_id` → order_key",
    "order": "`order_id` → order_key; `total`, else `revenue` + `shipping` + `tax` → amount of `order.paid`;"
    " each of `products` → `order.item`",
    "update": "as Order Completed, without `order.item`",
    "refund": "`order_id` → order_key; `total`, else each article's `price` × `quantity` → amount, **cumulative**;"
    " neither → `order.closed`",
    "cancel": "`order_id` → order_key",
}
ALSO = {"order": " + `order.paid` + `order.item`", "update": " + `order.paid`"}


def made() -> str:
    """The table as it must stand on the page."""
    from xiaohe.sources.segment.table import PAGE as PAGE_CALL
    from xiaohe.sources.segment.table import ROWS, SCREEN

    lines = ["| event | type of fact | money, quantities, keys | properties |", "|---|---|---|---|"]
    for row in ROWS:
        fact = f"`{row.type}`{ALSO.get(row.shape.value, '')}"
        lines.append(
            f"| {row.event} | {fact} | {SHAPES[row.shape.value]} | {_fields(row.fields)} |"
        )
    for row in (PAGE_CALL, SCREEN):
        lines.append(f"| *{row.event}* call | `{row.type}` | | {_fields(row.fields)} |")
    lines += [
        "| *identify* call | `identity.described` + `date.told` | | traits, masked; `birthday` → the day told |",
        "| *group* call | `identity.grouped` | `groupId` → other | traits, masked |",
        "| *alias* call | `identity.seen` | `previousId` → other | |",
        "| any other event | `custom:<its name>` | | all, masked |",
    ]
    return "\n".join(lines)


def _fields(fields: Mapping[str, str]) -> str:
    return ", ".join(
        f"`{name}`" if name == prop else f"`{name}` → `{prop}`" for name, prop in fields.items()
    )


def page_with(table: str) -> str:
    text = PAGE.read_text(encoding="utf-8")
    before, _begin, rest = text.partition(BEGIN)
    _old, _end, after = rest.partition(END)
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def main(arguments: list[str]) -> int:
    wanted = page_with(made())
    if arguments == ["check"]:
        return 0 if PAGE.read_text(encoding="utf-8") == wanted else 1
    PAGE.write_text(wanted, encoding="utf-8")
    return 0


if __name__ == "__main__":
    import os

    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")
    import django

    django.setup()
    sys.exit(main(sys.argv[1:]))
