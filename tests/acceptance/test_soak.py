"""Twenty kills of web, worker, compactor and imports under load, on each store; two hundred: `python benchmarks/soak.py`."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.soak.soak import Plan, soak

KILLS = 20


@pytest.mark.parametrize("store", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_nothing_acknowledged_is_lost_and_nothing_counts_twice(
    store: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    url = ""
    if store == "postgres":
        request.getfixturevalue("postgres_place")
        url = os.environ["XIAOHE_DATABASE_URL"]

    outcome = soak(Plan(tmp_path / "soaked", kills=KILLS, database_url=url, seed=7))

    assert outcome.faults == []
    assert sum(outcome.kills.values()) >= KILLS
    assert outcome.acknowledged > 1000
