"""A base whose questions are asked two at a time is the one of one after the other; and what goes wrong in either is told."""

from __future__ import annotations

import os
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tests.segments.query.made import NOW, build
from xiaohe.kernel.workspace import Workspace
from xiaohe.segments import state
from xiaohe.segments.attributes import acts
from xiaohe.segments.query.world import World, at_moment
from xiaohe.segments.state import generation, lanes
from xiaohe.traits import state as traits

LATER = NOW + timedelta(minutes=1)


@pytest.fixture
def two_threads(monkeypatch: pytest.MonkeyPatch) -> None:
    """As of a shop that is not small, on a machine of two."""
    monkeypatch.setattr(traits, "FACTS_OF_ONE_THREAD", -1)
    monkeypatch.setattr(os, "cpu_count", lambda: 2)


def test_two_lanes_make_the_base_of_one(any_place: Workspace, two_threads: None) -> None:
    # Given: a shop with joins, people left out, facts taken back, late ones and the library's segments.
    build(11, "America/New_York", "04:00")
    traits.refresh(LATER)
    asked = _lanes_asked()
    # When
    with asked as names:
        state.refresh(LATER, anew=True)
    two = _written(generation.newest())
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(traits, "FACTS_OF_ONE_THREAD", 1_000_000)
        state.refresh(LATER, anew=True)
    one = _written(generation.newest())
    # Then
    assert len(names) == 2
    assert one.keys() == two.keys()
    assert any(name.startswith("accumulated") for name in one)
    assert [name for name in one if one[name] != two[name]] == []


def test_one_look_tells_the_population_and_its_signals(place: Workspace) -> None:
    # Given
    build(12, "America/New_York", "04:00")
    with traits.reading_to_build() as read:
        world = at_moment(read, traits.current(), LATER)
        # When
        both = read.run(acts.known_and_signals(world).order_by("person"))
        # Then
        people = read.run(world.population().order_by("person"))
        assert both.filter(both["known"])["person"].to_pylist() == people["person"].to_pylist()
        signals = read.run(acts.signals(world).order_by("person"))
        shown = both.filter(both["signal_on"].is_valid()).select(signals.column_names)
        assert shown.to_pylist() == signals.to_pylist()


def test_both_lanes_run_at_once_and_what_fails_is_told(place: Workspace, two_threads: None) -> None:
    traits.refresh(NOW)
    together = threading.Barrier(2, timeout=60)
    done: list[str] = []

    def fail(world: World) -> None:
        # Not before the other lane has begun its own.
        together.wait()
        raise LookupError("nothing there")

    with traits.reading_to_build() as read:
        world = at_moment(read, traits.current(), NOW)
        with pytest.raises(LookupError):
            lanes.ask(
                world,
                [fail, lambda _world: done.append(str(together.wait()))],
                lambda _world: done.append("then"),
            )
    assert "then" not in done
    assert len(done) == 1


@contextmanager
def _lanes_asked() -> Iterator[set[str]]:
    """Names of the threads in which anything was asked in lanes."""
    names: set[str] = set()
    really = lanes._do_all

    def noted(waiting: object, world: World) -> None:
        names.add(threading.current_thread().name)
        really(waiting, world)  # type: ignore[arg-type]

    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(lanes, "_do_all", noted)
        yield names


def _written(one: generation.Generation | None) -> dict[str, object]:
    """What a base wrote, by file."""
    assert one is not None
    folder = one.base_folder
    found: dict[str, object] = {
        "persons": np.load(folder / "persons.npy").tolist(),
        "attributes": pq.read_table(folder / "attributes.parquet").to_pylist(),
    }
    for each in sorted((folder / "columns").glob("*.npy")):
        found[f"columns/{each.name}"] = np.load(each).tolist()
    for kind in ("evidence", "accumulated"):
        for each in sorted((folder / kind).glob("*.arrow")):
            found[f"{kind}/{each.name}"] = _rows(each)
    return found


def _rows(path: Path) -> list[dict[str, object]]:
    with pa.ipc.open_file(path) as file:
        found: list[dict[str, object]] = file.read_all().to_pylist()
    return found
