"""Where a person came from: the first source, kept for ever, beside the last.

A **statement** is anything that says it: an order says its platform, a link its entry and code, a scan or a claim
the code it was made with. A person's statements are those of all their subjects, so a join takes the earliest of
both and its undo gives each their own back.

    first   the earliest; within one shop day a known one before an unknown one
    last    the latest known one; unknown only if nothing was ever known

Whoever deletes us and comes back without a word of where from changes neither.
"""

from __future__ import annotations

import ibis
import ibis.expr.types as ir

from xiaohe.people.spells import SOURCE
from xiaohe.shop.taxonomy import PLATFORMS, UNKNOWN, Entry, SourceType

COLUMNS = ("person", "on", "at", *SOURCE)
# How long a scan or a claim speaks for the link that follows it: a card is scanned at the parcel, the friend is
# added when there is time.
SPEAKS_FOR_DAYS = 7


def of_orders(orders: ir.Table) -> ir.Table:
    """Statements of orders: (person, on, at, platform) → the first and the last per person and platform."""
    named = orders.filter(orders.person.notnull())
    each = named.group_by("person", "platform").aggregate(
        first_on=named.on.min(), first_at=named["at"].min(), last_on=named.on.max(),
        last_at=named["at"].max(),
    )  # fmt: skip
    firsts = each.select("person", "platform", on=each.first_on, at=each.first_at)
    lasts = each.select("person", "platform", on=each.last_on, at=each.last_at)
    both = firsts.union(lasts, distinct=True)
    platform = both.platform.re_extract(r"^([^:]+)", 1)
    return both.select(
        "person",
        "on",
        "at",
        source_type=type_of(platform),
        platform=platform,
        entry=ibis.literal(Entry.ORDER.value),
        code=ibis.literal(""),
    )


def statements(*tables: ir.Table) -> ir.Table:
    """Several tables of statements as one."""
    first, *rest = [each.select(*COLUMNS) for each in tables]
    for other in rest:
        first = first.union(other)
    return first


def came_from(stated: ir.Table) -> ir.Table:
    """One row per person: the first and the last source of theirs, with their days."""
    known = stated.mutate(unknown=is_unknown(stated).cast("int64"))
    parts = [known[name] for name in SOURCE]
    first = ibis.window(
        group_by=known.person, order_by=[known.on, known.unknown, known["at"], *parts]
    )
    last = ibis.window(
        group_by=known.person,
        order_by=[known.unknown, known.on.desc(), known["at"].desc(), *parts],
    )
    placed = known.mutate(
        first_place=ibis.row_number().over(first), last_place=ibis.row_number().over(last)
    )
    firsts = placed.filter(placed.first_place == 0)
    firsts = firsts.select(
        "person", first_on=firsts.on, **{f"first_{name}": firsts[name] for name in SOURCE}
    )
    lasts = placed.filter(placed.last_place == 0)
    lasts = lasts.select(
        "person", last_on=lasts.on, **{f"last_{name}": lasts[name] for name in SOURCE}
    )
    return firsts.inner_join(lasts, "person")


def sourced(spells: ir.Table, told: ir.Table, *, within_days: int = SPEAKS_FOR_DAYS) -> ir.Table:
    """`spells` with their source; one that says none takes that of the scan or claim just before it.

    `spells` have `on`, the shop day they began; `told` are statements of scans and claims.
    """
    silent = spells.filter(is_unknown(spells)).drop(*SOURCE)
    spoke = told.filter(~is_unknown(told)).select(
        "person", said_on=told.on, said_at=told["at"], **{name: told[name] for name in SOURCE}
    )
    beside = silent.inner_join(spoke, "person")
    wait = beside.on.delta(beside.said_on, unit="day")
    beside = beside.filter((wait >= 0) & (wait <= within_days))
    newest = ibis.window(
        group_by=[beside.subject, beside.account_id, beside.kind, beside.started_at],
        order_by=[beside.said_at.desc(), *[beside[name] for name in SOURCE]],
    )
    beside = beside.mutate(place=ibis.row_number().over(newest))
    found = beside.filter(beside.place == 0)
    found = found.select(
        "subject", "account_id", "kind", "started_at",
        **{f"said_{name}": found[name] for name in SOURCE},
    )  # fmt: skip
    both = spells.left_join(found, ["subject", "account_id", "kind", "started_at"])
    return both.select(
        *[name for name in spells.columns if name not in SOURCE],
        **{name: ibis.coalesce(both[f"said_{name}"], both[name]) for name in SOURCE},
    )


def is_unknown(table: ir.Table) -> ir.BooleanValue:
    """Neither platform, entry nor code is known."""
    return (table.platform == UNKNOWN) & (table.entry == UNKNOWN) & (table.code == "")


def type_of(platform: ir.Value) -> ir.Value:
    """The kind of each platform, in the taxonomy's words."""
    known = [(platform == each.id, each.type.value) for each in PLATFORMS.values()]
    return ibis.cases(*known, else_=SourceType.UNKNOWN.value)
