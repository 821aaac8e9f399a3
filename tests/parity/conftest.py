"""One made-up shop, DuckDB's answers about it, and a cluster: each made once for the whole folder.

All of this folder runs in one test process (tests/conftest.py), so nothing is asked twice of DuckDB.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.parity import cluster as clusters
from tests.parity.desk import Desk
from tests.parity.questions import Function, calls
from tests.parity.recorded import Asked, recorded
from tests.parity.runs import Stand, derived, runs
from tests.parity.shop import open_shop
from xiaohe.traits import state as states

DUCK = Desk()


@pytest.fixture(scope="package")
def parity_place(
    tmp_path_factory: pytest.TempPathFactory, template_store: Path, django_db_blocker: Any
) -> Iterator[Path]:
    """A workspace that this folder shares."""
    home = tmp_path_factory.mktemp("parity") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        yield home


@pytest.fixture(scope="package")
def shop(parity_place: Path) -> Any:
    return open_shop(parity_place / "files")


@dataclass(frozen=True)
class Told:
    """What DuckDB says to the whole list, every question it was asked for it, and which of our functions asked."""

    built: dict[str, Any]
    stand: Stand
    answers: dict[str, Any]
    asked: list[Asked]
    called: set[Function]


@pytest.fixture(scope="package")
def told(shop: Any, tmp_path_factory: pytest.TempPathFactory) -> Told:
    with recorded() as asked, calls() as called:
        built = derived(DUCK)
        state = states.current()
        kept = tmp_path_factory.mktemp("state") / "kept"
        # Out of the way of later builds.
        shutil.copytree(state.folder, kept)
        stand = Stand(
            shop, states.State(kept, state.version, state.at, state.data_until, state.currency)
        )
        answers = {each.name: each.answer(DUCK, stand) for each in runs()}
    return Told(built, stand, answers, asked, called)


@pytest.fixture(scope="package")
def built(told: Told) -> dict[str, Any]:
    """Every derived file as DuckDB builds it."""
    return told.built


@pytest.fixture(scope="package")
def stand(told: Told) -> Stand:
    return told.stand


@pytest.fixture(scope="package")
def answers(told: Told) -> dict[str, Any]:
    """What DuckDB says to the whole list."""
    return told.answers


@pytest.fixture(scope="package")
def cluster(tmp_path_factory: pytest.TempPathFactory) -> Iterator[clusters.Cluster]:
    if lacking := clusters.lacking():
        pytest.skip(lacking)
    folder = tmp_path_factory.mktemp("cluster")
    clusters.configure(folder)
    before = os.environ.get("SPARK_CONF_DIR")
    os.environ["SPARK_CONF_DIR"] = str(folder)
    started = clusters.Cluster(folder)
    try:
        started.start()
        yield started
        from xiaohe.ledger.engine import spark_session

        spark_session.stop()
    finally:
        started.stop()
        os.environ.pop("SPARK_CONF_DIR")
        if before is not None:
            os.environ["SPARK_CONF_DIR"] = before


@pytest.fixture(scope="package")
def spark(cluster: clusters.Cluster) -> Desk:
    return Desk(cluster.url)
