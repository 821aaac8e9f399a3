"""What the owner remembers of a person: sealed, struck out and restored, following them through a join."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from xiaohe.kernel.errors import BadInput, NotFound
from xiaohe.people import notes
from xiaohe.people.models import Note

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


def texts(person: int) -> list[str]:
    return [note.text for note in notes.of(person)]


def test_a_note_is_kept_sealed_struck_out_and_restored(any_place: Any) -> None:
    number = notes.write(7, "  两只猫， 一只挑嘴 ", now=NOW, user_id=1)

    assert texts(7) == ["两只猫， 一只挑嘴"]
    assert "两只猫".encode() not in bytes(Note.objects.get(pk=number).sealed)
    notes.strike(7, number, now=NOW)
    assert texts(7) == []
    notes.restore(7, number)
    assert texts(7) == ["两只猫， 一只挑嘴"]


def test_nothing_too_much_and_somebody_elses_are_refused(any_place: Any) -> None:
    number = notes.write(7, "不吃鱼", now=NOW, user_id=None)

    with pytest.raises(BadInput, match="Write something first"):
        notes.write(7, "   ", now=NOW, user_id=None)
    with pytest.raises(BadInput, match="holds 200 characters"):
        notes.write(7, "长" * 201, now=NOW, user_id=None)
    with pytest.raises(NotFound):
        notes.strike(8, number, now=NOW)
    assert texts(7) == ["不吃鱼"]
