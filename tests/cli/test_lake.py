"""`xiaohe lake files | check | compact`: answers for people in both languages, and for programs."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from tests.cli.conftest import Answer
from tests.ledger.facts import NOW, import_lines, numbered
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import imports
from xiaohe.ledger.models import LakeFile

Call = Callable[..., Answer]


def test_files_are_listed_with_what_must_be_left_out(xiaohe: Call, place: Workspace) -> None:
    gone, _ = import_lines(numbered(range(3)))
    import_lines(numbered(range(3, 8)))
    assert "2 files became 2; 8 facts were written." in xiaohe("lake", "compact").out
    imports.undo(gone, now=NOW)

    listed = xiaohe("lake", "files", "--json").json

    assert [(each["layout"], each["rows"]) for each in listed["files"]] == [
        ("compacted", 8),
        ("by subject", 8),
    ]
    assert (listed["undone_imports"], listed["waiting"]) == ([gone], 0)
    assert f"import_id is one of: {gone}." in xiaohe("lake", "files").out


def test_a_check_says_what_is_wrong_and_what_was_repaired(
    xiaohe: Call, place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_lines(numbered(range(3)))
    xiaohe("lake", "compact")
    whole = xiaohe("lake", "check")
    assert (whole.code, "2 files with 3 facts" in whole.out) == (0, True)
    lost = LakeFile.objects.get(role="subject")
    (place.lake / lost.path).unlink()

    found = xiaohe("lake", "check", "--json")
    assert (found.code, found.json["ok"]) == (1, False)
    assert [each["what"] for each in found.json["found"]["faults"]] == ["missing"]
    monkeypatch.setenv("XIAOHE_LANGUAGE", "zh")
    assert f"✗ {lost.path} 不见了。" in xiaohe("lake", "check").out
    repaired = xiaohe("lake", "check", "--repair")

    assert (repaired.code, "重新写出" in repaired.out) == (0, True)
    assert xiaohe("lake", "check").code == 0
