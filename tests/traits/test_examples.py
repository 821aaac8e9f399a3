"""Stage and tier of shops small enough to follow with a pencil."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pytest

from tests.traits.facts import key, order, table

START = datetime(2025, 1, 1, 12, tzinfo=UTC)
Built = Callable[..., dict[str, pa.Table]]


def bought(*days: int, buyer: str = "ann", paid: int = 1000) -> list[dict[str, Any]]:
    """Orders of one buyer on these days after 1 January 2025."""
    return [
        each
        for day in days
        for each in order(f"{buyer}-{day}", START + timedelta(days=day), buyer, paid=paid)
    ]


def standing(built: Built, facts: list[dict[str, Any]], day: int) -> dict[int, dict[str, Any]]:
    on = date(2025, 1, 1) + timedelta(days=day)
    return {row["person"]: row for row in built(table(facts), on)["rhythm"].to_pylist()}


@pytest.mark.parametrize(
    ("since", "stage"),
    [
        (39, "regular"),  # r = 1.3
        (45, "at_risk"),  # r = 1.5, 15 days beyond the cycle
        (89, "at_risk"),
        (90, "dormant"),  # r = 3
        (119, "dormant"),
        (180, "lost"),  # r = 6
    ],
)
def test_three_purchases_thirty_days_apart(built: Built, since: int, stage: str) -> None:
    # Gaps 30 and 30 and the preset of 30: C = (2·30 + 3·30) ÷ 5 = 30.
    (ann,) = standing(built, bought(0, 30, 60), 60 + since).values()
    assert (ann["cycle"], ann["ratio"]) == (30.0, since / 30)
    assert ann["stage"] == stage


def test_stages_by_number_of_purchases(built: Built) -> None:
    facts = [
        *bought(100, buyer="new"),
        *bought(70, 100, buyer="growing"),
        *bought(40, 70, 100, buyer="regular"),
    ]
    found = standing(built, facts, 110)
    assert {name: found[key(name)]["stage"] for name in ("new", "growing", "regular")} == {
        "new": "new",
        "growing": "growing",
        "regular": "regular",
    }


def test_heavy_is_often_and_among_the_first_fifth(built: Built) -> None:
    facts = bought(*range(0, 120, 10), buyer="often")
    for number in range(9):
        facts += bought(number, number + 40, buyer=f"usual-{number}")
    found = standing(built, facts, 130)
    assert found[key("often")]["tier"] == "heavy"
    assert {found[key(f"usual-{number}")]["tier"] for number in range(9)} == {"buyer"}


def test_the_best_twentieth_are_vip_and_ties_at_the_edge_are_not(built: Built) -> None:
    shop = [bought(number, buyer=f"b{number}", paid=1000 + number) for number in range(40)]
    found = standing(built, [fact for facts in shop for fact in facts], 60)
    # 5 % of 40 are two.
    assert sorted(row["net_365"] for row in found.values() if row["vip"]) == [1038, 1039]
    shop[37] = bought(37, buyer="b37", paid=1038)
    found = standing(built, [fact for facts in shop for fact in facts], 60)
    assert [row["net_365"] for row in found.values() if row["vip"]] == [1039]
