"""docs/scaling.md: its commands exist, its variables are read, its settings are those that answers were compared with."""

from __future__ import annotations

import re
import shlex
from pathlib import Path

import pytest

from benchmarks import clickhouse_parity
from tests.parity.cluster import DEFAULTS
from xiaohe.cli.main import parser

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "scaling.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    found = re.findall(rf"^```{language}\n(.*?)^```$", TEXT, re.MULTILINE | re.DOTALL)
    return [line for block in found for line in block.splitlines()]


@pytest.mark.parametrize("line", [each for each in blocks("sh") if each.startswith("xiaohe ")])
def test_every_command_is_one(line: str) -> None:
    assert parser().parse_args(shlex.split(line)[1:]).run


def test_every_variable_is_read_somewhere() -> None:
    read = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "xiaohe").rglob("*.py"))
    for name in set(re.findall(r"XIAOHE_[A-Z_]+", TEXT)):
        assert f'"{name}"' in read, name


def test_processes_of_a_cluster_are_started_as_the_tests_start_them() -> None:
    started = set(re.findall(r"org\.apache\.spark\.deploy\.\S+", TEXT))
    code = (ROOT / "tests" / "parity" / "cluster.py").read_text(encoding="utf-8")
    assert len(started) == 2
    assert all(each in code for each in started)


def test_settings_of_spark_are_known_ones() -> None:
    known = {line.split()[0] for line in DEFAULTS.splitlines() if line}
    others = {"spark.cores.max", "spark.authenticate"}
    assert {line.split()[0] for line in blocks("properties")} <= known | others


def test_settings_of_clickhouse_are_those_of_the_comparison() -> None:
    said = dict(re.findall(r"SET (\w+) = (.*);", "\n".join(blocks("sql"))))
    assert said == {name: str(value) for name, value in clickhouse_parity.SETTINGS.items()}
