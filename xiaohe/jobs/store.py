"""The job tables' written SQL, on SQLite and PostgreSQL.

    ready ──claim──► running ──complete──► done
      ▲                │  │
      ├────retry───────┘  └──bury──► dead
      └── lease ran out: claimable again

A claim raises `token`; every later change shows the token and counts the row it hit. So a worker that slept
through its lease finds 0 rows and rolls its effect back: the lease may be wrong, the fence never is.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from xiaohe.kernel import store

# Milliseconds by the database's clock: workers on several machines must agree when a lease ends.
SQLITE_NOW = "CAST((julianday('now') - 2440587.5) * 86400000 AS INTEGER)"
POSTGRES_NOW = "CAST(extract(epoch FROM clock_timestamp()) * 1000 AS BIGINT)"


@dataclass(frozen=True)
class Claimed:
    id: int
    name: str
    payload: str
    token: int
    attempts: int
    request: str = ""


@dataclass(frozen=True)
class JobRow:
    id: int
    name: str
    state: str
    attempts: int
    progress: str
    result: str
    error: str


def now() -> int:
    return int(store.rows(f"SELECT {_now()}")[0][0])


def insert(
    name: str, payload: str, *, dedupe: str | None, run_at: int | None, request: str = ""
) -> int:
    """Add a job, or join the one of the same `dedupe` that has not started; its id.

    Joining updates the row on purpose: that locks it until our transaction ends, so no worker can start
    the job on a view of the world that lacks what this transaction is about to commit.
    """
    due = _now() if run_at is None else "%s"
    sql = f"""
        INSERT INTO jobs_job (name, payload, dedupe, state, run_at, attempts, token, worker,
                              progress, result, error, request, created_at)
        VALUES (%s, %s, %s, 'ready', {due}, 0, 0, '', '{{}}', '{{}}', '', %s, {_now()})
        ON CONFLICT (dedupe) WHERE state = 'ready' DO UPDATE
           SET run_at = CASE WHEN excluded.run_at < jobs_job.run_at
                             THEN excluded.run_at ELSE jobs_job.run_at END
        RETURNING id"""
    values: list[object] = [name, payload, dedupe]
    if run_at is not None:
        values.append(run_at)
    values.append(request)
    return int(store.rows(sql, values)[0][0])


def is_any_due(names: Sequence[str]) -> bool:
    """A cheap look before a claim: an idle worker must not take SQLite's write lock."""
    found = store.rows(f"SELECT 1 FROM jobs_job WHERE {_due(names)} LIMIT 1", list(names))
    return bool(found)


def is_any_open(names: Sequence[str]) -> bool:
    """Whether a job of these names runs, or waits for its turn."""
    slots = ", ".join(["%s"] * len(names))
    sql = f"""
        SELECT 1 FROM jobs_job
         WHERE name IN ({slots or "NULL"})
           AND (state = 'running' OR (state = 'ready' AND run_at <= {_now()})) LIMIT 1"""
    return bool(store.rows(sql, list(names)))


def claim(names: Sequence[str], *, worker: str, lease_ms: int) -> Claimed | None:
    """Take the job that is due longest among `names`, or one whose lease ran out; one statement."""
    skip = "FOR UPDATE SKIP LOCKED" if store.is_postgres() else ""
    sql = f"""
        UPDATE jobs_job
           SET state = 'running', token = token + 1, attempts = attempts + 1, dedupe = NULL,
               worker = %s, lease_until = {_now()} + %s
         WHERE id = (SELECT id FROM jobs_job WHERE {_due(names)}
                      ORDER BY run_at, id LIMIT 1 {skip})
        RETURNING id, name, payload, token, attempts, request"""
    found = store.rows(sql, [worker, lease_ms, *names])
    return Claimed(*found[0]) if found else None


def renew(job_id: int, token: int, *, lease_ms: int) -> bool:
    """Hold the job longer; False when it is not ours any more."""
    sql = f"UPDATE jobs_job SET lease_until = {_now()} + %s WHERE {_MINE}"
    return store.execute(sql, [lease_ms, job_id, token]) == 1


def note_progress(job_id: int, token: int, *, progress: str, lease_ms: int) -> bool:
    sql = f"UPDATE jobs_job SET progress = %s, lease_until = {_now()} + %s WHERE {_MINE}"
    return store.execute(sql, [progress, lease_ms, job_id, token]) == 1


def complete(job_id: int, token: int, *, result: str) -> bool:
    """Close the job as done; False (and then nothing may be committed) when it is not ours any more."""
    sql = f"""
        UPDATE jobs_job SET state = 'done', result = %s, error = '', lease_until = NULL,
               finished_at = {_now()} WHERE {_MINE}"""
    return store.execute(sql, [result, job_id, token]) == 1


def retry(job_id: int, token: int, *, delay_ms: int, error: str) -> bool:
    sql = f"""
        UPDATE jobs_job SET state = 'ready', run_at = {_now()} + %s, error = %s, lease_until = NULL
         WHERE {_MINE}"""
    return store.execute(sql, [delay_ms, error, job_id, token]) == 1


def postpone(job_id: int, token: int, *, delay_ms: int, error: str) -> bool:
    """As `retry`, without having used up a try: what it waits for is not its own doing."""
    sql = f"""
        UPDATE jobs_job SET state = 'ready', run_at = {_now()} + %s, error = %s, lease_until = NULL,
               attempts = attempts - 1 WHERE {_MINE}"""
    return store.execute(sql, [delay_ms, error, job_id, token]) == 1


