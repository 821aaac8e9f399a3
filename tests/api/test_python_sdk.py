"""The unmodified `segment-analytics-python` against a server that is killed again and again: everything, and once."""

from __future__ import annotations

import json
import random
import threading
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from segment.analytics.client import Client

from tests.api.server import Server
from tests.processes import PATIENCE_SECONDS
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import engine

EVENTS = 3_000
KILLS = 4


@pytest.fixture
def server(place: Workspace, tmp_path: Path) -> Any:
    with Server(place.home, tmp_path) as running:
        yield running


def test_everything_the_python_sdk_was_given_arrives_once_through_kills(server: Server) -> None:
    key = json.loads(
        server.command("sources", "add", "--kind", "segment", "--name", "sdk", "--json")
    )
    failed: list[Any] = []
    client = Client(
        write_key=key["write_key"], host=server.address, gzip=True, upload_size=25, upload_interval=0.05,
        max_queue_size=EVENTS, on_error=lambda error, batch: failed.append(error),
    )  # fmt: skip
    rng = random.Random(11)
    teller = threading.Thread(target=_tell, args=(client, rng))
    teller.start()

    for _kill in range(KILLS):
        time.sleep(rng.uniform(0.2, 1.2))
        server.kill_web()
        server.start_web()
    teller.join()
    client.flush()
    client.join()

    assert failed == []
    numbers = _eventually(lambda: _numbers("custom:Step Done"), EVENTS)
    assert sorted(numbers) == list(range(EVENTS))
    plain = b"".join(file.read_bytes() for file in server.log_files)
    assert b"138001380" not in plain
    assert b"@example.com" not in plain


def _tell(client: Client, rng: random.Random) -> None:
    for number in range(EVENTS):
        user = f"user-{rng.randrange(200)}"
        client.track(user, "Step Done", {"number": number})
        if number % 100 == 0:
            client.identify(
                user, {"phone": f"138001380{number % 90 + 10}", "email": f"{user}@example.com"}
            )
        time.sleep(0.001)


def _numbers(type_name: str) -> list[int]:
    with engine.reading() as read:
        found = read.run(read.facts.filter(read.facts.type == type_name).select("props"))
    return [json.loads(each)["properties"]["number"] for each in found["props"].to_pylist()]


def _eventually(look: Callable[[], list[int]], wanted: int) -> list[int]:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while len(found := look()) < wanted and time.monotonic() < deadline:
        time.sleep(0.3)
    return found
