"""The export: a stranger with plain SQL gets our numbers."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pyarrow as pa
import pytest

from tests.ledger.facts import NOW, Line, import_lines, numbered, tap, visible
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import catalogue, dictionary, export, imports, stream
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.models import InboxBatch
from xiaohe.ledger.schema import FACT_SCHEMA

LINKS = pa.table(
    {"subject": [1], "person": [1], "ended_at": pa.nulls(1, pa.timestamp("us", tz="UTC"))}
)


def _export(folder: Path) -> export.Exported:
    return export.export(
        folder,
        person_of=lambda read: pa.table(
            {"subject": [1], "person": [2]}, schema=export.PERSONS_SCHEMA
        ),
        left_out=lambda read, persons: pa.table({"person": [2]}),
        links=lambda read, persons: LINKS,
        now=NOW,
    )


def test_an_export_holds_what_counts_and_nothing_taken_back(
    any_place: Workspace, tmp_path: Path
) -> None:
    undone, _ = import_lines(numbered([1, 2]))
    import_lines(numbered([2, 3]))
    imports.undo(undone, now=NOW)
    stream.record([tap("a"), tap("b")], now=NOW)
    stream.take_back(key_hash("xiaohe", "b"), now=NOW)

    done = _export(tmp_path / "out")

    facts = tmp_path / "out" / "facts.parquet"
    found = duckdb.sql(
        f"SELECT key_hash, content, import_id FROM '{facts}' ORDER BY ALL"
    ).fetchall()
    assert sorted(found) == visible()
    assert (done.facts, InboxBatch.objects.count()) == (3, 0)
    retracted = duckdb.sql(
        f"SELECT import_id, key_hash FROM '{facts.parent}/retractions.parquet'"
    ).fetchall()
    assert retracted == [(undone, None), (None, key_hash("xiaohe", "b"))]


def test_an_export_lists_who_is_no_customer(place: Workspace, tmp_path: Path) -> None:
    import_lines(numbered([1, 2]))
    _export(tmp_path / "out")
    folder = tmp_path / "out"
    assert duckdb.sql(f"SELECT person FROM '{folder}/left_out.parquet'").fetchall() == [(2,)]
    assert "`left_out.parquet`" in (folder / "README.md").read_text()


def test_an_export_asks_no_cluster(
    place: Workspace, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import_lines(numbered([1, 2]))
    # Nobody listens there: whoever asked it would be refused.
    monkeypatch.setenv("XIAOHE_ENGINE", "spark://127.0.0.1:9")

    assert _export(tmp_path / "facts").facts == 2


def test_order_money_is_recomputed_with_the_readmes_rules(place: Workspace, tmp_path: Path) -> None:
    import_lines(
        [
            Line(1, order=10, type="order.paid", amount=500),
            Line(2, order=10, type="order.paid", amount=700),
            Line(3, order=20, type="order.item", amount=30),
            Line(4, order=20, type="order.item", amount=-5),
        ]
    )

    _export(tmp_path / "out")

    money = duckdb.sql(
        f"""SELECT order_key, coalesce(max(amount) FILTER (type = 'order.paid'),
                                       sum(amount) FILTER (type = 'order.item'))
            FROM '{tmp_path}/out/facts.parquet' GROUP BY 1 ORDER BY 1"""
    ).fetchall()
    assert money == [(10, 700), (20, 25)]


def test_the_readme_explains_every_column_and_every_type(place: Workspace, tmp_path: Path) -> None:
    _export(tmp_path / "out")

    text = (tmp_path / "out" / "README.md").read_text()
    assert [name for name in FACT_SCHEMA.names if f"| `{name}` |" not in text] == []
    assert [name for name in catalogue.TYPES if f"| `{name}` |" not in text] == []
    assert "Asia/Shanghai" in text
    assert {name for name, _ in dictionary.schema_columns()} == set(FACT_SCHEMA.names)


def test_a_folder_that_holds_something_is_left_alone(place: Workspace, tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("x")

    with pytest.raises(export.NotEmpty):
        _export(tmp_path)

    assert [each.name for each in tmp_path.iterdir() if each.name != "home"] == ["mine.txt"]


def test_the_shop_day_formula_of_the_readme_agrees_with_the_calendar(place: Workspace) -> None:
    from xiaohe.shop.queries import calendar

    instant = datetime(2025, 3, 1, 16, 30, tzinfo=UTC)
    connection = duckdb.connect()
    connection.execute("SET TimeZone = 'UTC'")
    (day,) = connection.execute(
        "SELECT (?::timestamptz AT TIME ZONE 'Asia/Shanghai' - INTERVAL '0 minutes')::date",
        [instant],
    ).fetchone()  # type: ignore[misc]
    assert day == calendar().day_of(instant)
