"""One job from enqueue to its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from tests.jobs.conftest import note
from xiaohe import jobs
from xiaohe.jobs import runner
from xiaohe.jobs import store as job_store
from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput, RetryLater
from xiaohe.kernel.workspace import Workspace

Effects = Callable[[], list[str]]


def test_a_job_leaves_its_effect_and_its_result(effects: Effects, handle: Callable) -> None:
    @handle("test.note")
    def run(job: jobs.Running) -> None:
        job.progress({"done": 1, "total": 2})
        job.finish(lambda: note(job.payload["what"]), result={"notes": 1})

    job_id = jobs.enqueue("test.note", {"what": "a"})
    assert jobs.run_pending() == 1

    status = jobs.status(job_id)
    assert status is not None
    assert (status.state, status.result) == (jobs.JobState.DONE, {"notes": 1})
    assert status.progress == {"done": 1, "total": 2}
    assert effects() == ["a"]


def test_a_job_of_a_rolled_back_transaction_never_was(any_place: Workspace) -> None:
    job_ids: list[int] = []

    def roll_back() -> None:
        with store.write():
            job_ids.append(jobs.enqueue("test.note"))
            raise RuntimeError

    with pytest.raises(RuntimeError):
        roll_back()

    assert jobs.status(job_ids[0]) is None


def test_a_waiting_job_is_joined_and_a_running_one_is_not(
    any_place: Workspace, handle: Callable
) -> None:
    inside: list[int] = []

    @handle("test.refresh")
    def run(job: jobs.Running) -> None:
        if not inside:
            inside.append(jobs.enqueue("test.refresh", dedupe="refresh"))

    first = jobs.enqueue("test.refresh", dedupe="refresh")
    again = jobs.enqueue("test.refresh", dedupe="refresh")
    ran = jobs.run_pending()

    assert again == first
    assert inside != [first]
    assert ran == 2


def test_a_job_put_off_to_tomorrow_waits(any_place: Workspace, handle: Callable) -> None:
    handle("test.later")(lambda job: None)
    tomorrow = datetime.now(UTC) + timedelta(days=1)

    job_id = jobs.enqueue("test.later", run_at=tomorrow)

    assert jobs.run_pending() == 0
    assert jobs.status(job_id).state == jobs.JobState.READY  # type: ignore[union-attr]


def test_an_unexpected_error_is_tried_again_and_its_text_is_kept_nowhere(
    any_place: Workspace, handle: Callable, caplog: pytest.LogCaptureFixture
) -> None:
    @handle("test.breaks")
    def run(job: jobs.Running) -> None:
        raise ValueError("13800138000")

    job_id = jobs.enqueue("test.breaks")
    jobs.run_pending()

    row = job_store.read(job_id)
    assert row is not None
    assert (row.state, row.attempts) == ("ready", 1)
    assert "ValueError" in row.error
    assert "13800138000" not in row.error + caplog.text


def test_a_job_that_always_fails_ends_dead(any_place: Workspace, handle: Callable) -> None:
    @handle("test.breaks", attempts=2)
    def run(job: jobs.Running) -> None:
        raise ValueError

    job_id = jobs.enqueue("test.breaks")
    for _ in range(3):
        jobs.run_pending()
        store.execute("UPDATE jobs_job SET run_at = 0")

    status = jobs.status(job_id)
    assert status is not None
    assert (status.state, status.attempts) == (jobs.JobState.DEAD, 2)
    assert status.error is not None
    assert status.error.message == "Something went wrong inside (ValueError)."


def test_an_expected_refusal_is_final_and_says_why(any_place: Workspace, handle: Callable) -> None:
    @handle("test.refuses")
    def run(job: jobs.Running) -> None:
        raise BadInput("no_rows", "The file has %(rows)d rows.", rows=0)

    job_id = jobs.enqueue("test.refuses")
    jobs.run_pending()

    status = jobs.status(job_id)
    assert status is not None
    assert status.state == jobs.JobState.DEAD
    assert status.error is not None
    assert (status.error.code, status.error.message) == ("no_rows", "The file has 0 rows.")


def test_a_busy_moment_is_tried_again(any_place: Workspace, handle: Callable) -> None:
    busy = [True]

    @handle("test.busy")
    def run(job: jobs.Running) -> dict[str, int]:
        if busy.pop() if busy else False:
            raise RetryLater("busy", "Busy.")
        return {"attempt": job.attempt}

    job_id = jobs.enqueue("test.busy")
    jobs.run_pending()
    store.execute("UPDATE jobs_job SET run_at = 0")
    jobs.run_pending()

    assert jobs.status(job_id).result == {"attempt": 2}  # type: ignore[union-attr]


def test_a_failed_effect_leaves_nothing(effects: Effects, handle: Callable) -> None:
    def effect() -> None:
        note("half")
        raise RuntimeError

    handle("test.half")(lambda job: job.finish(effect))
    job_id = jobs.enqueue("test.half")
    jobs.run_pending()

    assert effects() == []
    assert jobs.status(job_id).state == jobs.JobState.READY  # type: ignore[union-attr]


def test_a_dead_job_can_be_revived(any_place: Workspace, handle: Callable) -> None:
    outcomes = iter([BadInput("no", "No."), None])

    @handle("test.second_chance")
    def run(job: jobs.Running) -> None:
        if (error := next(outcomes)) is not None:
            raise error

    job_id = jobs.enqueue("test.second_chance")
    jobs.run_pending()
    assert jobs.revive(job_id)
    jobs.run_pending()

    assert jobs.status(job_id).state == jobs.JobState.DONE  # type: ignore[union-attr]


def test_a_stopped_command_hands_its_job_back(any_place: Workspace, handle: Callable) -> None:
    @handle("test.interrupted")
    def run(job: jobs.Running) -> None:
        raise KeyboardInterrupt

    job_id = jobs.enqueue("test.interrupted")
    with pytest.raises(KeyboardInterrupt):
        jobs.run_pending()

    row = job_store.read(job_id)
    assert row is not None
    assert (row.state, row.attempts) == ("ready", 0)
    assert not runner.in_hand


def test_the_sweep_forgets_what_ended_long_ago(any_place: Workspace, handle: Callable) -> None:
    handle("test.old")(lambda job: None)
    old, young = jobs.enqueue("test.old"), jobs.enqueue("test.old")
    jobs.run_pending()
    store.execute("UPDATE jobs_job SET finished_at = 0 WHERE id = %s", [old])

    jobs.enqueue("jobs.sweep")
    jobs.run_pending()

    assert jobs.status(old) is None
    assert jobs.status(young) is not None
