"""The command line, called as a person calls it but inside this process."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import pytest
from django.utils import translation

from xiaohe.cli.main import run
from xiaohe.kernel.workspace import Workspace


@dataclass(frozen=True)
class Answer:
    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        return json.loads(self.out)


@pytest.fixture
def english(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("XIAOHE_LANGUAGE", "LC_ALL", "LC_MESSAGES"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("LANG", "en_US.UTF-8")


@pytest.fixture
def xiaohe(
    place: Workspace, english: None, capsys: pytest.CaptureFixture[str]
) -> Iterator[Callable[..., Answer]]:
    """`xiaohe("due", "--json")` in the test's workspace."""

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
