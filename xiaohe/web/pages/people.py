"""The list of customers, and the people behind a number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import ibis
import pyarrow as pa
from django.utils.translation import gettext as _

from xiaohe.people import names, search
from xiaohe.stats.stages import Stage
from xiaohe.traits import state
from xiaohe.web import phrases
from xiaohe.web.pages.models import Line, Listing, StageChip

PAGE = 50
# Closest to the owner first; a stage nobody is in is not offered.
STAGE_ORDER = (
    Stage.REGULAR, Stage.GROWING, Stage.NEW, Stage.AT_RISK, Stage.DORMANT, Stage.LOST,
)  # fmt: skip
COLUMNS = ("person", "occasions", "cycle", "basis", "days_since", "stage", "linked")


def page(*, stage: str = "", number: int = 1) -> Listing:
    """One page of customers, those worth most to see again first."""
    with state.current().reading("rhythm") as read:
        rhythm = read.table("rhythm")
        counts = {
            row["stage"]: row["people"]
            for row in read.run(
                rhythm.group_by("stage").aggregate(people=rhythm.count())
            ).to_pylist()
        }
        total = sum(counts.values())
        stage = stage if stage in counts else ""
        matching = counts[stage] if stage else total
        chosen = rhythm.filter(rhythm.stage == stage) if stage else rhythm
        number = min(max(number, 1), max(1, -(-matching // PAGE)))
        first = (number - 1) * PAGE
        ranked = chosen.order_by([ibis.desc(chosen.linked), ibis.desc(chosen.ev), chosen.person])
        rows = read.run(ranked.select(*COLUMNS).limit(PAGE, offset=first)).to_pylist()
    return Listing(
        total=total,
        people=lines(rows),
        stages=_chips(counts, total),
        stage=stage,
        matching=matching,
        first=first + 1,
        last=first + len(rows),
        previous=_query(stage, number - 1) if number > 1 else "",
        next=_query(stage, number + 1) if first + len(rows) < matching else "",
    )


def found(text: str) -> Listing:
    """Who answers to a name, a phone, a member name or an order number."""
    hits = search.find(text, limit=PAGE)
    known = {row["person"]: row for row in standing([hit.person for hit in hits])}
    rows = [known.get(hit.person, {"person": hit.person}) for hit in hits]
    total = len(rows)
    return Listing(total=total, people=lines(rows), query=text, matching=total, first=1, last=total)


def crowd(persons: Sequence[int], *, number: int = 1) -> Listing:
    """Given people as a paged list, in the order given."""
    number = min(max(number, 1), max(1, -(-len(persons) // PAGE)))
    first = (number - 1) * PAGE
    chosen = list(persons[first : first + PAGE])
    known = {row["person"]: row for row in standing(chosen)}
    rows = [known.get(person, {"person": person}) for person in chosen]
    return Listing(
        total=len(persons),
        people=lines(rows),
        matching=len(persons),
        first=first + 1,
        last=first + len(rows),
        previous=_query("", number - 1) if number > 1 else "",
        next=_query("", number + 1) if first + len(rows) < len(persons) else "",
    )


def standing(persons: Sequence[int]) -> list[dict[str, Any]]:
    """What is known of some buyers' rhythm; friends who never bought have no row."""
    if not persons:
        return []
    with state.current().reading("rhythm") as read:
        asked = read.register("asked", pa.table({"person": pa.array(persons, pa.int64())}))
        return read.run(read.table("rhythm").semi_join(asked, "person")).to_pylist()


def lines(rows: Sequence[dict[str, Any]]) -> tuple[Line, ...]:
    called = names.display([row["person"] for row in rows])
    return tuple(
        Line(
            person=row["person"],
            name=name_of(called, row["person"]),
            said=phrases.rhythm(
                cycle=row.get("cycle"),
                basis=row.get("basis"),
                days_since=row.get("days_since"),
                occasions=row.get("occasions"),
            ),
            stage=phrases.stage(row.get("stage")),
            linked=bool(row.get("linked", False)),
            occasions=row.get("occasions"),
        )
        for row in rows
    )


def name_of(called: dict[int, Any], person: int) -> str:
    known = called.get(person)
    return known.name if known and known.name else _("No name known")


def _chips(counts: dict[str, int], total: int) -> tuple[StageChip, ...]:
    everybody = StageChip("", _("Everybody"), total)
    rest = [
        StageChip(name.value, phrases.stage(name.value), counts[name.value])
        for name in STAGE_ORDER
        if name.value in counts
    ]
    return (everybody, *rest)


def _query(stage: str, number: int) -> str:
    return f"stage={stage}&page={number}" if stage else f"page={number}"
