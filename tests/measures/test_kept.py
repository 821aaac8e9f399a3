"""What a process remembers belongs to one shop, also when another one takes its place in the same folder."""

from __future__ import annotations

import shutil
from datetime import date, datetime
from pathlib import Path
from typing import Any

from tests.conftest import _pointed_at as pointed_at
from tests.traits.facts import fact, key, order
from tests.traits.test_state import JUNE, bring
from xiaohe.measures.registry import measure
from xiaohe.people import overlay
from xiaohe.traits import state
from xiaohe.traits.state import LEAST_MB, MOST_MB, memory_mb

ON = date(2025, 6, 30)


def a_shop(home: Path, template: Path, facts: list[dict[str, Any]]) -> tuple[Any, int, int]:
    """A shop made anew in this folder: its versions, its buyers, and whom the subject `ann` belongs to."""
    shutil.rmtree(home, ignore_errors=True)
    home.mkdir()
    shutil.copyfile(template, home / "xiaohe.db")
    with pointed_at(home):
        bring(facts)
        shown = state.as_of(ON)
        buyers = measure("M25").read(shown).denominator
        assert buyers is not None
        return shown.version, buyers, overlay.current().person(key("ann"))


def test_a_shop_made_anew_in_the_same_folder_shares_no_number(
    template_store: Path, place: Any, tmp_path: Path
) -> None:
    joined = [
        *order("1", JUNE, "bob"),
        *order("2", JUNE),
        fact("identity.merged", datetime(2025, 6, 2), subject=key("ann"), other=key("bob")),  # noqa: DTZ001
    ]
    first = a_shop(tmp_path / "shop", template_store, joined)
    apart = [*order("1", JUNE, "bob"), *order("2", JUNE), *order("3", JUNE, "carl")]
    second = a_shop(tmp_path / "shop", template_store, apart)
    assert first[0] == second[0]
    assert (first[1], second[1]) == (1, 3)
    assert second[2] == key("ann")


def test_a_number_is_worked_out_once_per_build(place: Any) -> None:
    bring(order("1", JUNE))
    shown = state.as_of(ON)
    once = measure("M25").read(shown)
    assert measure("M25").read(shown) is once
    bring(order("2", JUNE, "bob"))
    assert measure("M25").read(state.as_of(ON)).denominator == 2


def test_memory_follows_the_number_of_facts_and_the_machine() -> None:
    assert memory_mb(0, 8_000) == memory_mb(1_000_000, 8_000) == LEAST_MB
    assert LEAST_MB < memory_mb(5_000_000, 8_000) < memory_mb(17_000_000, 8_000) == MOST_MB
    assert memory_mb(17_000_000, 2_000) == 500
