"""What /metrics reads from the control store and the disk at the moment it is asked."""

from __future__ import annotations

from collections import Counter

from xiaohe.api.prometheus import Family, gauge
from xiaohe.jobs import registry
from xiaohe.jobs import store as jobs
from xiaohe.kernel import disk
from xiaohe.ledger import numbers

STATES = {False: "live", True: "retired"}


def families() -> list[Family]:
    """Everything that is the same whichever process answers."""
    return [*_inbox(), *_files(), *_keys(), *_jobs(), *_imports(), *_disk()]


def _inbox() -> list[Family]:
    waiting = numbers.waiting()
    return [
        gauge("xiaohe_inbox_rows", "Facts no file holds yet.").add(waiting.rows),
        gauge("xiaohe_inbox_batches", "Batches no file holds yet.").add(waiting.batches),
        gauge("xiaohe_inbox_oldest_seconds", "Age of the oldest fact no file holds yet.").add(
            numbers.age_seconds(waiting)
        ),
    ]


def _files() -> list[Family]:
    files = gauge(
        "xiaohe_lake_files", "Files of the lake by role and whether reads still use them."
    )
    size = gauge("xiaohe_lake_bytes", "Their bytes.")
    rows = gauge("xiaohe_lake_rows", "Their rows.")
    uncompacted = gauge("xiaohe_compaction_backlog_files", "Live fact files of level 0.").add(0)
    behind = gauge("xiaohe_compaction_backlog_rows", "Their rows.").add(0)
    found: dict[tuple[str, str], Counter[str]] = {}
    for each in numbers.files_by_kind():
        counted = found.setdefault((each.role, STATES[each.is_retired]), Counter())
        counted.update(files=each.files, rows=each.rows, bytes=each.bytes)
        if each.role == "fact" and each.level == 0 and not each.is_retired:
            uncompacted.samples[0] = (uncompacted.name, (), each.files)
            behind.samples[0] = (behind.name, (), each.rows)
    for (role, state), counted in found.items():
        files.add(counted["files"], role=role, state=state)
        size.add(counted["bytes"], role=role, state=state)
        rows.add(counted["rows"], role=role, state=state)
    return [files, size, rows, uncompacted, behind]


def _keys() -> list[Family]:
    runs = numbers.key_runs()
    return [
        gauge("xiaohe_key_runs", "Files of keys of the last 35 days.").add(runs.runs),
        gauge("xiaohe_recent_keys", "Keys in them.").add(runs.keys),
        gauge("xiaohe_key_run_bytes", "Their bytes.").add(runs.bytes),
    ]


def _jobs() -> list[Family]:
    registry.discover()
    found: dict[str, Counter[str]] = {queue: Counter() for queue in registry.Queue}
    due = dict.fromkeys(found, 0)
    for each in jobs.open_by_name():
        queue = _queue_of(each.name)
        found[queue].update(ready=each.ready, running=each.running)
        due[queue] = max(due[queue], each.due_ms)
    for name, count in jobs.dead_by_name().items():
        found[_queue_of(name)]["dead"] += count
    counts = gauge("xiaohe_jobs", "Jobs that are not done, by queue and state.")
    oldest = gauge("xiaohe_jobs_oldest_due_seconds", "How long the oldest due job has waited.")
    for queue, counted in found.items():
        for state in ("ready", "running", "dead"):
            counts.add(counted[state], queue=queue, state=state)
        oldest.add(due[queue] / 1000, queue=queue)
    seen = jobs.ms_since_a_worker()
    worker = gauge("xiaohe_worker_seen_seconds", "How long ago a worker last said it is alive.")
    if seen is not None:
        worker.add(seen / 1000)
    return [counts, oldest, worker]


def _queue_of(name: str) -> str:
    handler = registry.find(name)
    return handler.queue if handler else registry.Queue.DEFAULT


def _imports() -> list[Family]:
    family = gauge("xiaohe_imports", "Imports by state.")
    for state, count in numbers.imports_by_state().items():
        family.add(count, state=state)
    return [family]


def _disk() -> list[Family]:
    used = disk.usage()
    return [
        gauge("xiaohe_disk_free_bytes", "Room on the disk of the data folder.").add(used.free),
        gauge("xiaohe_disk_used_ratio", "How full that disk is, 0 to 1.").add(used.percent / 100),
        gauge("xiaohe_disk_limit_ratio", "From where on nothing large is written.").add(
            used.limit / 100
        ),
    ]
