"""The README.md of an export: what every column means, so that a stranger can recompute each measure with plain SQL."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import time

from xiaohe.ledger import catalogue, schema


@dataclass(frozen=True)
class ExportFacts:
    """What the README says of this very export."""

    lake_version: int
    facts: int
    time_zone: str
    day_starts_at: time
    currency: str


FILES = """\
| file | one row is |
|---|---|
| `facts.parquet` | one fact that counts. Undone imports and facts taken back are **already left out**: apply nothing more |
| `persons.parquet` | `subject`, `person`: a subject that belongs to a person of another number. A subject that is not listed is its own person: `coalesce(persons.person, facts.subject)` |
| `left_out.parquet` | `person`: somebody who is no customer (a colleague, a test, the shop itself). Leave their orders and links out of every number |
| `links.parquet` | one way to reach a person, as of this export; a link is live if `ended_at` is null |
| `retractions.parquet` | what was taken back, for the record only: whole imports (`import_id`) or single facts (`key_hash`, statements up to `until`) |

Instants are UTC. All ids are keyed 63-bit hashes or numbers: no phone, name or order number is in these files.
"""

FOLDING = """\
## How orders come out of facts

Exports state orders again and again; a fact is one statement, an order is what its facts fold to, in any order:

- **Order**: the facts with one `order_key` whose `type` is `order.created`, `order.paid`, `order.closed`, \
`order.completed` or `order.item`. (`order.reported` is somebody's mark, not an order.)
- **Person**: that of its smallest `subject` that is not the `order_key` itself. If there is none, no buyer is named: \
the order has money and no person.
- **Time**: the earliest `occurred_at` of `order.paid`, else of `order.created`, else of any.
- **Shop day** of an instant: `(occurred_at AT TIME ZONE '{zone}' - INTERVAL '{shift} minutes')::date`; with \
`date_only`, `(occurred_at AT TIME ZONE '{zone}')::date`, however late the shop's day starts.
- **Paid money**: the largest `amount` of its `order.paid` facts; if all of them are null, the sum of `amount` of its \
`order.item` facts. Minor units of `currency`; what is not in {currency} is listed apart and never added. It is cash; \
what a balance, a course unit or points paid is the largest `amount` of its `order.consumed` facts, and never added to it.
- **Refunded money**: `order.refunded` facts are cumulative. Without `item_key` and `other`: the largest amount. With \
`item_key`: the largest per item, added up over the items. With `other`: the largest per after-sale, added up over them. \
The largest of the three counts, and matched cancellation lines come on top. A refund with `props` \
`{{"told":"words"}}` is only supposed: without `item_key` it is dropped where the order has any other refund; with it, \
where that item has one, where the order has one as a whole, or where it has at least as many after-sales as items so told.
- **Payments on bills**: an order with `order.billed` facts is left out if the `other` of one of them is the `other` of \
an `order.created` or `order.payment_seen` fact: an order list tells the same order. Where exactly one does, \
the refunds of the payment, added up over its after-sales, go over to that order, and the larger of the two counts. `recharge.paid` and \
`order.settled` are no orders.
- **Net** = paid − refunded, on the order's own day.
- **State**, the first that fits: `closed` (an `order.closed`, for good), `unpaid` (no `order.paid`), \
`refunded` (paid > 0 and refunded ≥ paid), else `paid`.
- **Valid** = `paid`. A net of 0 by gift, balance or course unit is valid.
- **Occasion** = a shop day on which a person has a valid order; several orders on a day are one. A **buyer** is a \
person with at least one. Orders of people in `left_out` count in no number; orders without a person do.
- **Quantity** = the largest `quantity` of its `order.paid` facts, else the sum over its `order.item` facts.
- **Cancellation lines**: `order.refunded` with `order_key` null names no order. It belongs to the latest earlier \
`order.item` of the same person and `item_key` whose remaining quantity covers its `quantity`, as a refund of its \
`amount`; if there is none, it counts nowhere.

To see the shop as of the start of a day D, use the facts from before that day's first instant.
"""


PAGE = """\
# The dictionary of facts

Made by `python tools/dictionary.py make` from the catalogue (`xiaohe/ledger/catalogue/`) and from `xiaohe/ledger/schema.py`; a test
fails when it is stale. [lake.md](lake.md) says which files to read. Instants are UTC; all ids are keyed 63-bit hashes or numbers.
"""

CUSTOM = """\
### custom

A type `custom:<name>` is an event of the shop's own naming, as its site or app sent it. It needs no entry here.
"""


def readme(about: ExportFacts) -> str:
    """The whole text."""
    return "\n".join(_parts(about))


def _parts(about: ExportFacts) -> Iterator[str]:
    yield "# Facts of this shop\n"
    yield (
        f"{about.facts:,} facts, lake version {about.lake_version}. Shop days: {about.time_zone}, starting at"
        f" {about.day_starts_at:%H:%M}. Currency: {about.currency}.\n"
    )
    yield FILES
    yield from about_facts(about)


def about_facts(about: ExportFacts) -> Iterator[str]:
    """What a fact's columns mean, how orders come out of facts, and all types: the same for every export."""
    shift = about.day_starts_at.hour * 60 + about.day_starts_at.minute
    return _common(about.time_zone, str(shift), about.currency)


def page() -> str:
    """docs/dictionary.md: the same without any one shop's settings."""
    return "\n".join(
        [
            PAGE,
            *_common(
                "<time zone>",
                "<minutes from midnight to the start of a day>",
                "the shop's currency",
            ),
            CUSTOM,
        ]
    )


def _common(zone: str, shift: str, currency: str) -> Iterator[str]:
    yield "## Columns of a fact\n\n| column | meaning |\n|---|---|"
    yield from (f"| `{name}` | {meaning} |" for name, meaning in schema_columns())
    yield "\n" + FOLDING.format(zone=zone, shift=shift, currency=currency)
    yield "## Types of facts\n"
    for area, types in catalogue.AREAS.items():
        yield f"### {area}\n\n| type | 中文 | meaning | properties (JSON in `props`) |\n|---|---|---|---|"
        for each in types:
            props = "; ".join(f"`{name}`: {meaning}" for name, meaning in each.props.items())
            yield f"| `{each.name}` | {each.zh} | {each.doc} | {props} |"
        yield ""


def schema_columns() -> list[tuple[str, str]]:
    """Names and meanings of a fact's columns, as schema.py states them."""
    lines = (schema.__doc__ or "").splitlines()
    cells = [
        [cell.strip() for cell in line.strip("|").split("|")]
        for line in lines
        if line.startswith("| ")
    ]
    return [(name, meaning) for name, meaning in cells if name in schema.FACT_SCHEMA.names]
