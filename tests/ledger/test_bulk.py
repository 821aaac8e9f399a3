"""The bulk door: seen whole or not at all, each fact once."""

from __future__ import annotations

import pytest

from tests.ledger.facts import NOW, Line, import_lines, keys, numbered, staged, visible
from xiaohe.kernel.ids import mix_one
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import bulk, catalogue, engine, imports, lease
from xiaohe.ledger.models import Import, LakeFile


def test_facts_of_an_import_are_read_after_its_commit(any_place: Workspace) -> None:
    number, rows = import_lines(numbered([3, 1, 2], content=9), report={"read": 3})

    assert visible() == [(1, 9, number), (2, 9, number), (3, 9, number)]
    assert [(row["row_no"], row["facts_new"]) for row in rows] == [(1, 1), (2, 1), (3, 1)]
    (told,) = imports.listing()
    assert (told.id, told.state, told.report, told.label) == (
        number,
        "committed",
        {"read": 3},
        b"sealed",
    )


def test_the_same_file_again_adds_nothing(any_place: Workspace) -> None:
    first, _ = import_lines(numbered(range(500)))

    _, rows = import_lines(numbered(range(500)))

    assert {(row["facts_new"], row["facts_known"], row["changed"]) for row in rows} == {(0, 1, 0)}
    assert visible() == [(key, 0, first) for key in range(500)]


def test_an_overlapping_file_adds_what_is_new_and_counts_what_changed(place: Workspace) -> None:
    import_lines(numbered([1, 2], content=5))

    _, rows = import_lines([Line(1, 5), Line(2, 6), Line(3, 7)])

    outcome = [(row["facts_new"], row["facts_known"], row["changed"]) for row in rows]
    assert outcome == [(0, 1, 0), (0, 1, 1), (1, 0, 0)]
    assert [(key, content) for key, content, _ in visible()] == [(1, 5), (2, 5), (3, 7)]


def test_of_one_key_twice_in_a_file_the_first_wins(place: Workspace) -> None:
    _, rows = import_lines([Line(1, 5), Line(1, 5), Line(1, 6)])

    outcome = [(row["facts_new"], row["facts_known"], row["changed"]) for row in rows]
    assert outcome == [(1, 0, 0), (0, 1, 0), (0, 1, 1)]
    assert [(key, content) for key, content, _ in visible()] == [(1, 5)]


def test_identical_lines_of_an_order_are_all_kept_and_known_again(place: Workspace) -> None:
    lines = [Line(1, by_ordinal=True)] * 3

    _, first = import_lines(lines, slice_rows=2)
    _, again = import_lines([*lines, Line(1, by_ordinal=True)], slice_rows=2)

    assert keys() == sorted([1, mix_one(1, 1), mix_one(1, 2), mix_one(1, 3)])
    assert [row["facts_new"] for row in first] == [1, 1, 1]
    assert [row["facts_new"] for row in again] == [0, 0, 0, 1]


def test_a_row_says_whether_its_order_was_known_and_paid_before(place: Workspace) -> None:
    import_lines(
        [
            Line(1, order=10, type="order.created"),
            Line(2, order=20, type="order.created"),
            Line(3, order=20, type="order.paid"),
            Line(4, order=30, type="order.item"),
        ]
    )

    _, rows = import_lines(
        [
            Line(11, order=10, type="order.paid", row=1),
            Line(12, order=20, type="order.closed", row=2),
            Line(13, order=30, type="order.created", row=3),
            Line(14, order=40, type="order.created", row=4),
            Line(15, order=40, type="order.paid", row=4),
        ]
    )

    assert [(row["order_was_known"], row["order_was_paid"]) for row in rows] == [
        (True, False),
        (True, True),
        (False, False),
        (False, False),
    ]
    assert rows[3]["facts_new"] == 2


def test_facts_of_one_row_in_two_slices_are_one_row(place: Workspace) -> None:
    _, rows = import_lines(
        [Line(1, row=1), Line(2, row=1), Line(3, row=1), Line(4, row=2)], slice_rows=2
    )

    assert [(row["row_no"], row["facts_new"]) for row in rows] == [(1, 3), (2, 1)]


def test_many_slices_spill_and_settle_like_few(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaohe.ledger.staging.SPILL_AT", 300)
    monkeypatch.setattr("xiaohe.ledger.settle.LOOKUP", 200)
    monkeypatch.setattr("xiaohe.ledger.files.FILE_ROWS", 250)
    spread = [Line(key=mix_one(number % 700, 1), content=number // 700, order=mix_one(number % 90, 2),
                   type="order.created") for number in range(1000)]  # fmt: skip

    import_lines(spread)
    number, rows = import_lines([*spread, Line(5)])

    assert len(keys()) == 701
    assert sum(row["facts_new"] for row in rows) == 1
    assert sum(row["changed"] for row in rows) == 300
    assert sum(row["order_was_known"] for row in rows) == 1000
    assert LakeFile.objects.filter(import_id=number, role="shadow").count() == 3


def test_leaving_the_door_without_commit_leaves_nothing(place: Workspace) -> None:
    with bulk.open_import(kind="orders", source="table", now=NOW) as door:
        door.stage(staged(numbered([1])))

    assert keys() == []
    assert Import.objects.get().state == "abandoned"
    assert list((place.lake / "staging").iterdir()) == []
    import_lines(numbered([1]))


def test_what_runs_also_in_the_commit_fails_with_it(any_place: Workspace) -> None:
    def refuse() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        import_lines(numbered([1]), also=refuse)

    assert keys() == []
    assert imports.listing() == []


def test_the_staged_view_shows_the_ledger_as_it_will_be(place: Workspace) -> None:
    import_lines(numbered([1]))
    with bulk.open_import(kind="orders", source="table", now=NOW) as door:
        door.stage(staged(numbered([1, 2])))
        with door.staged_view() as read:
            assert keys(read) == [1, 2]
        assert keys() == [1]


def test_an_unknown_type_or_property_is_refused(place: Workspace) -> None:
    with bulk.open_import(kind="orders", source="table", now=NOW) as door:
        with pytest.raises(catalogue.UnknownFactType, match=r"order\.eaten"):
            door.stage(staged([Line(1, type="order.eaten")]))
        table = staged([Line(1)])
        named = table.set_column(
            table.schema.get_field_index("props"), "props", [['{"phone":"x"}']]
        )
        with pytest.raises(catalogue.UnknownProps, match="phone"):
            door.stage(named)


def test_a_second_importer_waits_and_then_is_asked_to_come_later(place: Workspace) -> None:
    with (
        bulk.open_import(kind="orders", source="table", now=NOW),
        pytest.raises(lease.Busy),
    ):
        bulk.open_import(kind="orders", source="table", now=NOW, wait_seconds=0.1)

    bulk.open_import(kind="orders", source="table", now=NOW, wait_seconds=0.1).abandon()


def test_an_empty_import_commits_with_its_report(place: Workspace) -> None:
    number, rows = import_lines([])

    assert rows == []
    assert imports.one(number).state == "committed"


def test_files_are_sorted_and_carry_exact_types(place: Workspace) -> None:
    import_lines([Line(9, amount=250), Line(1, amount=-3), Line(8, amount=1)])

    with engine.reading() as read:
        facts = read.facts
        table = read.run(facts.agg(total=facts.amount.sum(), first=facts.occurred_at.min()))
    assert table["total"].to_pylist() == [248]
    assert str(table.schema.field("total").type) == "int64"
