"""Which functions of ours ask about facts, read off their source; and which of them a block of code calls."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import CodeType, FrameType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]
# A reading is called `read` (or `facts`, beside one of derived files) all over the house.
READINGS = {"read", "reading", "facts", "Reading"}
TABLES = {"facts", "by_subject"}
# The ledger's own upkeep is always DuckDB's (`local=True`); of this room only timelines are questions.
UPKEEP = "xiaohe/ledger/"
QUESTIONS_OF_THE_LEDGER = {"xiaohe/ledger/timeline.py"}

# File and name of a function, as a traceback would say them.
Function = tuple[str, str]


def asking(root: Path = ROOT) -> set[Function]:
    """Every function below `xiaohe/` that names the facts of a reading, or something its module made of them."""
    found: set[Function] = set()
    for path in sorted((root / "xiaohe").rglob("*.py")):
        place = path.relative_to(root).as_posix()
        if place.startswith(UPKEEP) and place not in QUESTIONS_OF_THE_LEDGER:
            continue
        module = ast.parse(path.read_text(encoding="utf-8"))
        made = _made_of_facts(module)
        for node in ast.walk(module):
            if isinstance(node, ast.FunctionDef) and _asks(node, made):
                found.add((place, node.name))
    return found


def _made_of_facts(module: ast.Module) -> set[str]:
    """Names of the module that stand for questions put together once."""
    made: set[str] = set()
    for node in module.body:
        if isinstance(node, ast.Assign) and _asks(node.value, made):
            made |= {each.id for each in node.targets if isinstance(each, ast.Name)}
    return made


def _asks(node: ast.AST, made: set[str]) -> bool:
    return any(_is_facts(each, made) for each in ast.walk(node))


def _is_facts(node: ast.AST, made: set[str]) -> bool:
    if isinstance(node, ast.Attribute):
        return (
            node.attr in TABLES and isinstance(node.value, ast.Name) and node.value.id in READINGS
        )
    return isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id in made


@contextmanager
def calls(root: Path = ROOT) -> Iterator[set[Function]]:
    """Functions below `root` that are called in this thread while the block runs."""
    codes: set[CodeType] = set()
    called: set[Function] = set()

    def look(frame: FrameType, event: str, _argument: Any) -> None:
        if event == "call":
            codes.add(frame.f_code)

    before = sys.getprofile()
    sys.setprofile(look)
    try:
        yield called
    finally:
        sys.setprofile(before)
        for code in codes:
            path = Path(code.co_filename)
            if path.is_relative_to(root):
                called.add((path.relative_to(root).as_posix(), code.co_name))
