"""The engines of `queries.py`: each takes a question's name and gives the answer as an Arrow table."""

from __future__ import annotations

import io
from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from benchmarks.queries_asked import QUESTIONS, Question, Wanted
from benchmarks.queries_data import NOW, subjects
from xiaohe.kernel import workspace
from xiaohe.ledger import engine, snapshot
from xiaohe.ledger.engine.demand import Demand, Span, Words
from xiaohe.ledger.instants import DAY_US, to_us
from xiaohe.ledger.timeline import timeline

Ask = Callable[[str], pa.Table]
_BY_NAME = {each.name: each for each in QUESTIONS}
_LAST = 100


def active_people(people: int, count: int) -> list[int]:
    """Subjects as facts meet them: the more active, the likelier."""
    ranks = (people * np.random.default_rng(11).random(count) ** 3).astype(np.int64)
    return [int(each) for each in subjects(ranks)]


def segment_of(people: int) -> pa.Table:
    return pa.table({"subject": np.sort(subjects(np.arange(0, people, 7)))})


def few_of(people: int) -> pa.Table:
    return pa.table({"subject": np.array(sorted(set(active_people(people, 1_000))))})


def engines(people: int, threads: int, memory: str, only: str | None = None) -> dict[str, Ask]:
    """Xiaohe, hand-written SQL, and ClickHouse if it is here; or one of them."""
    wanted = [only] if only else ["xiaohe", "duckdb", *(["clickhouse"] if _has_chdb() else [])]
    tables = {"segment": segment_of(people), "few": few_of(people)}
    makers: dict[str, Callable[[], Ask]] = {
        "xiaohe": lambda: _ours(tables),
        "duckdb": lambda: _duckdb(tables, threads, memory),
        "clickhouse": lambda: _clickhouse(tables, threads),
    }
    return {name: makers[name]() for name in wanted}


def rows_of(answer: pa.Table) -> list[tuple[int, ...]]:
    """An answer as sorted rows of integers, whatever the engine calls their type."""
    columns = [pc.cast(answer[name], pa.int64()).to_numpy() for name in sorted(answer.column_names)]
    order = np.lexsort(columns[::-1])
    return list(zip(*(column[order].tolist() for column in columns), strict=True))


# ---------------------------------------------------------------- ours


def _ours(tables: dict[str, pa.Table]) -> Ask:
    paths = _as_files(tables)

    def ask(name: str) -> pa.Table:
        with engine.reading() as read:
            if name.startswith("f:"):
                return timeline(read, [int(name[2:])], _LAST)
            for table, path in paths.items():
                read.register(table, path)
            return read.run(_BY_NAME[name].ours(NOW))

    return ask


# ---------------------------------------------------------------- by hand


def _duckdb(tables: dict[str, pa.Table], threads: int, memory: str) -> Ask:
    import duckdb

    duck = duckdb.connect(config={"threads": threads, "memory_limit": memory})
    duck.execute("SET TimeZone = 'UTC'")
    paths = _as_files(tables)

    def files(listed: list[str]) -> str:
        return "read_parquet([" + ", ".join(f"'{each}'" for each in listed) + "])"

    def ask(name: str) -> pa.Table:
        if name.startswith("f:"):
            sql = _LAST_FACTS.format(facts=files(_subject_files()), subject=name[2:])
        else:
            question = _BY_NAME[name]
            sql = _filled(
                question, question.duckdb, files, "TIMESTAMPTZ '2025-07-01 00:00:00+00'", paths
            )
        return duck.sql(sql).to_arrow_table()

    return ask


def _clickhouse(tables: dict[str, pa.Table], threads: int) -> Ask:
    from chdb import session

    chdb = session.Session()
    paths = _as_files(tables)

    def files(listed: list[str]) -> str:
        # Braces list alternatives.
        within = workspace.current().home if not listed else Path(listed[0]).parent
        names = ",".join(Path(each).name for each in listed)
        return (
            f"file('{within}/{{{names}}}', Parquet)"
            if len(listed) > 1
            else f"file('{listed[0]}', Parquet)"
        )

    def ask(name: str) -> pa.Table:
        if name.startswith("f:"):
            sql = _LAST_FACTS.format(facts=files(_subject_files()), subject=name[2:])
        else:
            question = _BY_NAME[name]
            now = "toDateTime64('2025-07-01 00:00:00', 6, 'UTC')"
            sql = _filled(question, question.clickhouse, files, now, paths)
        answer: Any = chdb.query(f"{sql} SETTINGS max_threads = {threads}", "Arrow")
        return pa.ipc.open_file(io.BytesIO(answer.bytes())).read_all()

    return ask


_LAST_FACTS = "SELECT * FROM {facts} WHERE subject = {subject} ORDER BY occurred_at DESC, key_hash DESC LIMIT 100"


def _filled(
    question: Question,
    sql: str,
    files: Callable[[list[str]], str],
    now: str,
    paths: dict[str, Path],
) -> str:
    places = {name: files(_files_for(wanted)) for name, wanted in question.files.items()}
    places |= {name: files([str(path)]) for name, path in paths.items()}
    for name, text in {**places, "now": now}.items():
        sql = sql.replace("{" + name + "}", text)
    return sql


@lru_cache
def _files_for(wanted: Wanted) -> list[str]:
    since = None if wanted.days is None else Span(low=to_us(NOW) - wanted.days * DAY_US)
    demand = Demand(Words(frozenset(wanted.types)), since)
    taken = snapshot.take()
    return taken.paths([each for each in taken.files if demand.may_hold(each)])


@lru_cache
def _subject_files() -> list[str]:
    taken = snapshot.take()
    return taken.paths(taken.subject_files)


def _as_files(tables: dict[str, pa.Table]) -> dict[str, Path]:
    """The same tables for every engine."""
    found = {}
    for name, table in tables.items():
        found[name] = workspace.current().home / f"{name}.parquet"
        if not found[name].exists():
            pq.write_table(table, found[name], compression="zstd")
    return found


def _has_chdb() -> bool:
    try:
        import chdb
    except ImportError:
        return False
    return bool(chdb)
