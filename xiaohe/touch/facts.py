"""How this room states facts: source `xiaohe`, one key per thing said, persons by their subject."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from xiaohe.ledger import keys
from xiaohe.ledger.stream import Fact
from xiaohe.touch.models import Task

SOURCE = "xiaohe"


def draft(
    type_: str,
    *,
    key: str,
    subject: int,
    at: datetime,
    account_id: int | None = None,
    other: int | None = None,
    amount: int | None = None,
    currency: str | None = None,
    props: Mapping[str, Any] | None = None,
) -> Fact:
    """A fact of ours, ready for the stream door; repeating the key states the same fact."""
    return Fact(
        source=SOURCE,
        key=key,
        type=type_,
        occurred_at=at,
        subject=subject,
        other=other,
        account_id=account_id,
        amount=amount,
        currency=currency,
        props=dict(props) if props else {},
    )


def key_hash_of(fact: Fact) -> int:
    """What takes a fact back again."""
    return keys.key_hash(fact.source, fact.key)


# ---------------------------------------------------------------- of a task


def task_fact(task: Task, type_: str, key: str, at: datetime, props: dict[str, Any]) -> Fact:
    return draft(
        type_,
        key=key,
        subject=task.person,
        at=at,
        account_id=task.account_id,
        props={"task": task.pk, **props},
    )


def out_fact(task: Task, key: str, at: datetime, how: str) -> Fact:
    props = {"how": how, **({"template": task.template} if task.template else {})}
    return task_fact(task, "message.out", f"{key}:out", at, props)


def sent_facts(task: Task, key: str, at: datetime, how: str) -> list[Fact]:
    return [
        out_fact(task, key, at, "sent"),
        task_fact(task, "task.done", f"{key}:done", at, {"how": how}),
    ]


def reported_fact(
    task: Task, key: str, at: datetime, what: str, amount: int | None, currency: str | None
) -> Fact:
    return draft(
        "order.reported",
        key=f"{key}:reported",
        subject=task.person,
        at=at,
        account_id=task.account_id,
        amount=amount,
        currency=currency if amount is not None else None,
        props={"task": task.pk, "what": what},
    )


def withdrawals(task: Task, key: str, at: datetime) -> list[Fact]:
    """For the person and for the contact by itself: should they be parted later, neither is written to."""
    subjects = {task.person, task.link_subject or task.person}
    return [
        draft(
            "consent.withdrawn",
            key=f"{key}:withdrawn:{number}",
            subject=subject,
            at=at,
            account_id=task.account_id,
            props={"task": task.pk},
        )
        for number, subject in enumerate(sorted(subjects))
    ]
