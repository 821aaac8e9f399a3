"""Identifiers on their way into the control store: the same whether they came in one run or in many."""

from __future__ import annotations

import pytest

from xiaohe.kernel.workspace import Workspace
from xiaohe.people import grams, identifiers, runs, store
from xiaohe.people.identifiers import Recorder
from xiaohe.people.keys import Kind, Namespace, hasher

BUYERS = 40


def _record(copies: int) -> list[int]:
    hashed = hasher()
    subjects = [hashed("member", f"taobao:买家{number}") for number in range(BUYERS)]
    recorder = Recorder()
    for _copy in range(copies):
        for number, subject in enumerate(subjects):
            recorder.add(subject, Namespace.MEMBER, f"taobao:买家{number}", kind=Kind.MEMBER)
            recorder.add(subject, Namespace.PHONE, f"138{number:08d}", kind=Kind.PHONE)
            recorder.add(subject, Namespace.NAME, f"张{number % 7}**", kind=Kind.RECEIVER)
            recorder.add(subject, Namespace.NAME, " ", kind=Kind.RECEIVER)
    recorder.flush()
    return subjects


@pytest.mark.parametrize("run", [7, 1_000])
def test_values_are_written_once_however_many_runs_there_are(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, run: int
) -> None:
    monkeypatch.setattr(identifiers, "RUN", run)
    monkeypatch.setattr(identifiers, "REMEMBERED", 2)
    monkeypatch.setattr(runs, "MOST_PAIRS", 5)
    monkeypatch.setattr(runs, "CHUNK_PAIRS", 3)

    subjects = _record(copies=2)

    assert len(store.values_of(subjects)) == 3 * BUYERS
    name = grams.hashed("name:买")
    assert store.subjects_with([name], 2 * BUYERS) == sorted(subjects)
    told = identifiers.values_of(subjects[:1])[subjects[0]]
    assert {(each.kind, each.text) for each in told} == {
        (Kind.MEMBER, "taobao:买家0"),
        (Kind.PHONE, "13800000000"),
        (Kind.RECEIVER, "张0**"),
    }
    assert not any(place.derived.glob("tmp/*"))


def test_stating_them_again_adds_nothing(place: Workspace, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(identifiers, "RUN", 7)
    _record(copies=1)
    before = store.rows("SELECT count(*) FROM people_search_gram")

    _record(copies=1)

    assert store.rows("SELECT count(*) FROM people_search_gram") == before
