"""Rules of the house that a tool can hold: layers, sizes, one door to the store, nothing of this machine."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "xiaohe"
LONGEST = 400
# Written SQL stands here and nowhere else (ARCHITECTURE.md).
SQL_MODULES = {"store.py"}
SQL_FOLDERS = {"store", "engine"}
# SQLite's own settings, two looks at a data folder from outside, and the copy of a whole store for a backup.
SQL_ALLOWED = {"settings.py", "cli/folder.py", "cli/commands/doctor.py", "ledger/archive.py"}
STATEMENT = re.compile(
    r"^\s*(?:SELECT\s.+\sFROM\s|INSERT\s+INTO\s|UPDATE\s+\S+\s+SET\s|DELETE\s+FROM\s|"
    r"CREATE\s+(?:OR\s+REPLACE\s+)?(?:TEMP\s+)?(?:TABLE|VIEW|INDEX)\s|COPY\s*\(|WITH\s+\w+\s+AS\s*\(|PRAGMA\s)",
    re.IGNORECASE | re.DOTALL,
)
# Written in pieces, so that this file does not find itself.
REGISTRIES = [
    "pypi" + ".org",
    "pythonhosted" + ".org",
    "npmjs" + ".org",
    "npmjs" + ".com",
    "arti" + "factory",
]
MACHINE = [r"(?<![\w/])/(?:root|work|tmp|home/\w+)/[\w.]", r"\bseams?\.md\b"]


def modules() -> list[Path]:
    return sorted(path for path in PACKAGE.rglob("*.py") if "migrations" not in path.parts)


def tracked() -> list[Path]:
    done = subprocess.run(["git", "ls-files", "-z"], cwd=ROOT, capture_output=True, text=True)
    if done.returncode:
        pytest.skip("not a git checkout, so the list of tracked files is not known")
    paths = [ROOT / name for name in done.stdout.split("\0") if name]
    return [path for path in paths if path.is_file()]


def named(path: Path) -> str:
    return path.relative_to(PACKAGE).as_posix()


def test_rooms_import_only_downwards() -> None:
    command = [str(Path(sys.executable).parent / "lint-imports"), "--no-cache"]
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


def test_no_module_is_longer_than_a_screenful_of_ideas() -> None:
    sources = [
        *modules(),
        *(ROOT / "tests").rglob("*.py"),
        *(ROOT / "tools").glob("*.py"),
        ROOT / "dev.py",
    ]
    lengths = {
        path.relative_to(ROOT).as_posix(): len(path.read_text().splitlines()) for path in sources
    }

    assert {name: length for name, length in lengths.items() if length > LONGEST} == {}


def test_transactions_are_opened_by_the_store_alone() -> None:
    opened = [
        named(path)
        for path in modules()
        if re.search(r"transaction\s*\.\s*atomic", path.read_text())
    ]

    assert opened == ["kernel/store.py"]


def test_sql_is_written_in_store_and_engine_modules_alone() -> None:
    found = [
        f"{named(path)}:{line}"
        for path in modules()
        if path.name not in SQL_MODULES
        and path.parent.name not in SQL_FOLDERS
        and named(path) not in SQL_ALLOWED
        for line in sql_lines(path.read_text())
    ]

    assert found == []


def test_sql_is_recognised() -> None:
    source = 'rows("SELECT a FROM b")\nexecute(f"UPDATE t SET a = {x}")\nsay("Select a file from the list")\n'

    assert sql_lines(source) == [1, 2]


def test_nothing_names_a_registry_or_this_machine() -> None:
    patterns = [re.escape(name) for name in REGISTRIES] + MACHINE
    found = []
    for path in tracked():
        if (
            path.suffix in {".png", ".mo", ".woff2", ".ico", ".gz", ".zip", ".xlsx"}
            or "vendor" in path.parts
        ):
            continue
        for number, line in enumerate(path.read_text(errors="replace").splitlines(), 1):
            if path != Path(__file__) and any(re.search(p, line, re.IGNORECASE) for p in patterns):
                found.append(f"{path.relative_to(ROOT)}:{number}: {line.strip()[:80]}")

    assert found == []


def sql_lines(source: str) -> list[int]:
    """Lines of string constants that look like a statement; upper case, as we write it."""
    found = set()
    for node in ast.walk(ast.parse(source)):
        text = ""
        if isinstance(node, ast.Constant) and isinstance(node.value, str):
            text = node.value
        elif isinstance(node, ast.JoinedStr):
            parts = [part.value if isinstance(part, ast.Constant) else "x" for part in node.values]
            text = "".join(str(part) for part in parts)
        first = text.split(maxsplit=1)[0] if text.strip() else ""
        if first.isupper() and STATEMENT.match(text):
            found.add(node.lineno)
    return sorted(found)
