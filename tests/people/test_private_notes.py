"""A private note: another colleague cannot read it; a manager's look is written down, and its author sees it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from xiaohe.kernel.errors import NotAllowed, NotFound
from xiaohe.people import notes, private_notes
from xiaohe.people.models import Note
from xiaohe.shop import signin
from xiaohe.shop.models import AuditAct, AuditEntry, User

NOW = datetime(2025, 6, 30, 4, tzinfo=UTC)


@pytest.fixture
def desk(any_place: Any) -> dict[str, Any]:
    """Two consultants, one of whom keeps a note to herself, and the owner."""
    lin, wang = (User.objects.create(username=name) for name in ("lin", "wang"))
    number = private_notes.write(7, "镯子圈口 54，丈夫不知道", now=NOW, user_id=lin.pk)
    notes.write(7, "喜欢翡翠", now=NOW - timedelta(days=1), user_id=lin.pk)
    return {"lin": lin, "wang": wang, "owner": signin.owner(), "note": number}


def texts(user: Any) -> list[str]:
    return [each.text for each in private_notes.seen_by(user, 7)]


def test_another_colleague_sees_nothing_of_it_and_cannot_open_it(desk: dict[str, Any]) -> None:
    assert texts(desk["lin"]) == ["镯子圈口 54，丈夫不知道", "喜欢翡翠"]
    assert texts(desk["wang"]) == ["喜欢翡翠"]
    assert [each.text for each in notes.of(7)] == ["喜欢翡翠"]

    with pytest.raises(NotFound):
        private_notes.open_one(7, desk["note"], desk["wang"], now=NOW)
    with pytest.raises(NotFound):
        private_notes.ask_may_change(7, desk["note"], desk["wang"])
    assert not AuditEntry.objects.exists()


def test_a_manager_opens_it_with_one_tap_that_is_written_down_for_the_author(
    desk: dict[str, Any],
) -> None:
    owner, lin = desk["owner"], desk["lin"]
    closed, _open = private_notes.seen_by(owner, 7)
    assert (closed.text, closed.is_closed, closed.author) == ("", True, "lin")

    shown = private_notes.open_one(7, desk["note"], owner, now=NOW)

    assert shown.text == "镯子圈口 54，丈夫不知道"
    entry = AuditEntry.objects.get()
    assert (entry.act, entry.user_id, entry.person, entry.at) == (
        AuditAct.OPENED.value,
        owner.pk,
        7,
        NOW,
    )
    mine = private_notes.seen_by(lin, 7)[0]
    assert [(each.by, each.at) for each in mine.opened] == [("owner", NOW)]
    # Opened once is not open for good.
    assert private_notes.seen_by(owner, 7)[0].is_closed


def test_the_authors_own_look_is_nobodys_business(desk: dict[str, Any]) -> None:
    assert private_notes.open_one(7, desk["note"], desk["lin"], now=NOW).is_mine
    assert not AuditEntry.objects.exists()


def test_only_the_author_strikes_it_out(desk: dict[str, Any]) -> None:
    with pytest.raises(NotAllowed):
        private_notes.ask_may_change(7, desk["note"], desk["owner"])
    private_notes.ask_may_change(7, desk["note"], desk["lin"])


def test_the_words_are_sealed_and_gone_with_the_person(desk: dict[str, Any]) -> None:
    assert all("镯子".encode() not in bytes(row.sealed) for row in Note.objects.all())
    assert private_notes.forget([7]) == 2
    assert texts(desk["lin"]) == []
