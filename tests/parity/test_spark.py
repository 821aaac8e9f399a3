"""The same questions on a real Spark cluster: one master, two workers of one core, Parquet on a shared folder.

Nothing is compared with a tolerance: floats are the same to the last bit.
"""

from __future__ import annotations

import os
import socket
import threading
import time
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import ibis
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from django.utils import translation

from tests.parity.cluster import Cluster
from tests.parity.conftest import DUCK
from tests.parity.desk import Desk
from tests.parity.runs import Run, Stand, derived, runs
from tests.parity.same import assert_same
from xiaohe.kernel.errors import XiaoheError
from xiaohe.ledger import durable, engine
from xiaohe.ledger.engine import FACTS, LakeBroken, Reading, TooSlow, spark_session

pytestmark = pytest.mark.spark

KINDS = pa.table(
    {
        "id": pa.array([1, 2, 3], pa.int64()),
        "small": pa.array([1, None, -128], pa.int8()),
        "text": pa.array(["", None, "小荷"], pa.string()),
        "worn": pa.array(["a", "a", None]).dictionary_encode(),
        "yes": pa.array([True, False, None]),
        "share": pa.array([0.1, None, -0.0], pa.float64()),
        "on": pa.array([date(2025, 7, 3), None, date(1970, 1, 1)]),
        "at": pa.array(
            [datetime(2025, 7, 3, 1, 2, 3, 456789, UTC), None, datetime(1969, 12, 31, tzinfo=UTC)],
            pa.timestamp("us", tz="UTC"),
        ),
        "money": pa.array([Decimal("1.10"), None, Decimal("-0.01")], pa.decimal128(12, 2)),
    }
)
# Seconds of work for two cores: every fact beside every other one.
_OTHER = FACTS.view().select(other_type="type", other_at="occurred_at")
_PAIRS = FACTS.cross_join(_OTHER).filter(lambda each: each.occurred_at < each.other_at)
HEAVY = _PAIRS.group_by("type", "other_type").aggregate(
    pairs=_PAIRS.count(), last=_PAIRS.other_at.max(), sums=(_PAIRS.key_hash % 97).sum()
)


# Where to write what was asked again after a worker's death; then it is the whole list, for which CI has no time.
REPORT = "XIAOHE_PARITY_REPORT"
EVERYTHING_TWICE = REPORT in os.environ


# ---------------------------------------------------------------- the list


@pytest.mark.parametrize("run", runs(), ids=str)
def test_the_same_answer(run: Run, stand: Stand, answers: dict[str, Any], spark: Desk) -> None:
    assert_same(answers[run.name], run.answer(spark, stand))


def test_the_same_derived_tables(built: dict[str, Any], spark: Desk) -> None:
    found = derived(spark)
    assert found.keys() == built.keys()
    for name, table in built.items():
        assert_same(table, found[name])


# ---------------------------------------------------------------- the promises of a backend


def both(spark: Desk) -> tuple[Reading, Reading]:
    return Reading(DUCK.backend()), Reading(spark.backend())


def test_types_nulls_and_instants_come_back_as_they_were(
    parity_place: Path, spark: Desk, tmp_path: Path
) -> None:
    stored = tmp_path / "kinds [1].parquet"
    pq.write_table(KINDS, stored)
    for source in (KINDS, stored):
        duck, cluster = both(spark)
        with duck, cluster:
            table = duck.register("kinds", source)
            cluster.register("kinds", source)
            more = table.mutate(
                total=table.small.sum().over(ibis.window(order_by=table.id)), none=ibis.null("date")
            )
            assert_same(duck.run(more), cluster.run(more))


def test_a_written_file_is_sorted_on_disk_and_of_the_promised_types(
    stand: Stand, spark: Desk, tmp_path: Path
) -> None:
    question = FACTS.select("key_hash", "type", "occurred_at").order_by("key_hash")
    with spark.open(), engine.reading() as read, durable.recorded() as steps:
        path = read.write(question, tmp_path / "sorted.parquet")
        slices = list(read.batches(question, rows=500))
    written = pq.read_table(path)
    with DUCK.open(), engine.reading() as read:
        assert written.to_pylist() == read.run(question).to_pylist()
        assert written.schema.types == read.run(question).schema.types
    assert pa.concat_tables(slices).equals(written.cast(slices[0].schema))
    assert max(each.num_rows for each in slices) <= 500
    assert [("write", str(path)), ("fsync", str(path))] == steps[:2]


