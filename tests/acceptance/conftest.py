"""Data folders for the acceptance tests: `home` for commands in processes, `xiaohe` for commands in this one."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from django.utils import translation

from tests.acceptance.home import Answer, Home
from xiaohe.kernel.workspace import Workspace


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
def xiaohe(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Answer]]:
    """`xiaohe("import", file, "--json")`: the command line, called in this process for speed."""
    from xiaohe.cli.main import run

    for name in ("XIAOHE_LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "C.UTF-8")

    def call(*arguments: object) -> Answer:
        capsys.readouterr()
        try:
            code = run([str(each) for each in arguments])
        except SystemExit as ended:
            code = int(ended.code or 0)
        said = capsys.readouterr()
        return Answer(code, said.out, said.err)

    yield call
    translation.deactivate()


@pytest.fixture
def ask(xiaohe: Callable[..., Answer]) -> Callable[..., Any]:
    """The JSON answer of a command that must succeed."""

    def asked(*arguments: object) -> Any:
        answer = xiaohe(*arguments, "--json")
        assert answer.code == 0, answer.err or answer.out
        return json.loads(answer.out)

    return asked
