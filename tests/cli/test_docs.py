"""docs/commands.md tells the truth: its examples run, in its order, and no command is left out."""

from __future__ import annotations

import argparse
import re
import shlex
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from tests.cli.conftest import Answer
from xiaohe.cli.main import COMMANDS, parser

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "commands.md").read_text()
EXAMPLES = re.findall(r"^\$ xiaohe (.*)$", DOCS, re.MULTILINE)
# These run until they are stopped; `test_up.py` starts them for real.
ENDLESS = {"up", "web", "worker"}
TABLE = """order,who,date,pieces,price
1,ann,2025-05-01,1,10.00
2,ann,2025-06-01,2,10.00
3,bob,2025-06-02,1,5.50
"""


def test_every_command_has_an_example() -> None:
    shown = {example.split()[0] for example in EXAMPLES}

    assert shown == {name.rstrip("_") for name in COMMANDS}


def test_every_verb_and_every_option_is_told() -> None:
    untold = {
        told
        for words, each in _leaves(["xiaohe"], parser())
        for told in (" ".join(words[-2:]), *_options(each))
        if told.removeprefix("xiaohe ") not in DOCS
    }

    assert untold == set()


def _leaves(
    words: list[str], one: argparse.ArgumentParser
) -> Iterator[tuple[list[str], argparse.ArgumentParser]]:
    """Every command that does something, with the words that call it."""
    below = [each for each in one._actions if isinstance(each, argparse._SubParsersAction)]
    for action in below:
        for name, each in action.choices.items():
            yield from _leaves([*words, name], each)
    if not below:
        yield words, one


def _options(one: argparse.ArgumentParser) -> set[str]:
    named = {name for each in one._actions for name in each.option_strings}
    return {name for name in named if name.startswith("--")} - {"--help"}


def test_the_examples_run(
    xiaohe: Callable[..., Answer], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "shop.csv").write_text(TABLE)
    home = str(tmp_path / "home")

    failed = {}
    for example in EXAMPLES:
        words = shlex.split(example)
        if words[0] in ENDLESS:
            continue
        monkeypatch.setenv("XIAOHE_HOME", home)
        # A restore and a move go into another folder, which in one process would need another Django.
        if words[0] == "restore" or words[:2] == ["import", "all"]:
            continue
        answer = xiaohe(*words)
        if answer.code:
            failed[example] = answer.err or answer.out

    assert failed == {}
