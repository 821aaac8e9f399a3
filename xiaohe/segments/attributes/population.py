"""Everybody the shop knows: every person with a fact about a person.

    SELECT DISTINCT coalesce(p.person, f.subject) AS person
    FROM facts f LEFT JOIN persons p USING (subject)
    WHERE f.occurred_at <= now
      AND f.type NOT IN ('card.printed', 'card.shipped', 'cost.recorded', 'import.finished',
                         'link.scanned', 'claim.made', 'claim.refused',
                         'identity.marked', 'identity.unmarked', 'identity.merged', 'identity.unmerged',
                         'identity.left_open')
      AND f.subject <> 0 AND (f.order_key IS NULL OR f.subject <> f.order_key)
      AND coalesce(p.person, f.subject) NOT IN (SELECT person FROM left_out)

Left aside are what the shop says of itself, orders that name no buyer, scans and claims (their subject may be the visit
or the claim; who is known is known by another fact), and what we ourselves said of who is who.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir

from xiaohe.traits.people import persons_of, without

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

OF_NOBODY = (
    "card.printed", "card.shipped", "cost.recorded", "import.finished",
    "link.scanned", "claim.made", "claim.refused",
    "identity.marked", "identity.unmarked", "identity.merged", "identity.unmerged", "identity.left_open",
)  # fmt: skip
NOBODY = 0


def population(world: World) -> ir.Table:
    """(person): after joins, without those left out; of `world.people` only, where that is given."""
    facts = world.seen()
    nameless = (facts.subject == facts.order_key).fill_null(False)
    facts = facts.filter(~facts.type.isin(OF_NOBODY), facts.subject != NOBODY, ~nameless)
    # Few subjects have many facts: joins are looked up once for each.
    subjects = facts.select("subject").distinct()
    told = persons_of(subjects, world.read.table("state_persons"))
    known = without(told, world.read.table("state_left_out"))
    # Distinct last: a table of its own, not a join to which more could be added.
    return world.whose(known.select("person")).distinct()


def beside(people: ir.Table, *tables: ir.Table) -> ir.Table:
    """`people` with the columns of `tables`, of one row per person each; unknown where one has none.

    All of them at once: joined one after the other they take long to compile.
    """
    joined: Any = people
    for place, each in enumerate(tables):
        own = each.rename({f"_person_{place}": "person"})
        joined = joined.left_join(own, people.person == own[f"_person_{place}"])
    return joined.drop(*(f"_person_{place}" for place in range(len(tables))))


def largest(*values: ir.Value) -> ir.Value:
    """The largest of those known."""
    found, *rest = values
    for each in rest:
        found = ibis.ifelse(found.isnull() | (each > found).fill_null(False), each, found)
    return found
