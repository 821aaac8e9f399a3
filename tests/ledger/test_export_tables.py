"""Every table is spoken for, every cell reads back, and the README leaves nothing out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import duckdb
import pytest
from django.apps import apps
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.facts import NOW, visible
from tests.ledger.moved import (
    some_life,
)
from xiaohe.kernel import belongings, store
from xiaohe.kernel.belongings import Column, Kind
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine, moving
from xiaohe.ledger.moving import cells
from xiaohe.people.keys import Kind as IdentifierKind


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


VALUES = {
    Kind.INTEGER: st.integers(-(2**63), 2**63 - 1),
    Kind.NUMBER: st.floats(allow_nan=False),
    Kind.TEXT: st.text(st.characters(exclude_categories=["Cs"]))
    | st.sampled_from(["=1+1", "'", "''=x", "\\N", "", "-5", "a\r\nb", '"', "\ufeff"]),
    Kind.YES_NO: st.booleans(),
    Kind.INSTANT: st.datetimes(timezones=st.just(UTC)),
    Kind.DAY: st.dates(),
    Kind.TIME: st.times(),
    Kind.JSON: st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(st.characters(exclude_categories=["Cs"])),
        lambda inner: st.lists(inner) | st.dictionaries(st.text("abc"), inner),
    ).filter(lambda value: value is not None),
}  # fmt: skip


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(
    rows=st.lists(st.tuples(*(VALUES[kind] for kind in VALUES), *(st.none() | VALUES[kind] for kind in VALUES)))
)  # fmt: skip
def test_a_table_reads_back_as_it_was_written(tmp_path: Path, rows: list[Any]) -> None:
    columns = [Column(str(kind), kind) for kind in VALUES]
    columns += [Column(f"{kind}?", kind, may_be_null=True) for kind in VALUES]
    path = tmp_path / "table.csv"
    path.unlink(missing_ok=True)

    assert cells.write(path, columns, iter(rows)) == len(rows)

    assert list(cells.read(path, columns)) == rows


@given(text=st.text())
def test_a_harmless_text_starts_no_formula_and_can_be_had_back(text: str) -> None:
    told = cells.harmless(text)

    assert not told.startswith(("=", "+", "-", "@", "\t", "\r"))
    assert cells.plain(told) == text


def test_every_table_travels_or_somebody_says_why_not(any_place: Workspace) -> None:
    """Whoever adds a table says it in the room's `belongings.py`."""
    belongings.discover()
    tables = set(store.connection().introspection.table_names())
    models = {each._meta.db_table for each in apps.get_models(include_auto_created=True)}

    assert sorted((tables | models) - set(belongings.tables())) == []
    assert (
        sorted(
            set(belongings.tables()) - tables - models - {"ledger_import_name", "sources_format"}
        )
        == []
    )


def test_every_column_travels_or_somebody_says_why_not(place: Workspace) -> None:
    belongings.discover()
    parts = {part.name: {column.name for column in part.columns} for part in belongings.parts()}

    for model in apps.get_models():
        table = model._meta.db_table
        if table in parts:
            columns = {each.attname for each in model._meta.concrete_fields}
            assert columns == parts[table] | set(belongings.left_out()[table]), table


def test_the_readme_explains_every_file_and_column(place: Workspace, out: Path) -> None:
    some_life()
    moving.move_out(out, now=NOW)

    text = (out / "README.md").read_text()

    told = json.loads((out / "manifest.json").read_text())
    on_disk = {each.relative_to(out).as_posix() for each in out.rglob("*") if each.is_file()}
    assert on_disk == {*told["files"], "manifest.json"}
    missing = [
        f"{table}.{column}"
        for table, columns in told["tables"].items()
        for column in columns
        if f"/{table}.csv" not in text or f"| `{column}` |" not in text
    ]
    assert missing == []
    assert "holds names" in text


def test_a_stranger_reads_the_facts_without_us(place: Workspace, out: Path) -> None:
    some_life()
    done = moving.move_out(out, now=NOW)
    ((counted,),) = duckdb.sql(f"SELECT count(*) FROM '{out}/facts/facts-*.parquet'").fetchall()

    assert counted == done.facts
    with engine.reading() as read:
        assert len(visible(read)) == counted - 1  # one waits to be compared with the lake
    assert datetime.fromisoformat(json.loads((out / "manifest.json").read_text())["created_at"]) == NOW  # fmt: skip


def test_identifier_kinds_of_an_export_are_ours(place: Workspace, out: Path) -> None:
    some_life()
    moving.move_out(out, now=NOW)

    kinds = duckdb.sql(
        f"SELECT DISTINCT kind FROM read_csv('{out}/private/people_identifier.csv')"
    ).fetchall()

    assert {kind for (kind,) in kinds} <= {kind.value for kind in IdentifierKind}
