"""A client as SDKs are: it sends batches, tries again until it is told yes, and sometimes sends again what went well."""

from __future__ import annotations

import base64
import http.client
import json
import random
import threading
import time
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

EVENTS = 20
# Older than the keys the ledger keeps at hand, so that only the lake can tell whether they are known.
LONG_AGO = timedelta(days=40)


@dataclass(frozen=True)
class Event:
    """One numbered event; whenever it is sent, its own time stays the same."""

    number: int
    at: datetime

    def as_json(self) -> dict[str, object]:
        return {
            "type": "track",
            "event": "Soak",
            "messageId": f"soak-{self.number}",
            "userId": f"user-{self.number % 500}",
            "timestamp": self.at.isoformat(),
            "properties": {"n": self.number},
        }


@dataclass
class Sent:
    """What a run sent, and what it was told."""

    acknowledged: set[int] = field(default_factory=set)
    given_up: set[int] = field(default_factory=set)
    answers: Counter[str] = field(default_factory=Counter)


class Sender(threading.Thread):
    """Sends until told to stop, then until everything it did not give up is acknowledged."""

    def __init__(self, port: int, write_key: str, first: int, seed: int) -> None:
        super().__init__(name=f"sender-{first}", daemon=True)
        self.sent = Sent()
        self._port = port
        self._key = write_key
        self._next = first
        self._random = random.Random(seed)
        self._stopping = threading.Event()
        self._waiting: list[list[Event]] = []
        self._done: list[list[Event]] = []

    def stop(self) -> None:
        self._stopping.set()

    def run(self) -> None:
        while not self._stopping.is_set():
            self._send(self._something())
            time.sleep(self._random.uniform(0, 0.1))
        deadline = time.monotonic() + 120
        while self._waiting and time.monotonic() < deadline:
            self._send(self._waiting.pop(0), give_up=False)

    def _something(self) -> list[Event]:
        """Mostly new events, sometimes those that failed before, now and then some that did not."""
        chance = self._random.random()
        if self._waiting and chance < 0.4:
            return self._waiting.pop(self._random.randrange(len(self._waiting)))
        if self._done and chance > 0.85:
            return self._random.choice(self._done)
        return self._new()

    def _new(self) -> list[Event]:
        now = datetime.now(UTC)
        events = []
        for _ in range(EVENTS):
            ago = LONG_AGO if self._random.random() < 0.1 else timedelta(0)
            events.append(Event(self._next, now - ago))
            self._next += 1
        return events

    def _send(self, events: list[Event], *, give_up: bool = True) -> None:
        numbers = {each.number for each in events}
        outcome = self._post(events)
        self.sent.answers[outcome] += 1
        if outcome == "200":
            self.sent.acknowledged |= numbers
            self._done = [*self._done[-200:], events]
        elif numbers <= self.sent.acknowledged:
            # Sent once more although it went well before: nothing is owed.
            return
        elif give_up and self._random.random() < 0.1:
            self.sent.given_up |= numbers
        else:
            self._waiting.append(events)
            time.sleep(0.05)

    def _post(self, events: list[Event]) -> str:
        # Another moment of sending each time, and a clock that is a little off.
        sent_at = datetime.now(UTC) + timedelta(seconds=self._random.uniform(-90, 90))
        body = {"batch": [each.as_json() for each in events], "sentAt": sent_at.isoformat()}
        login = base64.b64encode(f"{self._key}:".encode()).decode()
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=15)
        try:
            connection.request(
                "POST",
                "/v1/batch",
                json.dumps(body),
                {"Authorization": f"Basic {login}", "Content-Type": "application/json"},
            )
            return str(connection.getresponse().status)
        except (OSError, http.client.HTTPException) as error:
            return type(error).__name__
        finally:
            connection.close()
