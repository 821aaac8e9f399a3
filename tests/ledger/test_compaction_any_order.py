"""Imports, undos, taps, drains and compaction in any order: the numbers are those of the plain answer."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db.models import F
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.ledger.facts import NOW, Line, import_lines, tap, visible
from tests.ledger.layouts import (
    by_subject,
    forget_keys,
    hashed,
    in_both_layouts,
    lower_thresholds,
)
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import (
    compaction,
    drain,
    imports,
    recovery,
    stream,
)
from xiaohe.ledger.models import (
    FreedKey,
    Import,
    InboxBatch,
    InboxKey,
    KeyRun,
    LakeFile,
    LedgerState,
    Retraction,
)

NAMES = [f"k{number}" for number in range(6)]
STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("import"), st.lists(st.tuples(st.integers(0, 5), st.integers(1, 3)))),
        st.tuples(st.just("undo"), st.integers(0, 5)),
        st.tuples(st.just("record"), st.tuples(st.integers(0, 5), st.integers(1, 3))),
        st.tuples(st.just("take_back"), st.integers(0, 5)),
        st.tuples(st.just("drain"), st.none()),
        st.tuples(st.just("compact"), st.booleans()),
        st.tuples(st.just("collect"), st.none()),
    ),
    min_size=4,
    max_size=12,
)


class Twin:
    """The plain answer, statement by statement; old facts only, so that every door compares with the lake."""

    def __init__(self) -> None:
        # Key → content and whose it is; None: the stream's.
        self.facts: dict[str, tuple[int, int | None]] = {}
        self.shadows: dict[int | None, dict[str, int]] = {None: {}}
        self.waiting: list[tuple[str, int]] = []
        self.recent: set[str] = set()

    def add(self, number: int, lines: list[tuple[str, int]]) -> None:
        self.shadows[number] = {}
        stated: dict[str, int] = {}
        for key, content in lines:
            stated.setdefault(key, content)
        for key, content in stated.items():
            if key in self.facts:
                self.shadows[number][key] = content
            else:
                self.facts[key] = (content, number)

    def undo(self, number: int) -> None:
        del self.shadows[number]
        for key in [key for key, (_content, owner) in self.facts.items() if owner == number]:
            del self.facts[key]
            heirs = sorted(each for each in self.shadows if each is not None)
            for heir in [*heirs, None]:
                if key in self.shadows[heir]:
                    self.facts[key] = (self.shadows[heir][key], heir)
                    break

    def record(self, key: str, content: int) -> None:
        if key not in self.recent:
            self.recent.add(key)
            self.waiting.append((key, content))

    def take_back(self, key: str) -> None:
        if key not in self.recent:
            return
        self.recent.remove(key)
        self.waiting = [each for each in self.waiting if each[0] != key]
        self.shadows[None].pop(key, None)
        if key in self.facts and self.facts[key][1] is None:
            del self.facts[key]

    def drain(self) -> None:
        for key, content in self.waiting:
            if key in self.facts:
                self.shadows[None][key] = content
            else:
                self.facts[key] = (content, None)
        self.waiting = []

    def visible(self) -> list[tuple[int, int, int | None]]:
        return sorted((hashed(key), content, who) for key, (content, who) in self.facts.items())


@settings(
    max_examples=25,
    deadline=None,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(steps=STEPS)
def test_any_order_of_everything_equals_the_plain_answer(
    place: Workspace, few_rows: None, steps: list[tuple[str, Any]]
) -> None:
    start_over()
    forget_keys()
    twin = Twin()
    for verb, argument in [*steps, ("drain", None), ("compact", True)]:
        obey(twin, verb, argument)
        assert visible() == by_subject() == twin.visible(), verb
    assert in_both_layouts(place) == twin.visible()
    assert not Retraction.objects.exists()


def obey(twin: Twin, verb: str, argument: Any) -> None:
    if verb == "import":
        lines = [(NAMES[name], content) for name, content in argument]
        number, _ = import_lines([Line(hashed(key), content) for key, content in lines])
        twin.add(number, lines)
    elif verb == "undo":
        counting = sorted(each for each in twin.shadows if each is not None)
        if counting:
            number = counting[argument % len(counting)]
            imports.undo(number, now=NOW)
            twin.undo(number)
    elif verb == "record":
        key, content = NAMES[argument[0]], argument[1]
        stream.record([tap(key, days_ago=100, content=content)], now=NOW)
        twin.record(key, content)
    elif verb == "take_back":
        stream.take_back(hashed(NAMES[argument]), NOW)
        twin.take_back(NAMES[argument])
    elif verb == "drain":
        drain.drain(NOW, force=True)
        twin.drain()
    elif verb == "compact":
        compaction.compact(force=argument)
    else:
        recovery.collect(utc_now() + timedelta(days=2))


@pytest.fixture
def few_rows(monkeypatch: pytest.MonkeyPatch) -> None:
    lower_thresholds(monkeypatch)


def start_over() -> None:
    """Every example begins with an empty ledger."""
    for model in (LakeFile, Retraction, Import, InboxBatch, InboxKey, KeyRun, FreedKey):
        model.objects.all().delete()
    LedgerState.objects.update(inbox_rows=0, key_version=F("key_version") + 1)