def test_a_question_ends_when_its_time_is_over(stand: Stand, spark: Desk) -> None:
    with spark.open(), engine.reading() as read:
        with pytest.raises(TooSlow):
            read.run(HEAVY, timeout=0.3)
        assert read.scalar(FACTS.aggregate(n=FACTS.count())) > 0


def test_a_missing_file_is_an_error_and_no_short_answer(stand: Stand, spark: Desk) -> None:
    with spark.open(), engine.reading() as read:
        assert read.snapshot is not None
        path = read.snapshot.lake / read.snapshot.files[0].path
        path.rename(path.with_suffix(".away"))
        try:
            with pytest.raises(LakeBroken):
                read.run(FACTS.group_by("type").aggregate(n=FACTS.count()))
        finally:
            path.with_suffix(".away").rename(path)


@pytest.mark.parametrize(("language", "word"), [("en", "Start it"), ("zh-hans", "请启动")])
def test_no_cluster_is_said_in_plain_words(language: str, word: str) -> None:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    with pytest.raises(XiaoheError) as refused:
        spark_session.connection(f"spark://127.0.0.1:{port}")
    with translation.override(language):
        said = str(refused.value)
    assert refused.value.code == "cluster_missing"
    assert word in said


def test_no_pyspark_is_said_in_plain_words(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(__import__("sys").modules, "pyspark", None)
    with pytest.raises(XiaoheError) as refused:
        spark_session.connection("spark://127.0.0.1:7")
    assert refused.value.code == "no_pyspark"
    assert 'pip install "xiaohe[spark]"' in str(refused.value)


# ---------------------------------------------------------------- last, for it takes a worker away


def test_the_same_answers_though_a_worker_dies_in_the_middle(
    stand: Stand, answers: dict[str, Any], spark: Desk, cluster: Cluster
) -> None:
    with DUCK.open(), engine.reading() as read:
        expected = read.run(HEAVY)
    with spark.open(), engine.reading() as read:
        tracker = spark_session.connection(spark.masters).sparkContext.statusTracker()
        asking = _InBackground(lambda: read.run(HEAVY))
        while not _tasks(tracker) and asking.is_alive():
            time.sleep(0.005)
        executors = cluster.kill_worker(1)
        in_the_middle = asking.is_alive()
        assert_same(expected, asking.answer())
    assert executors >= 1
    assert in_the_middle
    began = time.monotonic()
    asked = [each for each in runs() if EVERYTHING_TWICE or _is_asked_again(each)]
    for each in asked:
        assert_same(answers[each.name], each.answer(spark, stand))
    if report := os.environ.get(REPORT):
        _write_report(Path(report), asked, executors, time.monotonic() - began)


def _is_asked_again(each: Run) -> bool:
    """In CI, of every measure its rows; all of the list by hand (docs/reports/spark-killed-worker.md)."""
    return each.name.endswith("rows") or each.name == "who is who"


def _write_report(path: Path, asked: list[Run], executors: int, seconds: float) -> None:
    lines = [
        "# The whole parity list after a worker was killed",
        "",
        f"`{REPORT}={path} python -m pytest tests/parity/test_spark.py -k dies`, {datetime.now(UTC):%Y-%m-%d}: a standalone cluster of",
        "one master and two workers on one machine. In the middle of a question one worker and its",
        f"{executors} executor(s) are killed with -9; that question's answer is DuckDB's, and so is every",
        f"answer of the list, asked again of the worker that is left: {len(asked)} questions in {seconds:.0f} s.",
        "",
        *(f"- {each}" for each in asked),
    ]
    path.write_text("\n".join(lines) + "\n")


def _tasks(tracker: Any) -> int:
    stages = [tracker.getStageInfo(each) for each in tracker.getActiveStageIds()]
    return sum(each.numActiveTasks for each in stages if each is not None and each.numTasks > 1)


class _InBackground(threading.Thread):
    def __init__(self, ask: Any) -> None:
        super().__init__(daemon=True)
        self._ask, self._found, self._error = ask, None, None
        self.start()

    def run(self) -> None:
        try:
            self._found = self._ask()
        except BaseException as error:
            self._error = error

    def answer(self) -> Any:
        self.join(120)
        if self._error is not None:
            raise self._error
        return self._found
