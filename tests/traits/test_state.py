"""Versions of the state over a real ledger: imports, taps and undo show, and nobody sees half a version."""

from __future__ import annotations

import shutil
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tests.traits.facts import fact, key, order, table
from xiaohe.ledger import bulk
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.shop import clock
from xiaohe.traits import state

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)  # noon in Shanghai
JUNE = datetime(2025, 6, 1, 4, tzinfo=UTC)


def bring(facts: list[dict[str, Any]]) -> int:
    """Import facts through the bulk door."""
    staged = table(facts).drop_columns(["import_id", "recorded_at", "row_no"])
    rows = pa.array(range(staged.num_rows), pa.int64())
    staged = staged.append_column("row_no", rows)
    staged = staged.append_column("in_file_ordinal", pa.array([False] * staged.num_rows))
    with bulk.open_import(kind="orders", source="table", label=None, now=NOW) as door:
        door.stage(staged.select(STAGED_SCHEMA.names).cast(STAGED_SCHEMA))
        for _rows in door.settle():
            pass
        door.commit({}, now=NOW)
        return door.id


def people(shown: state.State) -> dict[int, dict[str, Any]]:
    with shown.reading() as read:
        return {row["person"]: row for row in read.run(read.table("rhythm")).to_pylist()}


def test_an_empty_shop_has_an_empty_state(place) -> None:
    shown = state.current()
    assert people(shown) == {}
    assert shown.data_until is None


def test_a_rebuild_that_needs_more_memory_than_it_was_given_takes_more(place, monkeypatch) -> None:
    bring([*order("first", JUNE), *order("second", datetime(2025, 6, 11, 4, tzinfo=UTC))])
    state.refresh(NOW)
    expected = people(state.current())
    monkeypatch.setenv("XIAOHE_STATE_MEMORY", "1MB")
    before = state.current().id
    shutil.rmtree(state.current().folder)
    state.refresh(NOW)
    assert state.current().id != before
    assert people(state.current()) == expected


def test_an_import_shows_after_a_refresh(place) -> None:
    bring([*order("first", JUNE), *order("second", datetime(2025, 6, 11, 4, tzinfo=UTC))])
    version = state.refresh(NOW)
    shown = state.current()
    ann = people(shown)[key("ann")]
    assert shown.version == version
    assert shown.data_until == date(2025, 6, 11)
    assert (ann["occasions"], ann["own_median"], ann["last_on"]) == (2, 10.0, date(2025, 6, 11))
    # C = (1·10 + 3·30) ÷ 4 with the preset of 30 days.
    assert (ann["cycle"], ann["preset"], ann["basis"]) == (25.0, True, "one_gap")
    assert ann["due_on"] == date(2025, 7, 6)


def test_a_link_shows_without_folding_the_orders_again(place) -> None:
    bring(order("first", JUNE))
    state.refresh(NOW)
    before = state.current().path("orders").stat().st_ino
    _tap_link("ann")
    state.refresh(NOW)
    shown = state.current()
    assert people(shown)[key("ann")]["linked"] is True
    assert shown.path("orders").stat().st_ino == before


def test_a_day_in_the_past_sees_only_what_was_before_it(place) -> None:
    bring([*order("first", JUNE), *order("second", datetime(2025, 6, 11, 4, tzinfo=UTC))])
    then = state.as_of(date(2025, 6, 11))
    assert people(then)[key("ann")]["occasions"] == 1
    assert state.as_of(date(2025, 6, 11)).folder == then.folder


def test_a_reader_keeps_its_version_while_newer_ones_come(place) -> None:
    bring(order("first", JUNE))
    state.refresh(NOW)
    held = state.current()
    with held.reading() as read:
        bring(order("other", JUNE, "bob"))
        state.refresh(NOW)
        assert read.run(read.table("rhythm")).num_rows == 1
    assert len(people(state.current())) == 2


def test_whoever_bought_this_morning_has_been_seen(place) -> None:
    bring([*order("first", JUNE), *order("today", datetime(2025, 6, 30, 1, tzinfo=UTC))])
    state.refresh(NOW)
    ann = people(state.current())[key("ann")]
    assert (ann["last_on"], ann["last_seen"]) == (date(2025, 6, 1), date(2025, 6, 30))


def test_undoing_an_import_restores_every_number(place) -> None:
    from xiaohe.ledger import imports

    bring(order("first", JUNE))
    state.refresh(NOW)
    before = people(state.current())
    second = bring(order("second", datetime(2025, 6, 11, 4, tzinfo=UTC)))
    state.refresh(NOW)
    assert people(state.current()) != before
    imports.undo(second, now=NOW)
    state.refresh(NOW)
    assert people(state.current()) == before


def _tap_link(person: str) -> None:
    from xiaohe.ledger import stream
    from xiaohe.shop import accounts

    account = accounts.account_named("wecom", "Ahe")
    row = fact("link.started", NOW, subject=key(person), account_id=account.id)
    names = {field: row[field] for field in stream.Fact._fields if field in row}
    stream.record([stream.Fact(**{**names, "key": "tap 1"})], now=NOW)


def test_the_account_column_is_that_of_the_newest_link(built) -> None:
    from tests.traits.facts import link, links_of

    facts = table(order("first", JUNE))
    links = links_of(
        [
            link("ann", datetime(2025, 1, 1)),  # noqa: DTZ001
            link("ann", datetime(2025, 3, 1), account_id=2),  # noqa: DTZ001
            link("ann", datetime(2025, 4, 1), account_id=3, private=False),  # noqa: DTZ001
        ]
    )
    found = built(facts, date(2025, 6, 30), links=links)["rhythm"]
    assert pc.unique(found["account_id"]).to_pylist() == [2]


def test_where_the_clock_was_set_back_the_state_of_then_is_shown(place) -> None:
    with clock.set_to(NOW):
        state.refresh(clock.now())
        late = state.current().at
        state.refresh(late - timedelta(hours=1))
        assert state.current().at == late
    with clock.set_to(NOW - timedelta(hours=11)):
        state.refresh(clock.now())
        assert state.current().at < late
