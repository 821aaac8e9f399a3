"""The command and the call answer alike, of rules of every family."""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from typing import Any

import pytest

from tests.api.test_segments import call, key
from tests.segments.state.shop import bring, event, order, put_away_the_library, save, tell
from xiaohe.cli.main import run
from xiaohe.kernel.workspace import Workspace
from xiaohe.shop import clock
from xiaohe.traits import state as traits

RULES = (
    "everyone",
    "stage is new or tier is potential",
    "net_365 >= ¥12 and not muted",
    "last_on in last 40 days",
    "birthday in next 30 days",
    "not did purchase in last 30 days",
    "did message.in in last 48 hours",
    "sum of net over purchase in last 3 months >= ¥20",
    "days since last message.in > 3",
    "did message.in then purchase within 30 days",
    "stage has been new for 3 days",
    "net_365 in top 50 percent",
    'in segment "ours"',
    'share 0 to 50 percent of "spring"',
    "listed (p1, p2)",
)
COLUMNS = "stage,net_365,last_on"


def made(now: datetime) -> None:
    """Some who bought, some who wrote."""
    put_away_the_library()
    save("ours", "stage is new", now)
    for number in range(8):
        who, at = f"n{number}", now - timedelta(days=5 * number, hours=1)
        if number % 2:
            bring(order(f"o{number}", at, who, paid=1000 * number))
        tell(event(who, "message.in", at - timedelta(days=2)), now=now)
    traits.refresh(now)


def test_the_command_answers_what_the_call_does(
    place: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    made(clock.now())
    secret, some = key("segments:read"), 0

    def told(*arguments: str) -> Any:
        assert run(["segment", *arguments, "--json"]) == 0
        return json.loads(capsys.readouterr().out)

    for rule in RULES:
        count = call("/v1/segments/count", secret, "POST", rule=rule)
        people = call("/v1/segments/people", secret, "POST", rule=rule, columns=COLUMNS)
        by_command = told("count", rule)
        assert (count.status, people.status) == (200, 200), (rule, count.json, people.json)
        assert by_command["people"] == count.json["people"] == len(people.json["people"]), rule
        assert by_command["about"] == count.json["about"], rule
        assert told("people", rule, "--columns", COLUMNS)["people"] == people.json["people"], rule
        some += 0 < count.json["people"] < 8
    assert some > 6
