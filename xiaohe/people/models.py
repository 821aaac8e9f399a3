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

    def __str__(self) -> str:
        return f"note {self.pk}"
