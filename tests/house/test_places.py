"""The ground of all tests: each gets a store of its own, seen by its threads too."""

from __future__ import annotations

import threading
from pathlib import Path

from xiaohe.kernel import store, workspace
from xiaohe.kernel.workspace import Workspace

APPLIED = "SELECT count(*) FROM django_migrations"


def test_a_thread_of_a_test_finds_the_same_store(any_place: Workspace, tmp_path: Path) -> None:
    seen: list[int] = []

    def look() -> None:
        seen.append(store.rows(APPLIED)[0][0])
        store.connection().close()

    thread = threading.Thread(target=look)
    thread.start()
    thread.join()

    assert workspace.current().home == (tmp_path / "home").resolve()
    assert seen == [store.rows(APPLIED)[0][0]]
    assert seen[0] > 0


def test_the_next_test_is_back_on_sqlite(place: Workspace) -> None:
    assert not store.is_postgres()
    assert place.name == "main"
