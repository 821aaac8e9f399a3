"""How the acceptance tests count a report: what is not zero, and that it adds up."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

Ask = Callable[..., Any]
BASE = 410000000000000000


def counts(report: Any) -> dict[str, int]:
    """Every outcome that is not zero; they must add up to what was read."""
    found = {name: report[name] for name in ("accepted", "updated", "duplicate")}
    found |= report["excluded"] | report["rejected"]
    assert report["read"] == sum(found.values())
    for side in ("paid", "refunded"):
        parts = report["money_by_outcome"].values()
        assert report["money"][side] == sum(part[side] for part in parts)
    return {name: count for name, count in found.items() if count}


def facts(ask: Ask) -> dict[str, int]:
    return dict(ask("facts", "count")["types"])


def as_text(rows: list[Any]) -> list[Any]:
    """Order numbers as a careful exporter writes them into a workbook: numbers would lose their last digits."""
    return [{name: str(value) if "编号" in name else value for name, value in row.items()} for row in rows]  # fmt: skip
