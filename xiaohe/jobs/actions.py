"""Put work on the table, and see what became of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from xiaohe.jobs import faults, store
from xiaohe.jobs.faults import Fault
from xiaohe.jobs.store import JobRow
from xiaohe.kernel import trace
from xiaohe.kernel.store import write


class JobState(StrEnum):
    READY = "ready"
    RUNNING = "running"
    DONE = "done"
    DEAD = "dead"


@dataclass(frozen=True)
class JobStatus:
    id: int
    name: str
    state: JobState
    attempts: int
    progress: dict[str, Any]
    result: dict[str, Any]
    error: Fault | None

    @property
    def is_open(self) -> bool:
        return self.state in (JobState.READY, JobState.RUNNING)


def enqueue(
    name: str,
    payload: dict[str, Any] | None = None,
    *,
    dedupe: str | None = None,
    run_at: datetime | None = None,
) -> int:
    """Add a job inside the caller's transaction (or one of its own); its id.

    With `dedupe`, a job of the same text that has not started yet is joined instead. Payloads hold ids and
    days, never personal data.
    """
    at = None if run_at is None else milliseconds(run_at)
    with write():
        return store.insert(
            name,
            json.dumps(payload or {}),
            dedupe=dedupe,
            run_at=at,
            request=trace.current().request,
        )


def status(job_id: int) -> JobStatus | None:
    row = store.read(job_id)
    return _told(row) if row else None


def latest(name: str) -> JobStatus | None:
    """The newest job of a name."""
    row = store.latest(name)
    return _told(row) if row else None


def revive(job_id: int) -> bool:
    """Let a dead job try again; False when it is not dead."""
    with write():
        return store.revive(job_id)


def milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)


def _told(row: JobRow) -> JobStatus:
    return JobStatus(
        id=row.id,
        name=row.name,
        state=JobState(row.state),
        attempts=row.attempts,
        progress=json.loads(row.progress),
        result=json.loads(row.result),
        error=faults.from_json(row.error),
    )
