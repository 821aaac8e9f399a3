"""Dead letters: seen, fixed, replayed once, dropped; never more of them than there is room for."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine
from xiaohe.sources import writekeys
from xiaohe.sources.models import DeadLetter
from xiaohe.sources.segment import dead, taking
from xiaohe.sources.writekeys import Writer

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)
BAD = {
    "type": "track", "event": "Order Completed", "userId": "u1", "messageId": "m1", "timestamp": "2026-11-20T07:00:00Z",
    "properties": {"order_id": "9", "total": "12,5"},
}  # fmt: skip
GOOD = {**BAD, "properties": {"order_id": "9", "total": "12.50"}}


@pytest.fixture
def writer(any_place: Workspace) -> Writer:
    return writekeys.writer_for(writekeys.add("segment", "site", NOW)[0])


def amounts() -> list[int]:
    with engine.reading() as read:
        found = read.run(read.facts.filter(read.facts.type == "order.paid").select("amount"))
    return found["amount"].to_pylist()


def letter() -> int:
    (found,) = dead.ids()
    return found


def test_a_fixed_letter_is_in_the_ledger_once_however_often_it_comes(writer: Writer) -> None:
    taking.take([BAD], writer, NOW)
    assert dead.replay(letter(), NOW).reason == "bad_money"
    assert dead.fix(letter(), GOOD, NOW) is None

    number = letter()
    assert dead.replay(number, NOW + timedelta(days=3)).recorded
    taking.take([BAD, GOOD], writer, NOW)
    assert dead.fix(letter(), GOOD, NOW) is None
    assert dead.replay(letter(), NOW).recorded

    assert (amounts(), dead.ids()) == ([1250], [])


def test_a_replayed_event_happened_when_it_came_not_when_it_was_replayed(writer: Writer) -> None:
    sent = NOW + timedelta(hours=5)
    late = {**GOOD, "userId": None, "timestamp": (sent - timedelta(minutes=1)).isoformat()}
    taking.take([late], writer, NOW, sent_at=sent)
    dead.fix(letter(), {**late, "userId": "u1"}, NOW)

    dead.replay(letter(), NOW + timedelta(days=3))

    with engine.reading() as read:
        (at,) = set(read.run(read.facts.select("occurred_at"))["occurred_at"].to_pylist())
    assert at == NOW - timedelta(minutes=1)


def test_a_fix_that_does_not_help_is_kept_and_says_why_and_the_id_stays(writer: Writer) -> None:
    taking.take([BAD], writer, NOW)

    assert (
        dead.fix(letter(), {**GOOD, "userId": ""}, NOW)
        == "It has neither a userId nor an anonymousId."
    )
    assert DeadLetter.objects.get().reason == "missing_id"
    with pytest.raises(BadInput, match="messageId"):
        dead.fix(letter(), {**GOOD, "messageId": "m2"}, NOW)


def test_letters_are_sealed_and_bounded_in_number_and_age(
    writer: Writer, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(dead, "MOST_LETTERS", 3)

    taking.take([{**BAD, "messageId": f"m{n}"} for n in range(5)], writer, NOW)

    assert DeadLetter.objects.count() == 3
    assert writekeys.one("site").dead_dropped == 2
    assert b"u1" not in bytes(DeadLetter.objects.first().sealed)  # type: ignore[union-attr]
    taking.take([{**BAD, "messageId": "m9"}], writer, NOW + timedelta(days=31))
    assert DeadLetter.objects.count() == 1


def test_by_command_an_event_is_written_out_edited_taken_back_and_replayed(
    writer: Writer, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    taking.take([BAD], writer, NOW)
    file = tmp_path / "event.json"

    assert _said(capsys, "sources", "dead", "list", "--json")["letters"][0]["reason"] == "bad_money"
    _said(capsys, "sources", "dead", "show", letter(), "--to", file, "--json")
    event = json.loads(file.read_text())
    event["properties"]["total"] = 12.5
    file.write_text(json.dumps(event))
    assert _said(capsys, "sources", "dead", "fix", letter(), "--from", file, "--json")["readable"]
    assert _said(capsys, "sources", "dead", "replay", "--all", "--json") == {
        "replayed": 1,
        "left": [],
    }

    assert amounts() == [1250]
    assert file.stat().st_mode & 0o077 == 0


def _said(capsys: pytest.CaptureFixture[str], *arguments: object) -> Any:
    from xiaohe.cli.main import run

    capsys.readouterr()
    assert run([str(each) for each in arguments]) == 0
    return json.loads(capsys.readouterr().out)
