"""The worker loop, over the workspaces that exist; and the jobs that recur."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from datetime import time as time_of_day
from zoneinfo import ZoneInfo

from tests.processes import until
from xiaohe import jobs
from xiaohe.jobs import recurring, runner
from xiaohe.jobs import store as job_store
from xiaohe.jobs.worker import Calm, Worker
from xiaohe.kernel import store, workspace
from xiaohe.kernel.workspace import Workspace


def test_the_worker_serves_the_main_and_the_sample_workspace(
    place: Workspace, handle: Callable
) -> None:
    seen: list[tuple[str, str]] = []
    handle("test.where")(
        lambda job: seen.append((job.payload["told"], workspace.current().name))  # type: ignore[func-returns-value]
    )
    sample = workspace.workspace(workspace.SAMPLE)
    sample.home.mkdir()
    shutil.copyfile(place.home / "xiaohe.db", sample.home / "xiaohe.db")
    jobs.enqueue("test.where", {"told": "main"})
    with workspace.entered(sample):
        jobs.enqueue("test.where", {"told": "sample"})
        store.connection().close()

    worker = Worker()
    worker.start()
    assert until(lambda: len(seen) == 2)

    assert worker.stop()
    assert sorted(seen) == [("main", "main"), ("sample", "sample")]


def test_a_queue_begins_before_its_first_job_and_works_though_that_fails(
    place: Workspace, handle: Callable
) -> None:
    said: list[str] = []

    @jobs.at_start("outward")
    def begin() -> None:
        said.append(f"begun {workspace.current().name}")
        raise RuntimeError

    handle("test.first", queue="outward")(lambda job: said.append("worked"))  # type: ignore[func-returns-value]
    jobs.enqueue("test.first")

    worker = Worker()
    worker.start()
    assert until(lambda: len(said) == 2)

    assert worker.stop()
    assert said == ["begun main", "worked"]


def test_a_long_job_does_not_stand_before_an_urgent_one(
    any_place: Workspace, handle: Callable
) -> None:
    release = threading.Event()
    handle("test.slow", queue="slow")(lambda job: release.wait(20) and None)
    handle("test.urgent", queue="urgent")(lambda job: None)
    slow, urgent = jobs.enqueue("test.slow"), jobs.enqueue("test.urgent")

    worker = Worker()
    worker.start()
    done_first = until(lambda: not jobs.status(urgent).is_open)  # type: ignore[union-attr]
    slow_is_open = jobs.status(slow).is_open  # type: ignore[union-attr]
    release.set()

    assert worker.stop()
    assert (done_first, slow_is_open) == (True, True)


def test_a_stopping_worker_hands_back_what_does_not_end(
    any_place: Workspace, handle: Callable
) -> None:
    release = threading.Event()
    handle("test.stuck")(lambda job: release.wait(20) and None)
    job_id = jobs.enqueue("test.stuck")
    worker = Worker()
    worker.start()
    assert until(lambda: bool(runner.in_hand))

    assert not worker.stop(grace_seconds=0.1)
    row = job_store.read(job_id)
    release.set()

    assert row is not None
    assert (row.state, row.attempts) == ("ready", 0)
    assert until(lambda: not runner.in_hand)
    # The straggler came to its end and found that the job is not its own any more.
    assert jobs.status(job_id).state == jobs.JobState.READY  # type: ignore[union-attr]


def test_what_was_missed_while_asleep_runs_once(any_place: Workspace, handle: Callable) -> None:
    ran: list[int] = []
    handle("test.hourly")(lambda job: ran.append(job.id))  # type: ignore[func-returns-value]
    jobs.cron("test.hourly", jobs.every(timedelta(hours=1)))
    recurring.tick()
    assert jobs.run_pending(names=["test.hourly"]) == 0

    five_hours_ago = job_store.now() - 5 * 3_600_000
    store.execute("UPDATE jobs_recurring SET due_at = %s", [five_hours_ago])
    recurring.tick()
    recurring.tick()
    jobs.run_pending(names=["test.hourly"])

    assert len(ran) == 1
    assert job_store.due_recurring()["test.hourly"] > job_store.now()


def test_a_daily_moment_is_local() -> None:
    schedule = jobs.daily(at=time_of_day(5), zone=ZoneInfo("Asia/Shanghai"))

    before = schedule(datetime(2025, 6, 29, 20, 59, tzinfo=UTC))
    after = schedule(datetime(2025, 6, 29, 21, 0, tzinfo=UTC))

    assert before == datetime(2025, 6, 29, 21, 0, tzinfo=UTC)
    assert after == datetime(2025, 6, 30, 21, 0, tzinfo=UTC)


def test_a_slow_job_waits_for_one_that_somebody_watches_but_not_for_ever(
    any_place: Workspace, handle: Callable
) -> None:
    handle("test.urgent", queue="urgent")(lambda job: None)
    patient, hasty = Calm(patience_seconds=1_000), Calm(patience_seconds=0)
    before = patient.has_come(any_place)

    jobs.enqueue("test.urgent")
    while_open = [patient.has_come(any_place), patient.has_come(any_place)]
    waited_enough = hasty.has_come(any_place)
    jobs.run_pending(names=["test.urgent"])

    assert (before, while_open, waited_enough) == (True, [False, False], True)
    assert patient.has_come(any_place)


def test_a_job_put_off_to_later_keeps_nobody_waiting(
    any_place: Workspace, handle: Callable
) -> None:
    handle("test.urgent", queue="urgent")(lambda job: None)

    jobs.enqueue("test.urgent", run_at=datetime.now(UTC) + timedelta(hours=1))

    assert Calm().has_come(any_place)
