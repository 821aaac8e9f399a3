"""Timelines: the latest facts of few people, from whichever files and rows hold them."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pyarrow.compute as pc
import pytest

from tests.ledger.facts import NOW, Line, import_lines, tap
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import compaction, engine, imports, stream
from xiaohe.ledger.drain import drain
from xiaohe.ledger.models import FileRole, LakeFile
from xiaohe.ledger.timeline import facts_of, place_of, timeline


def everything(read: engine.Reading) -> list[dict[str, Any]]:
    """All facts, latest first, the plain way."""
    facts: list[dict[str, Any]] = read.run(read.facts).to_pylist()

    def place(fact: dict[str, Any]) -> tuple[Any, ...]:
        row = -1 if fact["row_no"] is None else fact["row_no"]
        return (fact["occurred_at"], row, fact["key_hash"])

    return sorted(facts, key=place, reverse=True)


@pytest.fixture
def shop(any_place: Workspace) -> Workspace:
    """Compacted facts, an import and a drained file beside them, and facts still waiting."""
    import_lines([Line(key, order=key, type="order.paid") for key in range(1, 400)])
    undone, _ = import_lines([Line(key, type="order.item") for key in range(400, 500)])
    stream.record([tap(f"early {n}", days_ago=n % 30) for n in range(60)], now=NOW)
    drain(NOW, force=True)
    compaction.compact(force=True)
    imports.undo(undone, now=NOW)
    import_lines([Line(key, type="order.item") for key in range(500, 550)])
    stream.record([tap(f"drained {n}", days_ago=n % 30) for n in range(40)], now=NOW)
    drain(NOW, force=True)
    stream.record([tap(f"waiting {n}", days_ago=n % 30) for n in range(40)], now=NOW)
    return any_place


def test_a_timeline_has_every_fact_once_and_in_order_page_by_page(shop: Workspace) -> None:
    assert LakeFile.objects.filter(role=FileRole.SUBJECT, retired_us=None).exists()
    with engine.reading() as read:
        for subjects in ([5], [2, 5], [999]):
            wanted = [fact for fact in everything(read) if fact["subject"] in subjects]
            page = timeline(read, subjects, limit=30)
            found = page.to_pylist()
            while page.num_rows == 30:
                page = timeline(read, subjects, limit=30, before=place_of(page))
                found += page.to_pylist()
            assert found == wanted


def test_facts_of_few_and_of_many_are_the_same(
    shop: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    since = NOW - timedelta(days=10)
    with engine.reading() as read:
        wanted = {
            fact["key_hash"]
            for fact in everything(read)
            if fact["subject"] in (1, 5)
            and fact["type"] == "task.done"
            and fact["occurred_at"] >= since
        }
        for many in (0, 1000):
            monkeypatch.setattr("xiaohe.ledger.timeline.MANY", many)
            facts = facts_of(read, [1, 5], types=["task.done", "order.paid"], since=since)
            found = read.run(facts)
            assert set(found["key_hash"].to_pylist()) == wanted
            assert pc.count_distinct(found["key_hash"]).as_py() == found.num_rows
        assert read.run(facts_of(read, [5])).num_rows == len(
            [fact for fact in everything(read) if fact["subject"] == 5]
        )


def test_a_lost_file_by_subject_is_an_error_and_not_a_short_timeline(shop: Workspace) -> None:
    listed = LakeFile.objects.filter(role=FileRole.SUBJECT, retired_us=None).first()
    assert listed is not None
    (shop.lake / listed.path).unlink()
    with engine.reading() as read:
        assert read.scalar(read.facts.count()) > 0
        with pytest.raises(engine.LakeBroken):
            timeline(read, [5], limit=10)
