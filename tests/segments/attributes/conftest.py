"""A shop for the tests of one file: making it costs more than asking it."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import Any

import pytest

from tests.conftest import _pointed_at as pointed_at


@pytest.fixture(scope="session")
def empty_shop(
    template_store: Path, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Callable[[], AbstractContextManager[None]]:
    """A function that enters a fresh workspace."""

    @contextmanager
    def enter() -> Iterator[None]:
        home = tmp_path_factory.mktemp("people") / "home"
        home.mkdir(mode=0o700)
        shutil.copyfile(template_store, home / "xiaohe.db")
        with django_db_blocker.unblock(), pointed_at(home):
            yield

    return enter
