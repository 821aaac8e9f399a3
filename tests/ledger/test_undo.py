"""Undo: what an import brought is gone, what others stated too is theirs."""

from __future__ import annotations

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.facts import NOW, Line, import_lines, keys, numbered, visible
from xiaohe.kernel.ids import mix_one
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import imports, recovery
from xiaohe.ledger.models import Import, LakeFile, Retraction


def test_an_undone_import_is_gone_and_may_come_again(any_place: Workspace) -> None:
    number, _ = import_lines(numbered([1, 2]))

    imports.undo(number, now=NOW)

    assert visible() == []
    assert [each.state for each in imports.listing()] == ["undone"]
    assert Retraction.objects.get().import_id == number
    again, rows = import_lines(numbered([1, 2]))
    assert [row["facts_new"] for row in rows] == [1, 1]
    assert visible() == [(1, 0, again), (2, 0, again)]


def test_undoing_the_first_of_two_gives_what_the_second_alone_would(any_place: Workspace) -> None:
    first, _ = import_lines(numbered([1, 2, 3], content=5))
    second, rows = import_lines([Line(2, 5), Line(3, 6), Line(3, 7), Line(4, 8)])
    assert [row["facts_new"] for row in rows] == [0, 0, 0, 1]

    imports.undo(first, now=NOW)

    assert visible() == [(2, 5, second), (3, 6, second), (4, 8, second)]


def test_a_promoted_fact_moves_on_when_its_import_is_undone_too(place: Workspace) -> None:
    first, second, third = (import_lines([Line(1, content)])[0] for content in (5, 6, 7))

    imports.undo(first, now=NOW)
    assert visible() == [(1, 6, second)]
    imports.undo(second, now=NOW)
    assert visible() == [(1, 7, third)]
    imports.undo(third, now=NOW)
    assert visible() == []


def test_undo_in_passes_by_key_promotes_the_same(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("xiaohe.ledger.imports.PASS_ROWS", 100)
    spread = [mix_one(number, 1) for number in range(1000)]
    first, _ = import_lines(numbered(spread))
    second, _ = import_lines(numbered(spread[500:]))

    imports.undo(first, now=NOW)

    assert visible() == sorted((key, 0, second) for key in spread[500:])


def test_what_does_not_count_cannot_be_undone(place: Workspace) -> None:
    number, _ = import_lines(numbered([1]))
    imports.undo(number, now=NOW)

    with pytest.raises(imports.NotUndoable):
        imports.undo(number, now=NOW)
    with pytest.raises(imports.NoSuchImport):
        imports.undo(999, now=NOW)


def test_a_failing_undo_changes_nothing(any_place: Workspace) -> None:
    number, _ = import_lines(numbered([1]))

    def refuse() -> None:
        raise RuntimeError

    with pytest.raises(RuntimeError):
        imports.undo(number, now=NOW, also=refuse)

    assert keys() == [1]
    assert list((any_place.lake / "staging").iterdir()) == []


def test_files_of_an_undone_import_are_deleted_a_day_later(place: Workspace) -> None:
    from datetime import timedelta

    from xiaohe.kernel.clock import utc_now

    number, _ = import_lines(numbered([1]))
    imports.undo(number, now=NOW)

    assert recovery.recover(utc_now()).files_collected == 0
    assert recovery.recover(utc_now() + timedelta(days=2)).files_collected == 1
    assert list(place.lake.rglob("*.parquet")) == []
    assert not LakeFile.objects.exists()


# ---------------------------------------------------------------- any order of imports and undos

LINES = st.lists(
    st.builds(
        Line,
        key=st.integers(1, 8),
        content=st.integers(1, 3),
        by_ordinal=st.just(False),
    )
    | st.builds(
        Line, key=st.integers(101, 103), content=st.integers(1, 2), by_ordinal=st.just(True)
    ),
    max_size=12,
)
STEPS = st.lists(
    st.tuples(st.just("import"), LINES) | st.tuples(st.just("undo"), st.integers(0, 5)),
    min_size=2,
    max_size=7,
)


class Model:
    """The plain answer: imports in their order, each key belongs to the first that states it."""

    def __init__(self) -> None:
        self.stated: dict[int, dict[int, int]] = {}

    def add(self, number: int, lines: list[Line]) -> None:
        seen: dict[int, int] = {}
        counts: dict[int, int] = {}
        for line in lines:
            key = line.key
            if line.by_ordinal:
                ordinal = counts.get(key, 0)
                counts[key] = ordinal + 1
                key = mix_one(key, ordinal) if ordinal else key
            seen.setdefault(key, line.content)
        self.stated[number] = seen

    def visible(self) -> list[tuple[int, int, int | None]]:
        winners: dict[int, tuple[int, int]] = {}
        # A fact stays with whom it is until that import goes; then it is the earliest other's.
        for number in sorted(self.stated):
            for key, content in self.stated[number].items():
                winners.setdefault(key, (content, number))
        return sorted((key, content, number) for key, (content, number) in winners.items())


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_any_order_of_imports_and_undos_equals_the_plain_answer(
    place: Workspace, steps: list[tuple[str, object]]
) -> None:
    _start_over()
    model = Model()
    for verb, argument in steps:
        if verb == "import":
            assert isinstance(argument, list)
            before = {key for key, _content, _number in model.visible()}
            number, rows = import_lines(argument, slice_rows=3)
            model.add(number, argument)
            after = {key for key, _content, _number in model.visible()}
            assert sum(row["facts_new"] for row in rows) == len(after - before)
            assert sum(row["facts_new"] + row["facts_known"] for row in rows) == len(argument)
        elif model.stated:
            numbers = sorted(model.stated)
            number = numbers[int(str(argument)) % len(numbers)]
            imports.undo(number, now=NOW)
            del model.stated[number]
        assert visible() == model.visible()


def _start_over() -> None:
    """Every example begins with an empty ledger."""
    for model in (LakeFile, Retraction, Import):
        model.objects.all().delete()
