"""What became of a task on today's list."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

_TASK = {"task": "id of the task"}

TYPES = (
    FactType(
        "task.copied",
        "已复制",
        "Words copied",
        "The ready words were copied.",
        {**_TASK, "what": "name or words"},
    ),
    FactType(
        "task.done",
        "已做",
        "Task done",
        "The task was done.",
        {**_TASK, "how": "one by one or all at once"},
    ),
    FactType(
        "task.postponed",
        "推迟",
        "Task postponed",
        "Not today: it comes back.",
        {**_TASK, "until": "the shop day it comes back"},
    ),
    FactType(
        "task.skipped",
        "放弃",
        "Task skipped",
        "Not this time.",
        {**_TASK, "why": "published reason code"},
    ),
    FactType(
        "task.suppressed",
        "被拦",
        "Task suppressed",
        "The governor refused the touch.",
        {**_TASK, "rule": "published name of the rule"},
    ),
)
