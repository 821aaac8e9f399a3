"""The parity list's questions on ClickHouse (chdb, in this process) over the same rows, compared with DuckDB.

    pip install chdb; python benchmarks/clickhouse_parity.py

Prints how many questions gave the same rows, and shows those that did not. Not part of CI: chdb is half a gigabyte.
"""

from __future__ import annotations

import os
import sys
import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent
# Without the first three, empty aggregates, unmatched rows of joins, and what comes before the first row of a window
# are 0 and 1970 instead of null.
SETTINGS = {
    "schema_inference_make_columns_nullable": 1,
    "aggregate_functions_null_for_empty": 1,
    "join_use_nulls": 1,
    "union_default_mode": "'ALL'",
    "session_timezone": "'UTC'",
}


def main() -> None:
    with tempfile.TemporaryDirectory(prefix="xiaohe-clickhouse-") as folder:
        os.environ["XIAOHE_HOME"] = folder
        os.environ.setdefault("DJANGO_SETTINGS_MODULE", "xiaohe.settings")
        sys.path.insert(0, str(ROOT))
        import django

        django.setup()
        from django.core.management import call_command

        from xiaohe.kernel import workspace

        call_command("migrate", run_syncdb=True, verbosity=0, interactive=False)
        with workspace.entered(workspace.workspace()):
            compare(Path(folder))


def compare(folder: Path) -> None:
    from tests.parity.desk import Desk
    from tests.parity.recorded import recorded
    from tests.parity.runs import Stand, derived, runs
    from tests.parity.shop import open_shop
    from xiaohe.traits import state as states

    shop = open_shop(folder / "files")
    twin = Twin(folder / "clickhouse")
    with recorded(twin.ask):
        derived(Desk())
        stand = Stand(shop, states.current())
        for each in runs():
            each.answer(Desk(), stand)
    print(dict(twin.results))


class Twin:
    """Asks ClickHouse whatever DuckDB is asked."""

    def __init__(self, folder: Path) -> None:
        from chdb import session

        folder.mkdir()
        self._folder = folder
        self._session = session.Session()
        for name, value in SETTINGS.items():
            self._session.query(f"SET {name} = {value}")
        self._seen: set[Any] = set()
        self.results: Counter[str] = Counter()

    def ask(self, asked: Any) -> None:
        import ibis

        from tests.parity.same import _rows
        from xiaohe.ledger.engine.duck import compiled

        if asked.expression.op() in self._seen:
            return
        self._seen.add(asked.expression.op())
        question = compiled(asked.expression)
        asked.backend._show(question)
        expected = asked.backend._connection.sql(question.sql).to_arrow_table()
        expected = expected.cast(question.schema)
        sql = ibis.to_sql(asked.expression, dialect="clickhouse")
        try:
            self._show(asked)
            found = self._answer(sql, question.schema)
        except Exception as error:
            self.results["refused"] += 1
            print(f"refused: {str(error)[:300]}\n  {' '.join(sql.split())[:400]}\n")
            return
        same = _rows(found) == _rows(expected)
        self.results["same" if same else "other rows"] += 1
        if not same:
            left, right = _rows(expected), _rows(found)
            print(f"other rows: {' '.join(sql.split())[:600]}")
            print(f"  DuckDB {list(left - right)[:2]}\n  ClickHouse {list(right - left)[:2]}\n")

    def _show(self, asked: Any) -> None:
        import pyarrow.parquet as pq
        from ibis.expr import operations as ops

        for table in asked.expression.op().find(ops.UnboundTable):
            path = self._folder / f"{table.name}.parquet"
            if table.name in ("facts", "facts_by_subject"):
                rows = _facts(asked.backend)
            else:
                source = asked.tables[table.name]
                rows = source if hasattr(source, "schema") else pq.read_table(source)
            pq.write_table(rows, path, store_schema=False)
            self._session.query(f"DROP VIEW IF EXISTS {table.name}")
            self._session.query(
                f"CREATE VIEW {table.name} AS SELECT * FROM file('{path}', Parquet)"
            )

    def _answer(self, sql: str, schema: Any) -> Any:
        import pyarrow as pa

        target = self._folder / "answer.parquet"
        target.unlink(missing_ok=True)
        self._session.query(f"SELECT * FROM ({sql}) INTO OUTFILE '{target}' FORMAT Parquet")
        import pyarrow.parquet as pq

        table = pq.read_table(target)
        columns = [
            _as(column, field.type) for column, field in zip(table.columns, schema, strict=True)
        ]
        return pa.table(columns, schema=schema)


def _as(column: Any, kind: Any) -> Any:
    """ClickHouse keeps texts as bytes and instants as it likes: the promised type, or an error."""
    import pyarrow as pa

    if pa.types.is_binary(column.type) and pa.types.is_string(kind):
        return column.cast(pa.string())
    if pa.types.is_timestamp(kind) and pa.types.is_integer(column.type):
        return column.cast(pa.int64()).cast(pa.timestamp("s")).cast(kind)
    if pa.types.is_date(kind) and pa.types.is_integer(column.type):
        return column.cast(pa.int32()).cast(kind)
    return column.cast(kind)


def _facts(backend: Any) -> Any:
    from xiaohe.ledger.engine import FACTS
    from xiaohe.ledger.engine.duck import compiled

    question = compiled(FACTS)
    backend._show(question)
    return backend._connection.sql(question.sql).to_arrow_table().cast(question.schema)


if __name__ == "__main__":
    main()
