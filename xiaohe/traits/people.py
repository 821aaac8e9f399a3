"""Which person a subject belongs to: itself, unless the overlay points it elsewhere; and who is no customer."""

from __future__ import annotations

import ibis
import ibis.expr.types as ir


def persons_of(table: ir.Table, persons: ir.Table | None) -> ir.Table:
    """`table` with `person` beside its `subject`; null where the row names nobody."""
    if persons is None:
        return table.mutate(person=table.subject)
    overlay = persons.select(overlaid=persons.subject, root=persons.person)
    joined = table.left_join(overlay, table.subject == overlay.overlaid)
    return joined.mutate(person=ibis.coalesce(joined.root, joined.subject)).drop("overlaid", "root")


def without(table: ir.Table, left_out: ir.Table) -> ir.Table:
    """`table` without the people who are no customers (people.marks); rows that name nobody stay."""
    return table.anti_join(left_out, "person")
