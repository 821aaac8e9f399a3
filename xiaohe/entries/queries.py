"""The funnel of each code, counted from facts, with the people behind every number that has people.

printed · shipped    cards          card.printed, card.shipped
scanned              scanners       link.scanned, each scanner once; nobody knows who they are
claimed              claims         claim.made, each scanner and number once
added                people         whose link began by this code, or whose claim was joined
again                of the added   with a second purchase day
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.entries import claims
from xiaohe.entries.models import Claim, ClaimState, Code
from xiaohe.ledger import engine
from xiaohe.ledger.engine import prop
from xiaohe.people import overlay as overlays
from xiaohe.traits import state

CARDS = ("card.printed", "card.shipped")
OF_CODES = (*CARDS, "link.scanned", "claim.made", "cost.recorded")


class What(StrEnum):
    """The numbers that open to people."""

    CLAIMED = "claimed"
    ADDED = "added"
    AGAIN = "again"


@dataclass(frozen=True)
class Funnel:
    """What became of one code so far."""

    printed: int = 0
    shipped: int = 0
    scanned: int = 0
    claimed: int = 0
    joined: int = 0
    added: int = 0
    again: int = 0
    # Minor units of the shop's currency that were noted for this code.
    cost: int = 0

    @property
    def cost_per_add(self) -> int | None:
        return round(self.cost / self.added) if self.cost and self.added else None


def funnels() -> dict[str, Funnel]:
    """The funnel of every code that anything happened with, by code."""
    told = _told()
    people = _people()
    again = _came_again({person for each in people.values() for person in each[What.ADDED]})
    found = {}
    for code in {*told, *people}:
        counted = told.get(code, {})
        added = people.get(code, {}).get(What.ADDED, [])
        found[code] = Funnel(
            **counted,
            joined=len(people.get(code, {}).get(What.CLAIMED, [])),
            added=len(added),
            again=len(again.intersection(added)),
        )
    return found


def people(code: str, what: What) -> list[int]:
    """The persons behind a number of one code."""
    found = _people().get(code, {})
    if what is What.AGAIN:
        return sorted(_came_again(set(found.get(What.ADDED, []))))
    return sorted(found.get(what, []))


# ---------------------------------------------------------------- counted


def told(facts: ir.Table) -> ir.Table:
    """One row per code: cards printed and shipped, scanners, claims, and what was spent."""
    heard = facts.filter(facts.type.isin(OF_CODES))
    heard = heard.mutate(code=prop(heard.props, "code"))
    heard = heard.filter(heard.code.notnull() & (heard.code != ""))
    quantity = heard.quantity.fill_null(0)
    return heard.group_by("code").aggregate(
        printed=quantity.sum(where=heard.type == "card.printed").fill_null(0).cast("int64"),
        shipped=quantity.sum(where=heard.type == "card.shipped").fill_null(0).cast("int64"),
        scanned=heard.subject.nunique(where=heard.type == "link.scanned"),
        claimed=heard.subject.nunique(where=heard.type == "claim.made"),
        cost=heard.amount.sum(where=heard.type == "cost.recorded").fill_null(0).cast("int64"),
    )


def _told() -> dict[str, dict[str, int]]:
    with engine.reading() as read:
        rows = read.run(told(read.facts)).to_pylist()
    return {row.pop("code"): {name: int(n or 0) for name, n in row.items()} for row in rows}


def _people() -> dict[str, Mapping[What, Sequence[int]]]:
    """Persons by code: those whose claim was joined, and those added, by the link's own word or by their claim."""
    by_id = dict(Code.objects.values_list("id", "code"))
    overlay = overlays.current()
    claimed: dict[str, set[int]] = {}
    joined = Claim.objects.filter(state=ClaimState.JOINED.value)
    for code_id, word, contact in joined.values_list("code_id", "word", "contact"):
        person = overlay.person(contact if contact is not None else claims.claim_key(word))
        claimed.setdefault(by_id.get(code_id, ""), set()).add(person)
    linked = _linked()
    gone = _left_out()
    return {
        code: {
            What.CLAIMED: sorted(claimed.get(code, set()) - gone),
            What.ADDED: sorted((claimed.get(code, set()) | linked.get(code, set())) - gone),
        }
        for code in {*claimed, *linked} - {""}
    }


def _left_out() -> set[int]:
    """Colleagues, tests and ourselves: no customers, here as in every number."""
    with state.current().reading("left_out") as read:
        return set(read.run(read.table("left_out"))["person"].to_pylist())


def _linked() -> dict[str, set[int]]:
    """Persons whose link says the code it began with."""
    with engine.reading() as read:
        facts = read.facts
        begun = facts.filter(facts.type == "link.started")
        begun = begun.mutate(code=prop(begun.props, "code"))
        begun = begun.filter(begun.code.notnull() & (begun.code != ""))
        rows = read.run(begun.select("code", "subject").distinct()).to_pylist()
    overlay = overlays.current()
    found: dict[str, set[int]] = {}
    for row in rows:
        found.setdefault(row["code"], set()).add(overlay.person(row["subject"]))
    return found


def _came_again(persons: set[int]) -> set[int]:
    """Of these persons, those with a second purchase day."""
    if not persons:
        return set()
    with state.current().reading("rhythm") as read:
        asked = read.register("asked", pa.table({"person": pa.array(sorted(persons), pa.int64())}))
        rhythm: Any = read.table("rhythm")
        found = read.run(
            rhythm.semi_join(asked, "person").filter(rhythm.occasions >= 2).select("person")
        )
    return set(found["person"].to_pylist())
