"""What is removed of older generations of the state: never the one a reader may still stand on."""

from __future__ import annotations

import json
import os
from pathlib import Path
from typing import Any

from xiaohe.kernel.workspace import Workspace
from xiaohe.segments.state import generation

NOTHING: dict[str, Any] = {"unrecorded": [], "columns": {}, "accumulated": {}}


def _published(number: int, base: str) -> generation.Generation:
    name = generation.new_name(number)
    with generation.draft() as folder:
        return generation.publish(folder, name, {**NOTHING, "base": base or name})


def test_one_of_another_version_takes_nobodys_place(place: Workspace) -> None:
    # Given: a folder that an earlier version numbered higher
    old: Path = generation.root() / "00000099-00000000"
    old.mkdir(parents=True)
    (old / "manifest.json").write_text(json.dumps({"format": 0, "base": old.name}))
    os.utime(old / "manifest.json", (1, 1))
    base = _published(1, "")
    _earlier, before, last = (_published(number, base.name) for number in (2, 3, 4))
    # When
    generation.prune(last)
    # Then
    left = {each.name for each in generation.root().iterdir() if each.is_dir()}
    assert {base.name, before.name, last.name} <= left
    assert old.name not in left
