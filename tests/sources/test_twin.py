"""Random files and sequences of import, overlap and undo, against a slow twin written from docs/definitions.md."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.files import (
    CLOSED,
    NEWER,
    PAID,
    SHIPPED,
    UNPAID,
    cells_of,
    csv_bytes,
    file,
    order,
    xlsx_bytes,
    zip_bytes,
)
from tests.sources.test_taobao import counts
from xiaohe.ledger import engine
from xiaohe.sources import importing

NOW = datetime(2025, 7, 1, tzinfo=UTC)
SLOW = settings(
    max_examples=12,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Row:
    """One order row: enough to write it and to judge it."""

    number: int
    status: str
    paid: int
    refunded: int
    run: int  # numbers of one run of the test never meet those of another

    def cells(self) -> dict[str, str]:
        return order(
            193_000_000_000_000_000 + self.run * 1_000 + self.number,
            f"买家{self.number % 3}",
            f"{self.paid}.00" if self.status != UNPAID else "0.00",
            订单状态=self.status,
            退款金额=f"{self.refunded}.00",
        )

    def was_paid(self) -> bool:
        return self.status in (PAID, SHIPPED) or (self.status == CLOSED and self.paid > 0)

    def states(self) -> frozenset[tuple[object, ...]]:
        """What the row states; a status states those before it."""
        found: set[tuple[object, ...]] = {(self.number, "created")}
        if self.was_paid():
            found.add((self.number, "paid", self.paid))
            if self.refunded:
                found.add((self.number, "refunded", self.refunded))
        if self.status in (SHIPPED, PAID):
            found.add((self.number, "shipped"))
        if self.status == PAID:
            found.add((self.number, "completed"))
        if self.status == CLOSED:
            found.add((self.number, "closed"))
        return frozenset(found)

    def outcome(self, known: set[tuple[object, ...]], in_file: set[tuple[object, ...]]) -> str:
        was_known = (self.number, "created") in known
        was_paid = any(state[:2] == (self.number, "paid") for state in known)
        if self.states() <= known | in_file:
            return "duplicate"
        if self.status == UNPAID:
            return "unpaid"
        if self.status == CLOSED:
            return "updated" if was_paid else "closed"
        if self.refunded and self.refunded >= self.paid:
            return "updated" if was_known else "refunded"
        return "updated" if was_known else "accepted"


def rows(run: int = 0) -> st.SearchStrategy[Row]:
    return st.builds(
        Row,
        number=st.integers(0, 6),
        status=st.sampled_from([PAID, PAID, SHIPPED, UNPAID, CLOSED]),
        paid=st.sampled_from([0, 10, 20]),
        refunded=st.sampled_from([0, 0, 5, 10, 20]),
        run=st.just(run),
    )


RUNS = iter(range(1, 10_000))


@SLOW
@given(
    steps=st.lists(
        st.one_of(st.lists(rows(), min_size=1, max_size=8), st.integers(0, 5)), max_size=6
    )
)
def test_imports_overlaps_and_undo_against_the_twin(
    steps: list[list[Row] | int], place: object, tmp_path: Path
) -> None:
    run = next(RUNS)
    live: dict[int, set[tuple[object, ...]]] = {}
    for step in steps:
        if isinstance(step, int):
            if live:
                import_id = sorted(live)[step % len(live)]
                importing.undo(import_id, now=NOW)
                del live[import_id]
            continue
        mine = [Row(row.number, row.status, row.paid, row.refunded, run) for row in step]
        known = set().union(*live.values())
        stated: set[tuple[object, ...]] = set()
        expected: Counter[str] = Counter()
        for row in mine:
            expected[row.outcome(known, stated)] += 1
            stated |= row.states()
        path = file(tmp_path, "orders.csv", csv_bytes(NEWER, [row.cells() for row in mine]))

        report = importing.run(path, now=NOW)

        assert counts(report) == dict(expected)
        live[report.import_id] = stated
    with engine.reading() as read:
        visible = read.facts.filter(read.facts.import_id.isin(sorted(live) or [0]))
        assert read.run(visible).num_rows == len(set().union(*live.values()))


@SLOW
@given(mine=st.lists(rows(), min_size=1, max_size=20))
def test_one_set_of_rows_in_any_dress_gives_one_report(
    mine: list[Row], place: object, tmp_path: Path
) -> None:
    run = next(RUNS)
    cells = [Row(row.number, row.status, row.paid, row.refunded, run).cells() for row in mine]
    dresses = {
        "utf8.csv": csv_bytes(NEWER, cells, "utf-8"),
        "bom.csv": csv_bytes(NEWER, cells, "utf-8-sig", "\t"),
        "gbk.csv": csv_bytes(NEWER, cells, "gbk"),
        "utf16.csv": csv_bytes(NEWER, cells, "utf-16"),
        "sheet.xlsx": xlsx_bytes({"订单报表": [list(row) for row in cells_of(NEWER, cells)]}),
        "packed.zip": zip_bytes({"orders.csv": csv_bytes(NEWER, cells)}),
        "packed.csv.gz": csv_bytes(NEWER, cells),
    }
    told = []
    for name, content in dresses.items():
        report = importing.run(file(tmp_path, name, content), now=NOW)
        told.append({**report.as_json(), "import_id": 0, "encoding": ""})
        importing.undo(report.import_id, now=NOW)

    assert all(each == told[0] for each in told)
