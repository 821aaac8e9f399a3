"""Finding a command, refusing in one sentence, speaking the shell's language."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable

import pytest

from tests.cli.conftest import Answer
from xiaohe.cli.main import COMMANDS

Xiaohe = Callable[..., Answer]


@pytest.mark.parametrize("name", [name.rstrip("_") for name in COMMANDS])
def test_every_command_explains_itself_and_answers_in_json(xiaohe: Xiaohe, name: str) -> None:
    answer = xiaohe(name, "--help")

    assert answer.code == 0
    assert f"usage: xiaohe {name}" in answer.out
    assert "--json" in answer.out
    assert "--home" in answer.out


def test_a_missing_file_is_one_sentence(xiaohe: Xiaohe) -> None:
    answer = xiaohe("restore", "nowhere.tar")

    assert answer.code == 2
    assert answer.err.endswith("error: argument FILE: no such file: nowhere.tar\n")


def test_a_refusal_is_a_sentence_for_people_and_a_code_for_programs(xiaohe: Xiaohe) -> None:
    answer = xiaohe("measure", "M99", "--json")

    assert answer.code == 3
    assert len(answer.err.splitlines()) == 1
    assert answer.json["error"]["message"] == answer.err.strip()


def test_the_shell_decides_the_language(xiaohe: Xiaohe, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")

    assert "把订单表和客户表读进来" in xiaohe("import", "--help").out


def test_the_supervisor_needs_the_standard_library_alone() -> None:
    heavy = "django granian duckdb ibis pyarrow numpy"
    program = f"""
import sys
from xiaohe.cli.main import parser
parser().parse_args(["up"])
print([name for name in {heavy.split()} if name in sys.modules])
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout == "[]\n", done.stderr
