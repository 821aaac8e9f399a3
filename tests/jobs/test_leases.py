"""Leases and fences: what happens when a worker dies, sleeps, or meets another one."""

from __future__ import annotations

import subprocess
import sys
import threading
from collections.abc import Callable
from pathlib import Path

from tests.jobs.conftest import note
from tests.processes import until
from xiaohe import jobs
from xiaohe.jobs import runner
from xiaohe.jobs import store as job_store
from xiaohe.kernel import store
from xiaohe.kernel.workspace import Workspace

Effects = Callable[[], list[str]]
ROOT = Path(__file__).resolve().parents[2]


def other_process(mode: str) -> subprocess.Popen[str]:
    process = subprocess.Popen(
        [sys.executable, "-m", "tests.jobs.other_process", mode],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert process.stdout.readline() == "ready\n"
    return process


def _lease_until(job_id: int) -> int:
    (row,) = store.rows("SELECT lease_until FROM jobs_job WHERE id = %s", [job_id])
    return int(row[0])


def let_lease_run_out(job_id: int) -> None:
    """As if its worker had slept since."""
    store.execute(
        "UPDATE jobs_job SET lease_until = %s WHERE id = %s", [job_store.now() - 1, job_id]
    )


def begin(process: subprocess.Popen[str]) -> None:
    assert process.stdin is not None
    process.stdin.write("go\n")
    process.stdin.flush()


def test_a_killed_workers_job_runs_again_with_one_effect(
    effects: Effects, handle: Callable
) -> None:
    handle("test.effect")(lambda job: job.finish(lambda: note(str(job.payload["n"]))))
    job_id = jobs.enqueue("test.effect", {"n": 7})
    process = other_process("stick")
    begin(process)
    assert process.stdout is not None
    assert process.stdout.readline() == "inside\n"
    process.kill()
    process.wait()

    # Its effect was written but never committed; its lease still holds for a moment.
    assert effects() == []
    assert jobs.run_pending() == 0
    let_lease_run_out(job_id)
    assert jobs.run_pending() == 1

    assert effects() == ["7"]
    assert jobs.status(job_id).attempts == 2  # type: ignore[union-attr]


def test_two_processes_share_the_jobs_without_doubling_any(effects: Effects) -> None:
    for n in range(60):
        jobs.enqueue("test.effect", {"n": f"{n:02}"})
    processes = [other_process("work"), other_process("work")]
    for process in processes:
        begin(process)
    for process in processes:
        assert process.wait(60) == 0

    assert effects() == [f"{n:02}" for n in range(60)]
    assert job_store.count_by_state() == {"done": 60}


def test_a_worker_that_slept_through_its_lease_cannot_write(
    effects: Effects, handle: Callable
) -> None:
    @handle("test.sleepy")
    def run(job: jobs.Running) -> None:
        if job.attempt == 1:
            let_lease_run_out(job.id)
            # Meanwhile the lease is over and another worker does the work.
            assert runner.run_next(["test.sleepy"]) == runner.Outcome.DONE
        job.finish(lambda: note(f"attempt {job.attempt}"))

    jobs.enqueue("test.sleepy")

    assert runner.run_next(["test.sleepy"]) == runner.Outcome.LOST
    assert effects() == ["attempt 2"]


def test_the_race_doubles_the_effect_when_the_fence_is_off(
    effects: Effects, handle: Callable
) -> None:
    """Shows that the test above would catch it: the same sleep, completed without the token."""

    @handle("test.sleepy")
    def run(job: jobs.Running) -> None:
        if job.attempt == 1:
            let_lease_run_out(job.id)
            runner.run_next(["test.sleepy"])
        note(f"attempt {job.attempt}")
        job.is_finished = True

    jobs.enqueue("test.sleepy")
    runner.run_next(["test.sleepy"])

    assert effects() == ["attempt 1", "attempt 2"]


def test_a_kept_lease_is_not_taken(any_place: Workspace, handle: Callable) -> None:
    @handle("test.long", lease_seconds=1)
    def run(job: jobs.Running) -> None:
        over_at = _lease_until(job.id)
        with job.keep_alive():
            assert until(lambda: job_store.now() > over_at)
            assert runner.run_next(["test.long"]) is None

    jobs.enqueue("test.long")

    assert runner.run_next(["test.long"]) == runner.Outcome.DONE


def test_a_job_that_kills_its_workers_is_given_up(any_place: Workspace, handle: Callable) -> None:
    handle("test.poison", attempts=3)(lambda job: None)
    job_id = jobs.enqueue("test.poison")
    for _ in range(3):
        job_store.claim(["test.poison"], worker="killed", lease_ms=-1)

    assert runner.run_next(["test.poison"]) == runner.Outcome.DEAD
    assert jobs.status(job_id).error.code == "worker_died"  # type: ignore[union-attr]


def test_a_joined_job_does_not_start_before_the_joiner_commits(
    effects: Effects, handle: Callable
) -> None:
    """Else it would work on a view without what the joiner is about to commit, and nobody would come after."""

    @handle("test.refresh")
    def run(job: jobs.Running) -> dict[str, int]:
        return {"seen": len(effects())}

    job_id = jobs.enqueue("test.refresh", dedupe="refresh")
    joined, started = threading.Event(), threading.Event()

    def join_slowly() -> None:
        with store.write():
            jobs.enqueue("test.refresh", dedupe="refresh")
            joined.set()
            started.wait(0.3)
            note("late")
        store.connection().close()

    thread = threading.Thread(target=join_slowly)
    thread.start()
    joined.wait(5)
    if runner.run_next(["test.refresh"]) is None:
        thread.join()
        runner.run_next(["test.refresh"])
    thread.join()

    assert jobs.status(job_id).result == {"seen": 1}  # type: ignore[union-attr]
