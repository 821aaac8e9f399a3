"""docs/formats.md tells the truth: a platform is added from the page alone."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from tests.sources.platforms.files import NOW, edges, facts, key, orders
from tests.sources.test_taobao import counts
from xiaohe.cli.main import run
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.sources import formats, importing
from xiaohe.sources.formats.fields import FIELDS
from xiaohe.sources.formats.loader import KEYS

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "formats.md").read_text(encoding="utf-8")


def block(language: str) -> str:
    found = re.search(rf"^```{language}\n(.*?)^```$", PAGE, re.M | re.S)
    assert found
    return found.group(1)


@pytest.fixture
def written(place: Workspace, tmp_path: Path) -> Path:
    """The page's format in HOME/formats and the page's export beside it."""
    folder = place.home / "formats"
    folder.mkdir()
    (folder / "guozi_orders.toml").write_text(block("toml"), encoding="utf-8")
    export = tmp_path / "guozi.csv"
    export.write_text(block("csv"), encoding="utf-8")
    return export


def test_the_pages_platform_is_imported_again_and_undone(written: Path) -> None:
    first = importing.run(written, now=NOW)
    bought = [each for each in orders() if each["state"] == "paid"]
    joined = edges()
    again = importing.run(written, now=NOW)
    importing.undo(again.import_id, now=NOW)
    importing.undo(first.import_id, now=NOW)

    assert (first.format, first.source) == ("guozi_orders", "guozi")
    assert counts(first) == {"accepted": 2, "unpaid": 1, "not_data": 1}
    assert [(each["paid"], each["quantity"]) for each in bought] == [(8600, 3)]
    buyer = key("customer", "guozi:g-17")
    assert bought[0]["subject"] == buyer
    assert joined == {(buyer, key("phone", "13812345678"), "phone")}
    assert counts(again) == {"duplicate": 4}
    with engine.reading() as read:
        assert read.run(read.facts).num_rows == 0
    assert facts("order.paid") == []


def test_without_the_page_the_export_is_no_known_one(written: Path, place: Workspace) -> None:
    (place.home / "formats" / "guozi_orders.toml").unlink()

    assert importing.inspect(written).format == "table"


def test_the_pages_command_shows_how_it_is_read(
    written: Path, place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    toml = place.home / "formats" / "guozi_orders.toml"

    assert run(["sources", "formats", str(toml), "--try", str(written)]) == 0

    told = capsys.readouterr().out
    assert "果子单号" in told
    toml.write_text(toml.read_text().replace("付了款", "付款了"))
    assert run(["sources", "formats", str(toml), "--try", str(written)]) != 0
    assert "paid" in capsys.readouterr().out
    toml.write_text(toml.read_text().replace("kind =", "kidn ="))
    assert run(["sources", "formats", str(toml)]) != 0
    assert "kidn" in capsys.readouterr().err
    assert run(["sources", "formats"]) == 0
    listed = capsys.readouterr().out
    assert "douyin_orders" in listed
    assert "guozi_orders.toml" in listed


def test_the_page_lists_every_key_kind_and_field() -> None:
    told = re.findall(
        r"^\| `(\w+)` \|", PAGE[PAGE.index("<!-- fields") : PAGE.index("<!-- /fields")], re.M
    )
    orders_fields = FIELDS[formats.Kind.ORDER_LINES]

    assert set(told) == orders_fields.keys() - {"goods_due", "total"}
    for key_name in KEYS:
        assert f"`{key_name}`" in PAGE or f"`[{key_name}]`" in PAGE, key_name
    for kind in formats.Kind:
        assert f"`{kind.value}`" in PAGE, kind
