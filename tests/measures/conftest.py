"""States of small shops for measures: facts in, derived tables out, no import between."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tests.traits.facts import no_links, reading_of
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.people import links as people_links
from xiaohe.people import spells as people_spells
from xiaohe.traits.build import PERSONS_SCHEMA, Moment, Terms, build
from xiaohe.traits.state import State, StateVersion


@pytest.fixture
def state_of(place: Any, tmp_path: Path) -> Callable[..., State]:
    """The state of facts and links as seen at the start of a day."""
    made = 0

    def run(facts: pa.Table, on: date, *, links: pa.Table | None = None) -> State:
        nonlocal made
        made += 1
        folder = tmp_path / f"state-{made}"
        folder.mkdir()
        calendar = ShopCalendar("UTC")
        moment = Moment.start_of(on, calendar)
        with reading_of(facts) as read:
            build(
                read,
                folder,
                moment=moment,
                terms=Terms(calendar, "CNY", 30),
                persons=PERSONS_SCHEMA.empty_table(),
                links=no_links() if links is None else links,
            )
        return State(folder, StateVersion(1, 0, on), moment.at, None, "CNY")

    return run


@pytest.fixture
def river_of(place: Any, tmp_path: Path) -> Callable[..., State]:
    """The state of facts alone: links are read from them, as a refresh does, and persons as joined."""
    made = 0

    def run(facts: pa.Table, on: date, *, persons: pa.Table | None = None) -> State:
        nonlocal made
        made += 1
        folder = tmp_path / f"river-{made}"
        folder.mkdir()
        calendar = ShopCalendar("UTC")
        moment = Moment.start_of(on, calendar)
        joined = PERSONS_SCHEMA.empty_table() if persons is None else persons
        with reading_of(facts) as read:
            build(
                read,
                folder,
                moment=moment,
                terms=Terms(calendar, "CNY", 30),
                persons=joined,
                links=people_links.links(read, joined),
                spells=people_spells.spells(read, joined, moment.at),
            )
        return State(folder, StateVersion(1, 0, on), moment.at, None, "CNY")

    return run
