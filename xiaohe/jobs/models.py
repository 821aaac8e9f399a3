"""Stored: jobs, when the recurring ones are next due, and which workers are alive.

The tables are worked by `store.py` alone; these models only draw them, for the migrations.
Instants are integer milliseconds since 1970 by the database's clock, which every worker shares.
"""

from __future__ import annotations

from django.db import models


class Job(models.Model):
    name = models.TextField()
    # JSON; ids and days only, no personal data.
    payload = models.TextField(default="{}")
    # Same text, not started yet: the same job. Cleared when it starts.
    dedupe = models.TextField(null=True)  # noqa: DJ001 - nulls are many, an empty text would be one
    state = models.TextField(default="ready")
    run_at = models.BigIntegerField()
    attempts = models.IntegerField(default=0)
    lease_until = models.BigIntegerField(null=True)
    # Grows with every claim: the number a worker must show to change the row.
    token = models.BigIntegerField(default=0)
    worker = models.TextField(default="")
    progress = models.TextField(default="{}")
    result = models.TextField(default="{}")
    error = models.TextField(default="")
    created_at = models.BigIntegerField()
    finished_at = models.BigIntegerField(null=True)
    # The id of the request that caused it, for log lines.
    request = models.TextField(default="")

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["dedupe"],
                condition=models.Q(state="ready"),
                name="jobs_job_dedupe",
            )
        ]
        indexes = [
            models.Index(
                fields=["run_at", "id"],
                condition=models.Q(state__in=["ready", "running"]),
                name="jobs_job_open",
            ),
            models.Index(fields=["finished_at"], name="jobs_job_finished"),
            models.Index(fields=["name"], condition=models.Q(state="dead"), name="jobs_job_dead"),
        ]

    def __str__(self) -> str:
        return f"{self.name} #{self.pk}"


class Recurring(models.Model):
    """When a recurring job is next due; one row per name."""

    name = models.TextField(primary_key=True)
    due_at = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.name)


class Worker(models.Model):
    """A process that runs jobs, and when it last said so."""

    name = models.TextField(primary_key=True)
    seen_at = models.BigIntegerField()

    def __str__(self) -> str:
        return str(self.name)
