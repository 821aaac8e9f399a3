"""Data folders for the acceptance tests: `home` for commands in processes, `xiaohe` for commands in this one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.acceptance.home import Answer, Home
from tests.conftest import _pointed_at as pointed_at
from xiaohe.kernel.workspace import Workspace

# The day on which everything here happens: what a test costs and says does not depend on the calendar.
TODAY = date(2025, 7, 1)


@pytest.fixture(scope="session")
def dated_store(
    template_store: Path, tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any
) -> Path:
    """A migrated, empty store whose shop lives on TODAY."""
    home = tmp_path_factory.mktemp("dated")
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), pointed_at(home):
        stand_still()
        from django.db import connection

        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home / "xiaohe.db"


def stand_still() -> None:
    from xiaohe.shop.queries import the_shop

    shop = the_shop()
    shop.clock_on = TODAY
    shop.save()


@pytest.fixture
def new_home(tmp_path: Path, dated_store: Path) -> Callable[..., Home]:
    """Makes prepared, empty data folders."""

    def make(name: str = "home", language: str = "C.UTF-8") -> Home:
        path = tmp_path / name
        path.mkdir(mode=0o700)
        shutil.copyfile(dated_store, path / "xiaohe.db")
        return Home(path, language)

    return make


@pytest.fixture
def home(new_home: Callable[..., Home]) -> Home:
    return new_home()


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XIAOHE_LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")


@pytest.fixture
def call(english: None, capsys: pytest.CaptureFixture[str]) -> Iterator[Callable[..., Answer]]:
    """The command line, called in this process for speed, on whatever data folder is current."""
    from xiaohe.cli.main import run

    def called(*arguments: object) -> Answer:
        capsys.readouterr()
        try:
            code = run([str(each) for each in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    yield called
    translation.deactivate()


@pytest.fixture
def xiaohe(place: Workspace, call: Callable[..., Answer]) -> Callable[..., Answer]:
    """`xiaohe("import", file, "--json")` on a fresh data folder."""
    stand_still()
    return call


@pytest.fixture
def ask(xiaohe: Callable[..., Answer]) -> Callable[..., Any]:
    """The JSON answer of a command that must succeed, on a fresh data folder."""
    return _asker(xiaohe)


@pytest.fixture
def inside(call: Callable[..., Answer], django_db_blocker: Any) -> Callable[[Home], Any]:
    """`with inside(home) as ask`: the same on a data folder that other processes use as well."""

    @contextmanager
    def entered(home: Home) -> Iterator[Callable[..., Any]]:
        with django_db_blocker.unblock(), pointed_at(home.path):
            yield _asker(call)

    return entered


def _asker(call: Callable[..., Answer]) -> Callable[..., Any]:
    def asked(*arguments: object) -> Any:
        answer = call(*arguments, "--json")
        assert answer.code == 0, answer.err or answer.out
        return json.loads(answer.out)

    return asked
