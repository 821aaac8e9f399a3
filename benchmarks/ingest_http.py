"""Durable events a second over HTTP: `python benchmarks/ingest_http.py [--seconds 20] [--recent 30] [--postgres URL]`.

Four client processes send batches of 100 (60 KB of JSON, made beforehand, raw sockets) to `xiaohe web`, which acknowledges
what is on disk, while `xiaohe worker` files it; all on the same two cores. `--recent N` first lays down N million keys of the
last weeks. In the same run the store alone takes the same rows, 100 a commit: the ratio is what the rest of the way costs.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import socket
import sqlite3
import statistics
import sys
import tempfile
import time
import urllib.request
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from multiprocessing import get_context
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.api.server import Server

CLIENTS = 4
EVENTS = 100
PLACE = b"@@@@@@@@"
NAMES = ("Product Viewed", "Product Added", "Lesson Started", "Quiz Finished", "Order Completed")
COLUMNS = 17


@dataclass(frozen=True)
class Sent:
    """What one client saw."""

    milliseconds: list[float]
    refused: int


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--seconds", type=float, default=20)
    arguments.add_argument("--warm-up", type=float, default=3)
    arguments.add_argument("--recent", type=float, default=0, help="million keys known before")
    arguments.add_argument("--postgres", default="", help="URL of an empty database")
    arguments.add_argument("--raw-seconds", type=float, default=5)
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        os.environ.update(
            XIAOHE_HOME=str(home),
            XIAOHE_DATABASE_URL=asked.postgres,
            DJANGO_SETTINGS_MODULE="xiaohe.settings",
        )
        server = Server(home, Path(folder), asked.postgres)
        server.command("prepare")
        if asked.recent:
            _lay_down(int(asked.recent * 1_000_000))
        with server:
            _measure(server, asked)
        _raw(Path(folder), asked, server_rate=_RATE[0])


_RATE = [0.0]


def _measure(server: Server, asked: argparse.Namespace) -> None:
    made = server.command("sources", "add", "--kind", "segment", "--name", "bench", "--json")
    key = json.loads(made)["write_key"]
    start = time.time() + 1
    end = start + asked.warm_up + asked.seconds
    context = get_context("spawn")
    with context.Pool(CLIENTS) as pool:
        jobs = [
            pool.apply_async(_client, (server.port, key, number, start, start + asked.warm_up, end))
            for number in range(CLIENTS)
        ]
        watched = _watch(server, key, start + asked.warm_up, end)
        sent = [job.get() for job in jobs]
    took = sorted(each for client in sent for each in client.milliseconds)
    _RATE[0] = len(took) * EVENTS / asked.seconds
    print(
        f"{'PostgreSQL' if asked.postgres else 'SQLite'}, {asked.recent:g} M recent keys, {asked.seconds:g} s:"
        f" {_RATE[0]:,.0f} events/s, p50 {took[len(took) // 2]:.0f} ms, p99 {took[len(took) * 99 // 100]:.0f} ms,"
        f" {sum(client.refused for client in sent)} refused"
    )
    print(watched)


def _client(port: int, key: str, number: int, start: float, count_from: float, end: float) -> Sent:
    bodies = [_body(random.Random(number * 10 + n), key) for n in range(4)]
    took: list[float] = []
    refused = calls = 0
    connection = socket.create_connection(("127.0.0.1", port))
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    time.sleep(max(0.0, start - time.time()))
    while time.time() < end:
        body = bodies[calls % len(bodies)].replace(PLACE, f"{number}{calls:07x}".encode())
        head = f"POST /v1/batch HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        began = time.perf_counter()
        connection.sendall(head.encode() + body)
        status = _status(connection)
        milliseconds = (time.perf_counter() - began) * 1000
        calls += 1
        if status == 200:
            if time.time() >= count_from:
                took.append(milliseconds)
        else:
            refused += 1
            time.sleep(0.2)
    return Sent(took, refused)


def _status(connection: socket.socket) -> int:
    """The status of one answer, its head and body read."""
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += connection.recv(65536)
    head, _gap, rest = answer.partition(b"\r\n\r\n")
    lines = head.decode().lower().split("\r\n")
    length = next(int(line.split(":")[1]) for line in lines if line.startswith("content-length"))
    while len(rest) < length:
        rest += connection.recv(65536)
    return int(lines[0].split()[1])


def _body(rng: random.Random, key: str) -> bytes:
    now = datetime.now(UTC).isoformat(timespec="milliseconds")
    batch = [_event(rng, number, now) for number in range(EVENTS)]
    return json.dumps({"batch": batch, "sentAt": now, "writeKey": key}).encode()


def _event(rng: random.Random, number: int, now: str) -> dict[str, Any]:
    name = rng.choices(NAMES, [50, 15, 15, 18, 2])[0]
    properties: dict[str, Any] = {
        "product_id": f"sku-{rng.randrange(500)}", "name": f"Green tea of the spring harvest {rng.randrange(500)}",
        "price": rng.randrange(1000) / 100, "currency": "CNY", "category": "Tea", "brand": "Xiaohe", "position": 3,
        "level": rng.randrange(9), "plan": "gold", "visit": "second this month", "score": rng.random(),
    }  # fmt: skip
    if name == "Order Completed":
        products = [{"product_id": f"sku-{n}", "price": 7.5, "quantity": 2} for n in range(2)]
        properties = {"order_id": f"{PLACE.decode()}{number}", "total": 30, "products": products}
    return {
        "type": "track", "event": name, "userId": f"user-{rng.randrange(20_000)}", "timestamp": now,
        "messageId": f"ajs-next-{PLACE.decode()}-{number:04d}-{uuid.UUID(int=rng.getrandbits(128))}",
        "properties": properties, "integrations": {},
        "context": {"library": {"name": "analytics-python", "version": "2.4.0"}, "page": {"path": "/tea"}, "locale": "zh-CN"},
    }  # fmt: skip


def _watch(server: Server, key: str, start: float, end: float) -> str:
    """Memory, the age of the inbox, and how long a fact takes to be read by somebody else, once a second."""
    import django

    django.setup()
    from xiaohe.ledger import engine, store
    from xiaohe.ledger.instants import to_us

    seen: list[float] = []
    ages: list[float] = []
    memory: list[float] = []
    own: list[float] = []
    deepest = probes = 0
    time.sleep(max(0.0, start - time.time()))
    while time.time() < end - 1:
        probes += 1
        began = time.perf_counter()
        _post(server, key, probes)
        while True:
            with engine.reading() as read:
                found = read.facts.filter(read.facts.type == "custom:Probe")
                if read.run(found.count().name("n").as_table())["n"][0].as_py() >= probes:
                    break
        seen.append((time.perf_counter() - began) * 1000)
        first = store.first_waiting_us()
        ages.append(0 if first is None else (to_us(datetime.now(UTC)) - first) / 1e6)
        deepest = max(deepest, store.moment().inbox_rows)
        memory.append(server.memory_mb("web") + server.memory_mb("worker"))
        # Runs of recent keys are mapped files: they grow with the keys and can be dropped at any time.
        own.append(sum(server.memory_mb(part, "Pss_Anon:") for part in ("web", "worker")))
        time.sleep(1)
    if not seen:
        return "  no time for a look"
    seen.sort()
    return (
        f"  seen by a reader: p50 {statistics.median(seen):.0f} ms, worst {seen[-1]:.0f} ms of {len(seen)};"
        f" inbox {deepest:,} deep, oldest {max(ages):.0f} s; web + worker {_quarters(memory)} MB,"
        f" peak {max(memory):.0f}; without mapped files {_quarters(own)} MB, peak {max(own):.0f}"
    )


def _quarters(told: list[float]) -> str:
    return " → ".join(f"{told[at * (len(told) - 1) // 4]:.0f}" for at in range(5))


def _post(server: Server, key: str, number: int) -> None:
    told = {"event": "Probe", "userId": "probe", "writeKey": key, "messageId": f"probe-{number}"}
    request = urllib.request.Request(server.address + "/v1/track", json.dumps(told).encode())
    urllib.request.urlopen(request, timeout=30).read()


# ---------------------------------------------------------------- the store alone


def _raw(folder: Path, asked: argparse.Namespace, server_rate: float) -> None:
    """The same rows, 100 a commit, durable, unique by key: nothing read, checked, masked or filed."""
    rng = random.Random(7)
    text = json.dumps(_event(rng, 1, "2026-11-22T08:00:00.000Z")["properties"])
    row = (
        "segment:1",
        "product.viewed",
        1,
        False,
        1,
        2,
        None,
        None,
        None,
        None,
        750,
        "CNY",
        1.0,
        None,
        text,
        False,
    )
    place = "%s" if asked.postgres else "?"
    insert = f"INSERT INTO raw_facts VALUES ({', '.join([place] * COLUMNS)})"
    columns = (
        "key BIGINT PRIMARY KEY, source TEXT, type TEXT, occurred BIGINT, date_only BOOLEAN, recorded BIGINT, subject BIGINT,"
        " order_key BIGINT, other BIGINT, item BIGINT, account BIGINT, amount BIGINT, currency TEXT, quantity FLOAT,"
        " content BIGINT, props TEXT, late BOOLEAN"
    )
    connection: Any
    if asked.postgres:
        import psycopg

        connection = psycopg.connect(asked.postgres)
    else:
        connection = sqlite3.connect(folder / "raw.db", isolation_level="IMMEDIATE")
        connection.execute("PRAGMA journal_mode=WAL")
        connection.execute("PRAGMA synchronous=FULL")
    cursor = connection.cursor()
    cursor.execute("DROP TABLE IF EXISTS raw_facts")
    cursor.execute(f"CREATE TABLE raw_facts ({columns})")
    connection.commit()
    rows = 0
    began = time.perf_counter()
    while (gone := time.perf_counter() - began) < asked.raw_seconds:
        cursor.executemany(insert, [(rng.getrandbits(63), *row) for _ in range(EVENTS)])
        connection.commit()
        rows += EVENTS
    connection.close()
    print(f"  the store alone: {rows / gone:,.0f} rows/s; ratio {server_rate / (rows / gone):.2f}")


def _lay_down(keys: int) -> None:
    import django

    django.setup()
    from benchmarks.stream_record import _lay_down

    _lay_down(keys)


if __name__ == "__main__":
    main()
