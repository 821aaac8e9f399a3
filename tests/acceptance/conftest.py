"""Data folders for the acceptance tests: `home` for commands in processes, `xiaohe` for commands in this one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.acceptance.home import Answer, Home
from tests.conftest import _pointed_at as pointed_at
from xiaohe.kernel.workspace import Workspace
from xiaohe.shop import clock

# When everything here begins, noon in the shop: what a test costs and says depends neither on the calendar nor on the hour.
NOON = datetime(2025, 7, 1, 4, tzinfo=UTC)


@pytest.fixture(autouse=True)
def noon() -> Iterator[None]:
    with clock.set_to(NOON):
        yield


@pytest.fixture
def new_home(tmp_path: Path, template_store: Path) -> Callable[..., Home]:
    """Makes prepared, empty data folders."""

    def make(name: str = "home", language: str = "C.UTF-8") -> Home:
        path = tmp_path / name
        path.mkdir(mode=0o700)
        shutil.copyfile(template_store, path / "xiaohe.db")
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
