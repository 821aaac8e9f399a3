"""One made-up shop, DuckDB's answers about it, and a cluster: each made once for the whole module."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at
from tests.parity import cluster as clusters
from tests.parity.desk import Desk
from tests.parity.runs import Stand, derived, runs
from tests.parity.shop import open_shop
from xiaohe.traits import state as states

DUCK = Desk()


@pytest.fixture(scope="module")
def parity_place(
    tmp_path_factory: pytest.TempPathFactory, template_store: Path, django_db_blocker: Any
) -> Iterator[Path]:
    """A workspace that a whole module shares."""
    home = tmp_path_factory.mktemp("parity") / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        yield home


@pytest.fixture(scope="module")
def shop(parity_place: Path) -> Any:
    return open_shop(parity_place / "files")


@pytest.fixture(scope="module")
def built(shop: Any) -> dict[str, Any]:
    """Every derived file as DuckDB builds it."""
    return derived(DUCK)


@pytest.fixture(scope="module")
def stand(shop: Any, built: dict[str, Any], tmp_path_factory: pytest.TempPathFactory) -> Stand:
    """The shop and its state, out of the way of later builds."""
    state = states.current()
    kept = tmp_path_factory.mktemp("state") / "kept"
    shutil.copytree(state.folder, kept)
    return Stand(
        shop, states.State(kept, state.version, state.at, state.data_until, state.currency)
    )


@pytest.fixture(scope="module")
def answers(stand: Stand) -> dict[str, Any]:
    """What DuckDB says to the whole list."""
    return {each.name: each.answer(DUCK, stand) for each in runs()}


@pytest.fixture(scope="module")
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


@pytest.fixture(scope="module")
def spark(cluster: clusters.Cluster) -> Desk:
    return Desk(cluster.url)
