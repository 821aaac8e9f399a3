"""What is no whole export, or no empty workspace, is refused and nothing changes."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from tests.ledger.facts import NOW, visible
from tests.ledger.moved import (
    elsewhere,
    some_life,
)
from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import export, moving
from xiaohe.ledger.moving import manifest
from xiaohe.shop import accounts


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


@pytest.mark.parametrize(
    ("damage", "code"),
    [
        ("flip", "export_changed"),
        ("lose", "export_changed"),
        ("half", "export_unreadable"),
        ("newer", "export_newer"),
        ("column", "export_newer"),
        ("no keys", "export_without_keys"),
        ("other keys", "export_other_keys"),
    ],
)
def test_a_folder_that_is_not_as_it_was_is_refused(
    place: Workspace, out: Path, tmp_path: Path, damage: str, code: str
) -> None:
    some_life()
    keys = moving.move_out(out, now=NOW).keys
    _damage(out, keys, damage)

    with elsewhere(tmp_path / "there"):
        with pytest.raises(BadInput) as refused:
            moving.move_in(out, now=NOW)

        assert refused.value.code == code
        assert str(refused.value)
        assert (visible(), accounts.register()) == ([], [])


def _damage(out: Path, keys: Path, damage: str) -> None:
    facts = out / "facts" / "facts-00001.parquet"
    told = json.loads((out / "manifest.json").read_text())
    if damage == "flip":
        content = bytearray(facts.read_bytes())
        content[len(content) // 2] ^= 1
        facts.write_bytes(content)
    elif damage == "lose":
        facts.unlink()
    elif damage == "half":
        (out / "manifest.json").unlink()
    elif damage == "newer":
        (out / "manifest.json").write_text(json.dumps({**told, "format": 2}))
    elif damage == "column":
        told["tables"]["shop_account"].append("colour")
        (out / "manifest.json").write_text(json.dumps(told))
    elif damage == "no keys":
        keys.unlink()
    else:
        strange = {"keys": dict.fromkeys(manifest.KEYS, "00" * 32)}
        keys.write_text(json.dumps(strange))


def test_an_export_of_an_older_version_takes_todays_defaults(
    place: Workspace, out: Path, tmp_path: Path
) -> None:
    """A column that did not exist then."""
    some_life()
    moving.move_out(out, now=NOW)
    path = out / "tables" / "shop_account.csv"
    told = json.loads((out / "manifest.json").read_text())
    at = told["tables"]["shop_account"].index("staff")
    lines = [line.split(",") for line in path.read_text("utf-8-sig").splitlines()]
    path.write_text("".join(",".join(line[:at] + line[at + 1 :]) + "\r\n" for line in lines), "utf-8-sig")  # fmt: skip
    told["tables"]["shop_account"].remove("staff")
    fresh = manifest.Manifest(**{**told, "files": {}})
    fresh.add(out, path, 1)
    told["files"]["tables/shop_account.csv"] = vars(fresh.files["tables/shop_account.csv"])
    (out / "manifest.json").write_text(json.dumps(told))

    with elsewhere(tmp_path / "there"):
        moving.move_in(out, now=NOW)

        assert [(each.name, each.staff) for each in accounts.register()] == [("阿禾", "")]


def test_a_folder_that_holds_something_is_left_alone(
    place: Workspace, out: Path, tmp_path: Path
) -> None:
    out.mkdir()
    (out / "mine.txt").write_text("x")

    with pytest.raises(export.NotEmpty):
        moving.move_out(out, now=NOW)

    (out / "mine.txt").unlink()
    out.with_name("out.keys").write_text("mine")
    with pytest.raises(BadInput, match="already exists"):
        moving.move_out(out, now=NOW)
    assert (list(out.iterdir()), out.with_name("out.keys").read_text()) == ([], "mine")
