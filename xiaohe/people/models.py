"""Stored: what the owner remembers of a person, in sealed words. The hot tables stand in `store.py`."""

from __future__ import annotations

from django.db import models


class Note(models.Model):
    """One thing remembered; it follows its subject through joins, and is struck out rather than deleted at once."""

    subject = models.BigIntegerField(db_index=True)
    sealed = models.BinaryField()
    written_at = models.DateTimeField()
    user_id = models.BigIntegerField(
        null=True
    )  # no foreign key: who may sign in lives in the main store
    struck_at = models.DateTimeField(null=True)
    # Read by its author alone (`private_notes`); with a default in the store, for whoever writes without knowing it.
    is_private = models.BooleanField(default=False, db_default=False)

    def __str__(self) -> str:
        return f"note {self.pk}"


class Tie(models.Model):
    """Two people who belong together and stay two; `low` and `high` are subjects, the smaller number first."""

    low = models.BigIntegerField(db_index=True)
    high = models.BigIntegerField(db_index=True)
    kind = models.CharField(max_length=16)
    sealed = models.BinaryField(null=True)
    told_at = models.DateTimeField()
    user_id = models.BigIntegerField(null=True)
    struck_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"tie {self.pk}"
