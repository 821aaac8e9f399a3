"""The door: somebody by their number, from the newest state or as it was before a day."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from xiaohe.ledger import engine
from xiaohe.people import overlay as overlays
from xiaohe.segments import queries
from xiaohe.segments.explain.asking import explained
from xiaohe.segments.explain.told import Explanation
from xiaohe.segments.query.world import at_moment, at_start_of
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.state import generation, logged
from xiaohe.traits import state as traits


def explain(person: int, rule: Rule, now: datetime, *, on: date | None = None) -> Explanation:
    """Why somebody (by id, an older one too) fits now, or did before shop day `on`; raises NobodyKnown."""
    rules = queries.rules()
    person = overlays.current().person(person)
    kept = generation.newest()
    more: dict[str, Any] = {
        "segment": rules.__getitem__,
        "logged_from": logged.first_days(kept),
    }
    with engine.reading() as read:
        if on is not None:
            world = at_start_of(read, traits.as_of(on), on, **more)
        else:
            world = at_moment(read, traits.current(), now, **more)
            world = logged.with_kept(world, kept)
        return explained(world, person, rule)