def bury(job_id: int, token: int, *, error: str) -> bool:
    sql = f"""
        UPDATE jobs_job SET state = 'dead', error = %s, lease_until = NULL, finished_at = {_now()}
         WHERE {_MINE}"""
    return store.execute(sql, [error, job_id, token]) == 1


def release(job_id: int, token: int) -> bool:
    """Hand a job back unharmed, for a worker that was asked to stop."""
    sql = f"""
        UPDATE jobs_job SET state = 'ready', run_at = {_now()}, attempts = attempts - 1,
               lease_until = NULL WHERE {_MINE}"""
    return store.execute(sql, [job_id, token]) == 1


def revive(job_id: int) -> bool:
    """Give a dead job a fresh life."""
    sql = f"""
        UPDATE jobs_job SET state = 'ready', run_at = {_now()}, attempts = 0, finished_at = NULL
         WHERE id = %s AND state = 'dead'"""
    return store.execute(sql, [job_id]) == 1


def read(job_id: int) -> JobRow | None:
    sql = "SELECT id, name, state, attempts, progress, result, error FROM jobs_job WHERE id = %s"
    found = store.rows(sql, [job_id])
    return JobRow(*found[0]) if found else None


def latest(name: str) -> JobRow | None:
    sql = """
        SELECT id, name, state, attempts, progress, result, error FROM jobs_job
         WHERE name = %s ORDER BY id DESC LIMIT 1"""
    found = store.rows(sql, [name])
    return JobRow(*found[0]) if found else None


def count_by_state() -> dict[str, int]:
    return dict(store.rows("SELECT state, count(*) FROM jobs_job GROUP BY state"))


def open_ids(name: str | None = None) -> list[int]:
    """Jobs that are waiting for their turn or running now; those put off to later are left out."""
    where = "" if name is None else "AND name = %s"
    sql = f"""
        SELECT id FROM jobs_job
         WHERE (state = 'running' OR (state = 'ready' AND run_at <= {_now()})) {where}
         ORDER BY id"""
    return [row[0] for row in store.rows(sql, [] if name is None else [name])]


def sweep(*, done_ms: int, dead_ms: int, done_most: int, at_most: int) -> int:
    """Delete up to `at_most` jobs that ended longer ago, or well and more than `done_most` numbers ago; how many."""
    sql = f"""
        DELETE FROM jobs_job WHERE id IN (
            SELECT id FROM jobs_job
             WHERE (state = 'done' AND (finished_at < {_now()} - %s
                    OR id < (SELECT max(id) FROM jobs_job) - %s))
                OR (state = 'dead' AND finished_at < {_now()} - %s)
             ORDER BY id LIMIT %s)"""
    return store.execute(sql, [done_ms, done_most, dead_ms, at_most])


def seen(worker: str) -> None:
    """A worker says that it is alive."""
    sql = f"""
        INSERT INTO jobs_worker (name, seen_at) VALUES (%s, {_now()})
            ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at"""
    store.execute(sql, [worker])


def gone(worker: str) -> None:
    """A worker stops, or has not been heard of for long."""
    store.execute("DELETE FROM jobs_worker WHERE name = %s", [worker])


def forget_workers(*, unseen_ms: int) -> int:
    return store.execute(f"DELETE FROM jobs_worker WHERE seen_at < {_now()} - %s", [unseen_ms])


def ms_since_a_worker() -> int | None:
    """How long ago the liveliest worker was heard of; None when there is none."""
    found = store.rows(f"SELECT {_now()} - max(seen_at) FROM jobs_worker")[0][0]
    return None if found is None else max(0, int(found))


@dataclass(frozen=True)
class Open:
    """Jobs of one name that are not over."""

    name: str
    ready: int
    running: int
    due_ms: int  # how long the oldest that should run by now has waited


def open_by_name() -> list[Open]:
    """Everything not over; one look along the index of open jobs."""
    sql = f"""
        SELECT name, count(CASE WHEN state = 'ready' THEN 1 END),
               count(CASE WHEN state = 'running' THEN 1 END),
               {_now()} - min(CASE WHEN state = 'ready' THEN run_at END)
          FROM jobs_job WHERE state IN ('ready', 'running') GROUP BY name ORDER BY name"""
    return [
        Open(name, int(ready), int(running), max(0, int(due or 0)))
        for name, ready, running, due in store.rows(sql)
    ]


def dead_by_name() -> dict[str, int]:
    """Jobs that were given up."""
    sql = "SELECT name, count(*) FROM jobs_job WHERE state = 'dead' GROUP BY name ORDER BY name"
    return {name: int(count) for name, count in store.rows(sql)}


def due_recurring() -> dict[str, int]:
    return dict(store.rows("SELECT name, due_at FROM jobs_recurring"))


def add_recurring(name: str, due_at: int) -> None:
    sql = "INSERT INTO jobs_recurring (name, due_at) VALUES (%s, %s) ON CONFLICT (name) DO NOTHING"
    store.execute(sql, [name, due_at])


def move_recurring(name: str, *, from_ms: int, to_ms: int) -> bool:
    """Compare and set: of several schedulers that see the same due moment, one wins."""
    sql = "UPDATE jobs_recurring SET due_at = %s WHERE name = %s AND due_at = %s"
    return store.execute(sql, [to_ms, name, from_ms]) == 1


_MINE = "id = %s AND token = %s AND state = 'running'"


def _now() -> str:
    return POSTGRES_NOW if store.is_postgres() else SQLITE_NOW


def _due(names: Sequence[str]) -> str:
    slots = ", ".join(["%s"] * len(names))
    return f"""name IN ({slots}) AND (
        (state = 'ready' AND run_at <= {_now()}) OR (state = 'running' AND lease_until < {_now()}))"""
