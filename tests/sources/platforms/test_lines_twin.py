"""Rows of sub-orders in any cut, order and repetition of files, against a slow twin."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.sources.platforms import headers
from tests.sources.platforms.files import NOW, imported, key, orders
from tests.sources.platforms.test_platforms import douyin
from xiaohe.sources import importing

SLOW = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
)


@dataclass(frozen=True)
class Line:
    """One sub-order as its platform knows it."""

    order: int
    part: int
    paid: int
    pieces: int
    is_back: bool

    def cells(self) -> dict[str, str]:
        state = {"订单状态": "已关闭", "售后状态": "退款成功"} if self.is_back else {}
        return douyin(
            f"69300000000000{self.order}{self.part}",
            f"69300000000000{self.order}0",
            订单应付金额=f"{self.paid}.00",
            商品数量=str(self.pieces),
            **state,
        )


LINES = st.lists(
    st.builds(
        Line,
        order=st.integers(1, 4),
        part=st.integers(1, 3),
        paid=st.integers(1, 50),
        pieces=st.integers(1, 3),
        is_back=st.booleans(),
    ),
    min_size=1,
    max_size=8,
    unique_by=lambda line: (line.order, line.part),
)


def expected(lines: list[Line]) -> dict[int, tuple[int, int, float]]:
    """Order → paid, refunded and pieces, added up line by line."""
    found: dict[int, tuple[int, int, float]] = defaultdict(lambda: (0, 0, 0.0))
    for line in lines:
        paid, back, pieces = found[line.order]
        gone = line.paid * 100 if line.is_back else 0
        found[line.order] = (paid + line.paid * 100, back + gone, pieces + line.pieces)
    return dict(found)


@SLOW
@given(lines=LINES, data=st.data())
def test_any_cut_of_the_rows_gives_the_same_orders(
    lines: list[Line], data: st.DataObject, place: object, tmp_path: Path
) -> None:
    mixed = data.draw(st.permutations(lines))
    cut = data.draw(st.integers(0, len(mixed)))
    repeated = data.draw(st.integers(0, len(mixed)))
    files = [some for some in (mixed[:cut], mixed[cut:], mixed[:repeated]) if some]

    reports = [
        imported(tmp_path, headers.DOUYIN_74, [line.cells() for line in some]) for some in files
    ]
    found = {
        each["order_key"]: (each["paid"], each["refunded"], each["quantity"]) for each in orders()
    }
    for report in reversed(reports):
        importing.undo(report.import_id, now=NOW)

    wanted = {
        key("order", f"douyin:69300000000000{order}0"): told
        for order, told in expected(lines).items()
    }
    assert found == wanted
    assert orders() == []
