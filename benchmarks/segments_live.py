"""Seconds from an event to its membership, by HTTP: `python benchmarks/segments_live.py --data DIR [--seconds 30]`.

DIR holds the shop of `benchmarks/segments.py --data DIR` (it is made here if it is not there). `xiaohe web` and
`xiaohe worker` run over it as `xiaohe up` starts them, 2,000 events a second come to /v1/batch in calls of 100, and four
times a second somebody does what a segment of their own waits for: how long until `segments.state.current` counts them.
All of it on the same cores. CPU seconds of both parts stand beside.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sys
import tempfile
import threading
import time
import urllib.error
import urllib.request
import uuid
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from benchmarks.ingest_http import _status
from tests.api.server import Server

EVENTS, SENDERS, USERS = 100, 4, 20_000
WARM_UP = 8.0
PROBE, SLUG = "Probe", "live-probe"
# What comes, in percent: goods looked at are what attributes stand on, purchases what the shop's lines do.
TRAFFIC = {
    "views": {"Page Viewed": 50, "Product Viewed": 30, "Product Added": 18, "Order Completed": 2},
    "plain": {"Page Viewed": 60, "Lesson Started": 40},
}


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=50_000)
    arguments.add_argument("--facts", type=int, default=1_000_000)
    arguments.add_argument("--data", default="")
    arguments.add_argument("--seconds", type=float, default=30)
    arguments.add_argument("--rate", type=int, default=2_000, help="events a second")
    arguments.add_argument("--traffic", choices=sorted(TRAFFIC), default="views")
    asked = arguments.parse_args()
    home = Path(asked.data or tempfile.mkdtemp(prefix="xiaohe-segments-")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(XIAOHE_HOME=str(home), DJANGO_SETTINGS_MODULE="xiaohe.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from benchmarks.queries_data import Shop, prepare

    prepare(home, Shop(asked.people, asked.facts))
    _hundred_segments()
    logs = os.environ.get("LIVE_LOGS") or tempfile.mkdtemp()
    with Server(home, Path(logs)) as server:
        told = server.command("sources", "add", "--kind", "segment", "--name", f"live {uuid.uuid4().hex[:8]}", "--json")  # fmt: skip
        _measure(server, json.loads(told)["write_key"], asked)


def _hundred_segments() -> None:
    from benchmarks.segments_rules import SEGMENTS
    from xiaohe.segments import actions, queries
    from xiaohe.segments.text import parse

    now, words = datetime.now(UTC), queries.vocabulary()
    known = {each.slug for each in (*queries.segments(), *queries.segments(archived=True))}
    texts = {each.slug: each.text for each in SEGMENTS} | {SLUG: f"did custom:{PROBE} today"}
    for slug, text in texts.items():
        if slug not in known:
            actions.save(slug, parse(text, words), None, now)


def _measure(server: Server, key: str, asked: argparse.Namespace) -> None:
    from xiaohe.segments import state
    from xiaohe.traits import state as traits

    for call in range(USERS // EVENTS):
        users = [f"user-{call * EVENTS + place}" for place in range(EVENTS)]
        _post(server, _body(key, [("Page Viewed", user) for user in users]))
    # Everybody is known before the clock runs: whoever is new is asked about everything.
    now = datetime.now(UTC)
    traits.refresh(now)
    state.refresh(now, anew=True)
    _quiet()
    senders = [
        threading.Thread(target=_send, args=(server, key, number, asked, time.time() + 1))
        for number in range(SENDERS)
    ]
    probes = Probes(server, key, asked.seconds)
    before = {part: _cpu(server, part) for part in ("web", "worker")}
    began = time.monotonic()
    for each in senders:
        each.start()
    waits = probes.measured()
    for each in senders:
        each.join()
    took = time.monotonic() - began
    spent = {part: _cpu(server, part) - before[part] for part in before}
    waits.sort()
    sent = sum(_SENT)
    print(
        f"{asked.traffic}: {sent:,} events ({sent / asked.seconds:,.0f}/s), {len(waits)} of {probes.sent} seen; event to"
        f" membership p50 {waits[len(waits) // 2]:.2f} s, p99 {waits[len(waits) * 99 // 100]:.2f} s, most {waits[-1]:.2f} s;"
        f" {probes.generations} generations; cpu of {took:.0f} s: web {spent['web']:.1f} s, worker {spent['worker']:.1f} s"
    )


def _quiet() -> None:
    """Until nothing of what is before us is left to follow, nor to record: a base of another day changes a million people."""
    from xiaohe.ledger import store
    from xiaohe.segments.state import generation, recording

    deadline = time.monotonic() + 900
    while time.monotonic() < deadline:
        newest = generation.newest()
        has_seen_all = newest is not None and newest.position.tap >= store.versions()[1]
        if has_seen_all and not recording.is_waiting():
            return
        time.sleep(0.5)


class Probes:
    """Somebody new in the segment, again and again; each is seen when it has become one larger than before."""

    def __init__(self, server: Server, key: str, seconds: float) -> None:
        self._server, self._key, self._seconds = server, key, seconds
        self._first = self._count()
        self.sent = self.generations = 0

    def measured(self) -> list[float]:
        sent: list[float] = []
        seen: list[float] = []
        sender = threading.Thread(target=self._send, args=(sent,))
        sender.start()
        last = -1
        deadline = time.monotonic() + self._seconds + 60
        while time.monotonic() < deadline:
            count = self._count() - self._first
            if count != last:
                self.generations, last = self.generations + 1, count
            seen += [time.monotonic()] * (count - len(seen))
            if not sender.is_alive() and len(seen) >= len(sent):
                break
            time.sleep(0.03)
        self.sent = len(sent)
        return [at - since for since, at in zip(sent, seen, strict=False)]

    def _send(self, sent: list[float]) -> None:
        # The first one after a start puts every question together.
        started = time.monotonic() + WARM_UP
        for number in range(int((self._seconds - WARM_UP) * 4)):
            time.sleep(max(0.0, started + number / 4 - time.monotonic()))
            at = time.monotonic()
            # From the far end of those known.
            user = f"user-{USERS - 1 - self._first - number}"
            _post(self._server, _body(self._key, [(PROBE, user)]))
            sent.append(at)

    def _count(self) -> int:
        from xiaohe.segments import state
        from xiaohe.segments.rules.tree import InSegment

        return int(state.current(datetime.now(UTC)).count(InSegment(SLUG)))


_SENT = [0] * SENDERS


def _send(server: Server, key: str, number: int, asked: argparse.Namespace, start: float) -> None:
    rng = random.Random(number)
    names, weights = zip(*TRAFFIC[asked.traffic].items(), strict=True)
    connection = socket.create_connection(("127.0.0.1", server.port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    every = EVENTS * SENDERS / asked.rate
    call = 0
    while (due := start + call * every + number * every / SENDERS) < start + asked.seconds:
        chosen = rng.choices(names, weights, k=EVENTS)
        body = _body(key, [(name, f"user-{rng.randrange(USERS)}") for name in chosen])
        time.sleep(max(0.0, due - time.time()))
        head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        connection.sendall(head.encode() + body)
        if _status(connection) == 200:
            _SENT[number] += EVENTS
        call += 1


def _body(key: str, events: list[tuple[str, str]]) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    batch = [_event(name, user, now) for name, user in events]
    return json.dumps({"batch": batch, "sentAt": now, "writeKey": key}).encode()


def _event(name: str, user: str, now: str) -> dict[str, Any]:
    properties: dict[str, Any] = {"product_id": f"sku-{hash(user) % 500}", "category": "Tea", "price": 7.5, "currency": "CNY"}  # fmt: skip
    if name == "Order Completed":
        properties = {"order_id": uuid.uuid4().hex, "total": 30, "currency": "CNY"}
    return {
        "type": "track", "event": name, "userId": user, "timestamp": now,
        "messageId": uuid.uuid4().hex, "properties": properties,
    }  # fmt: skip


def _post(server: Server, body: bytes) -> None:
    request = urllib.request.Request(server.address + "/v1/batch", body)
    request.add_header("Content-Type", "application/json")
    while True:
        try:
            urllib.request.urlopen(request, timeout=60).read()
            return
        except urllib.error.HTTPError as refused:
            # What lay in the inbox of a kept folder is drained first.
            if refused.code != 429:
                raise
            time.sleep(1)


def _cpu(server: Server, name: str) -> float:
    """CPU seconds of one part and its children so far."""
    group = server._parts[name][0].pid
    ticks = 0
    for folder in Path("/proc").iterdir():
        try:
            if os.getpgid(int(folder.name)) == group:
                told = (folder / "stat").read_text().rpartition(")")[2].split()
                ticks += int(told[11]) + int(told[12])
        except (OSError, ValueError):
            continue
    return ticks / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
