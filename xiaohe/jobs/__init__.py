"""A lease table of background work: claim, renew, fence, retry, cron; effects and completion in one commit.

enqueue ──► jobs_job ──claim (lease, token)──► handler ──► finish(effect): both commit, or neither
"""

from xiaohe.jobs.actions import JobState, JobStatus, enqueue, latest, revive, status
from xiaohe.jobs.errors import LeaseLost
from xiaohe.jobs.registry import Queue, at_start, cron, daily, discover, every, handler
from xiaohe.jobs.runner import run_pending, wait
from xiaohe.jobs.running import Running

__all__ = [
    "JobState",
    "JobStatus",
    "LeaseLost",
    "Queue",
    "Running",
    "at_start",
    "cron",
    "daily",
    "discover",
    "enqueue",
    "every",
    "handler",
    "latest",
    "revive",
    "run_pending",
    "status",
    "wait",
]
