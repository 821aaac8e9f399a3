"""Nearly full: large work stops and goes on by itself. Really full, or read-only: nothing acknowledged is lost."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from tests.acceptance import exports
from tests.asking import Answer, ask
from tests.conftest import _pointed_at as pointed_at
from tests.ops.conftest import payments
from tests.ops.disks import SmallDisk
from xiaohe import jobs
from xiaohe.channels.webhook import endpoints, signature
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.cli.main import run
from xiaohe.jobs import runner
from xiaohe.kernel import disk
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.store import connection, rows
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import backup, bulk, compaction, drain
from xiaohe.shop import signin

NEARLY_FULL = "0.01"
Refused = disk.NearlyFull


@jobs.handler("test.large")
def large(job: jobs.Running) -> None:
    """Work that needs room."""
    disk.ask_for_room()


@pytest.fixture
def orders(tmp_path: Path) -> Path:
    table = [exports.order(n, f"tea{n}", "10.00", "2026-06-01 10:00:00") for n in range(1, 9)]
    return exports.csv(tmp_path / "orders.csv", exports.LEGACY_ORDERS, table)


@pytest.fixture
def small(tmp_path: Path, template_store: Path, django_db_blocker: Any) -> Iterator[SmallDisk]:
    """The current workspace stands on a disk of 24 MB."""
    made = SmallDisk.mounted(tmp_path / "disk")
    if made is None:
        pytest.skip("a tmpfs cannot be mounted here (not root, or a container without the right)")
    home = made.root / "home"
    home.mkdir(mode=0o700)
    (home / "xiaohe.db").write_bytes(template_store.read_bytes())
    try:
        with django_db_blocker.unblock(), pointed_at(home):
            yield made
    finally:
        made.unmount()


def tell(door: Added, number: int) -> Answer:
    """A signed message about payment `number`."""
    data = {"order_id": f"A-{number}", "customer_id": "c1", "amount": 10, "currency": "CNY"}
    event = {"type": "order.paid", "timestamp": datetime.now(UTC).isoformat(), "data": data}
    body = json.dumps(event).encode()
    signed = signature.sign([door.secret], f"msg_{number}", body, datetime.now(UTC))
    headers = {name.replace("-", "_"): value for name, value in signed.as_headers().items()}
    return ask(f"/hooks/{door.id}", "POST", body, **headers)


# ---------------------------------------------------------------- above the limit


@pytest.mark.parametrize(
    "work",
    [
        lambda home: bulk.open_import(kind="orders", source="table", now=utc_now()),
        lambda home: backup.backup(home / "saved.tar", now=utc_now()),
        lambda home: compaction.compact(force=True),
    ],
    ids=["import", "backup", "compaction"],
)
def test_large_work_is_not_begun(
    place: Workspace, work: Callable[[Path], object], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(disk.LIMIT, NEARLY_FULL)

    with pytest.raises(Refused) as refusal:
        work(place.home)

    assert refusal.value.code == "disk_nearly_full"
    assert not (place.home / "saved.tar").exists()


@pytest.mark.parametrize("command", ["import", "export", "backup", "sample"])
def test_commands_say_so_in_a_sentence(
    place: Workspace,
    command: str,
    orders: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    out = tmp_path / "out"
    arguments = {
        "import": [orders],
        "export": ["all", out],
        "backup": [out],
        "sample": ["--out", out],
    }[command]
    monkeypatch.setenv("LANG", "C.UTF-8")
    monkeypatch.setenv(disk.LIMIT, NEARLY_FULL)

    code = run([command, *map(str, arguments)])

    said = capsys.readouterr().err
    assert code == 6, said
    assert "Above 0 % only what arrives by itself is still written. Make room" in said


def test_pages_say_so_and_take_no_file(
    place: Workspace, orders: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    client = Client(headers={"accept-language": "en"})
    client.force_login(signin.owner())
    assert "The disk is" not in client.get("/data").content.decode()
    monkeypatch.setenv(disk.LIMIT, NEARLY_FULL)

    page = client.get("/data").content.decode()
    with orders.open("rb") as handle:
        refused = client.post("/uploads", {"files": handle})

    assert "what arrives by itself is still kept. Make room, and they go on." in page
    assert refused.status_code == 507
    assert "Above 0 % only what arrives by itself is still written." in refused.content.decode()
    assert not place.spool.exists() or not list(place.spool.iterdir())


def test_the_doctor_sees_a_full_disk_and_an_inbox_nobody_files(
    place: Workspace, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    place.secret("hash")
    door = endpoints.add_inbound("shop", utc_now())
    assert tell(door, 1).status == 200
    rows("UPDATE ledger_inboxbatch SET recorded_us = recorded_us - 1800000000")
    monkeypatch.setenv(disk.LIMIT, NEARLY_FULL)

    assert run(["doctor", "--json"]) == 0

    found = {
        each["about"]: each["mark"] for each in json.loads(capsys.readouterr().out)["findings"]
    }
    assert (found["disk"], found["inbox"], found["worker"]) == ("warn", "warn", "good")


def test_what_arrives_by_itself_still_lands_and_is_filed(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv(disk.LIMIT, NEARLY_FULL)
    door = endpoints.add_inbound("shop", utc_now())

    assert tell(door, 1).status == 200
    assert drain.drain(utc_now(), force=True).rows > 0

    assert payments() == [1]


def test_a_stopped_job_loses_no_try_and_goes_on_by_itself(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    number = jobs.enqueue("test.large")
    monkeypatch.setenv(disk.LIMIT, NEARLY_FULL)
    for _again in range(8):
        rows("UPDATE jobs_job SET run_at = 0")
        runner.run_pending(names=["test.large"])

    waiting = jobs.status(number)
    monkeypatch.delenv(disk.LIMIT)
    rows("UPDATE jobs_job SET run_at = 0")
    runner.run_pending(names=["test.large"])

    assert waiting is not None
    assert waiting.error is not None
    assert (waiting.state, waiting.attempts, waiting.error.code) == ("ready", 0, "disk_nearly_full")
    done = jobs.status(number)
    assert done is not None
    assert done.state == "done"


# ---------------------------------------------------------------- really full


def test_on_a_full_disk_nothing_acknowledged_is_lost(small: SmallDisk) -> None:
    door = endpoints.add_inbound("shop", utc_now())
    small.fill(leaving=600_000)
    answers = [tell(door, number) for number in range(60)]
    taken = [number for number, each in enumerate(answers) if each.status == 200]
    refused = [each for each in answers if each.status != 200]

    assert taken
    assert {each.status for each in refused} == {503}
    assert {each.json["error"]["code"] for each in refused} == {"no_space"}
    assert all(int(each.headers["Retry-After"]) > 0 for each in refused)
    assert payments() == [1] * len(taken)

    small.free()
    again = [tell(door, number).status for number in range(60)]

    assert set(again) == {200}
    assert payments() == [1] * 60


def test_a_drain_on_a_full_disk_changes_nothing_and_is_done_later(small: SmallDisk) -> None:
    door = endpoints.add_inbound("shop", utc_now())
    assert tell(door, 1).status == 200
    small.fill()

    assert isinstance(disk.explained(failure_of_a_drain()), disk.NoSpace)
    connection().close()
    assert payments() == [1]
    small.free()
    assert drain.drain(utc_now(), force=True).rows > 0
    assert payments() == [1]


def test_an_import_on_a_full_disk_is_refused_and_leaves_nothing(
    small: SmallDisk,
    orders: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setenv(disk.LIMIT, "100")
    monkeypatch.setenv("LANG", "C.UTF-8")
    small.fill(leaving=4096)

    code = run(["import", str(orders)])

    said = capsys.readouterr().err
    assert (code, "The disk is full" in said) == (6, True), said
    connection().close()
    small.free()
    assert payments() == []
    assert run(["import", str(orders)]) == 0
    assert payments() == [1] * 8


def test_a_read_only_disk_is_said_and_got_over(small: SmallDisk) -> None:
    door = endpoints.add_inbound("shop", utc_now())
    assert tell(door, 1).status == 200
    connection().close()
    small.read_only(True)

    answer = tell(door, 2)
    ready = ask("/readyz")

    assert (answer.status, answer.json["error"]["code"]) == (503, "unwritable")
    assert ready.status == 503
    assert ready.json["checks"]["lake"]["ok"] is False
    small.read_only(False)
    assert tell(door, 2).status == 200
    assert payments() == [1, 1]


def test_the_limit_is_read_with_care(monkeypatch: pytest.MonkeyPatch) -> None:
    for given, meant in (("80", 80.0), ("", 95.0), ("no", 95.0), ("0", 95.0), ("101", 95.0)):
        monkeypatch.setenv(disk.LIMIT, given)
        assert disk.limit() == meant


def test_only_the_disk_is_blamed_on_the_disk() -> None:
    assert disk.explained(ValueError("disk is full")) is None
    assert disk.explained(FileNotFoundError(2, "no such file")) is None
    outer = RuntimeError("it failed")
    outer.__cause__ = OSError(28, "No space left on device")
    assert isinstance(disk.explained(outer), disk.NoSpace)


def failure_of_a_drain() -> Exception:
    """However it shows itself: Arrow, DuckDB and SQLite each have an error of their own."""
    try:
        drain.drain(utc_now(), force=True)
    except Exception as error:
        return error
    raise AssertionError("there was room")
