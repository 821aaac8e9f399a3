"""Who saw or took contact data; every page, search and export that unseals identifiers calls `record`."""

from __future__ import annotations

from datetime import datetime

from django.db.models import Q

from xiaohe.shop.models import AuditAct, AuditEntry


def record(
    act: AuditAct,
    *,
    now: datetime,
    user_id: int | None,
    page: str,
    person: int | None = None,
    people: int = 1,
) -> None:
    """Note that `user_id` saw or took the contact data of one person or of `people` persons."""
    AuditEntry.objects.create(
        at=now, user_id=user_id, act=AuditAct(act).value, page=page, person=person, people=people
    )


def seen_by(person: int, limit: int = 20) -> list[AuditEntry]:
    """Who looked at one person, latest first."""
    return list(AuditEntry.objects.filter(person=person).order_by("-at", "-id")[:limit])


def done_to(page: str, act: AuditAct, limit: int = 20) -> list[AuditEntry]:
    """What was done to that page or thing, with whatever stands behind a colon; latest first."""
    it = Q(page=page) | Q(page__startswith=f"{page}:")
    return list(AuditEntry.objects.filter(it, act=act.value).order_by("-at", "-id")[:limit])


def latest(limit: int = 100) -> list[AuditEntry]:
    return list(AuditEntry.objects.order_by("-at", "-id")[:limit])
