"""/healthz, /readyz and /metrics: what they say, when they say no, and to whom."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.asking import Answer, ask
from xiaohe import jobs
from xiaohe.jobs import runner
from xiaohe.jobs import store as job_store
from xiaohe.kernel import counters, shared_counters
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.store import rows, write
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import stream
from xiaohe.sources import writekeys

DOCS = Path(__file__).resolve().parents[2] / "docs" / "operations.md"


@pytest.fixture
def worker(any_place: Workspace) -> None:
    """A worker has just said that it is alive."""
    with write():
        job_store.seen("somewhere:1")


def checks(answer: Answer) -> dict[str, bool]:
    return {name: each["ok"] for name, each in answer.json["checks"].items()}


def metrics() -> dict[str, float]:
    """Every line of a scrape: name and labels to value; process numbers left out."""
    lines = ask("/metrics").body.decode().splitlines()
    pairs = [line.rsplit(" ", 1) for line in lines if not line.startswith("#")]
    return {re.sub(r',?(role|pid)="[^"]*"', "", name): float(value) for name, value in pairs}


def test_healthz_answers_without_any_store(any_place: Workspace) -> None:
    (any_place.home / "xiaohe.db").unlink(missing_ok=True)

    answer = ask("/healthz", peer="203.0.113.9")

    assert (answer.status, answer.json["status"]) == (200, "ok")


def test_everything_well_is_ready(worker: None) -> None:
    answer = ask("/readyz", peer="203.0.113.9")

    assert checks(answer) == dict.fromkeys(["store", "lake", "disk", "worker", "inbox"], True)
    assert (answer.status, answer.json["status"]) == (200, "ready")


def test_without_a_worker_it_is_not_ready(any_place: Workspace) -> None:
    assert checks(ask("/readyz"))["worker"] is False
    with write():
        job_store.seen("somewhere:1")
    rows("UPDATE jobs_worker SET seen_at = seen_at - 60000")

    answer = ask("/readyz")

    assert answer.status == 503
    assert checks(answer)["worker"] is False
    assert 60 <= answer.json["checks"]["worker"]["seen_seconds"] < 90


def test_a_store_of_another_version_is_not_ready(worker: None) -> None:
    rows("DELETE FROM django_migrations WHERE app = 'jobs' AND name LIKE '0002%%'")

    answer = ask("/readyz")

    assert (answer.status, checks(answer)["store"]) == (503, False)
    assert answer.json["checks"]["store"]["migrations_missing"] == 1


def test_a_disk_above_the_limit_is_not_ready(worker: None, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHE_DISK_LIMIT", "0.1")

    answer = ask("/readyz")

    assert (answer.status, checks(answer)["disk"]) == (503, False)


def test_an_inbox_nobody_files_is_not_ready(worker: None) -> None:
    stream.record([fact("1")], utc_now() - timedelta(minutes=20))

    answer = ask("/readyz")

    assert (answer.status, checks(answer)["inbox"]) == (503, False)
    assert answer.json["checks"]["inbox"]["rows"] == 1


def test_metrics_are_for_this_machine_or_whoever_shows_the_token(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert ask("/metrics", peer="127.0.0.1").status == 200
    assert ask("/metrics", peer="203.0.113.9").status == 403
    # A proxy on this machine asks for somebody else.
    assert ask("/metrics", peer="127.0.0.1", x_forwarded_for="203.0.113.9").status == 403
    assert ask("/metrics", peer="203.0.113.9", authorization="Bearer ").status == 403

    monkeypatch.setenv("XIAOHE_METRICS_TOKEN", "long-and-random")

    assert ask("/metrics", peer="203.0.113.9", authorization="Bearer long-and-random").status == 200
    assert ask("/metrics", peer="203.0.113.9", authorization="Bearer long-and-wrong").status == 403


def test_metrics_tell_what_waits_and_what_was_done(any_place: Workspace) -> None:
    stream.record([fact("1"), fact("2")], utc_now() - timedelta(seconds=5))
    counters.INGEST_EVENTS.add(2, "7")
    jobs.discover()
    jobs.enqueue("jobs.sweep")
    before = metrics()

    runner.run_pending(names=["jobs.sweep"])
    after = metrics()

    assert (before["xiaohe_inbox_rows"], before["xiaohe_inbox_batches"]) == (2, 1)
    assert 5 <= before["xiaohe_inbox_oldest_seconds"] < 60
    assert before['xiaohe_ingest_events_total{source="7"}'] >= 2
    assert before['xiaohe_jobs{queue="slow",state="ready"}'] >= 1
    run = 'xiaohe_job_runs_total{job="jobs.sweep",outcome="done"}'
    assert after[run] == before.get(run, 0) + 1
    assert after['xiaohe_job_seconds_count{job="jobs.sweep"}'] == after[run]
    scraped = 'xiaohe_http_requests_total{route="metrics",method="GET",status="200"}'
    assert after[scraped] == before.get(scraped, 0) + 1
    assert after["xiaohe_disk_free_bytes"] > 0


def test_the_stream_door_counts_by_source(place: Workspace) -> None:
    made, key = writekeys.add("segment", "site", utc_now())
    track = {"type": "track", "event": "Seen", "userId": "u1", "messageId": "message-1"}
    body = json.dumps({"writeKey": key, "batch": [track, {"type": "no"}]}).encode()

    requests = f'xiaohe_ingest_requests_total{{source="{made.pk}",status="200"}}'
    before = metrics().get(requests, 0)

    for _again in range(2):
        assert ask("/v1/batch", "POST", body, content_type="application/json").status == 200

    told = metrics()
    by_source = f'{{source="{made.pk}"}}'
    assert told[f"xiaohe_ingest_events_total{by_source}"] >= 1
    assert told[f"xiaohe_ingest_duplicates_total{by_source}"] >= 1
    assert told[f"xiaohe_ingest_dead_letters_total{by_source}"] >= 1
    assert told[requests] == before + 2


def test_numbers_of_other_processes_are_scraped_and_those_of_dead_ones_go(
    place: Workspace,
) -> None:
    folder = place.derived / shared_counters.FOLDER
    ended = _process("")
    living = _process("import time; print('here', flush=True); time.sleep(60)", wait=False)
    try:
        assert len(list(folder.glob("*.json"))) == 2

        body = ask("/metrics").body.decode()
    finally:
        living.kill()
        living.wait()

    assert f'xiaohe_inbox_seen_total{{role="worker",pid="{living.pid}"}} 3' in body
    assert f'pid="{ended.pid}"' not in body
    assert [each.name.split("-")[1] for each in folder.glob("worker-*.json")] == [str(living.pid)]


def test_no_counter_grows_without_bound() -> None:
    metric = counters.Counter("test_bounded_total", "…", "who")

    for number in range(counters.MOST_SERIES + 50):
        metric.add(1, number)

    assert len(metric.samples()) == counters.MOST_SERIES + 1
    assert metric.samples()[-1] == ("test_bounded_total", (("who", "other"),), 50)


def test_the_text_is_what_prometheus_reads(any_place: Workspace) -> None:
    body = ask("/metrics").body.decode()

    name = r"[a-z_]+(\{([a-z]+=\"[^\"\n]*\",?)*\})?"
    wrong = [
        line
        for line in body.splitlines()
        if not re.fullmatch(rf"# (HELP|TYPE) .+|{name} (\+Inf|-?[0-9.e+-]+)", line)
    ]
    assert wrong == []
    told = re.findall(r"^# TYPE (\S+)", body, re.MULTILINE)
    assert len(told) == len(set(told))


def test_every_metric_is_documented(any_place: Workspace) -> None:
    jobs.discover()
    told = set(re.findall(r"^# TYPE (xiaohe_\S+)", ask("/metrics").body.decode(), re.MULTILINE))
    declared = {each.name for each in counters.described() if each.name.startswith("xiaohe_")}

    documented = set(re.findall(r"^\| `(xiaohe_\w+)", DOCS.read_text(), re.MULTILINE))

    assert (told | declared) - documented == set()
    assert documented - told - declared == set()


def fact(key: str) -> stream.Fact:
    return stream.Fact(
        source="ops", key=key, type="link.started", occurred_at=utc_now(), subject=1, account_id=1
    )


def _process(more: str, *, wait: bool = True) -> Any:
    import subprocess
    import sys

    code = f"""
from xiaohe.kernel import counters, shared_counters
counters.Counter("xiaohe_inbox_seen_total", "Of a test.").add(3)
shared_counters.publish("worker")
{more}"""
    process = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE)
    if wait:
        assert process.wait(30) == 0
    else:
        assert process.stdout is not None
        process.stdout.readline()
    return process
