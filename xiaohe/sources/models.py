"""Stored: who may send events, how many of which names came, and the events that could not be read."""

from __future__ import annotations

from django.db import models


class SourceKind(models.TextChoices):
    SEGMENT = "segment", "segment"


class Source(models.Model):
    """One site, app or server that tells events; as the `source` of a fact it is `<kind>:<id>`."""

    kind = models.CharField(max_length=20, choices=SourceKind.choices)
    name = models.CharField(max_length=80, unique=True)
    # Under which users and orders are hashed: two sources of one platform speak of the same people.
    platform = models.CharField(max_length=40, default="segment")
    # Origins a browser may send from; empty: any.
    origins = models.JSONField(default=list, blank=True)
    # Events a second; null: no limit.
    events_per_second = models.PositiveIntegerField(null=True, blank=True)
    created_at = models.DateTimeField()
    revoked_at = models.DateTimeField(null=True, blank=True)
    custom_names = models.IntegerField(default=0)
    # Unreadable events that found their shelf full.
    dead_dropped = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.kind} {self.name}"

    @property
    def as_source(self) -> str:
        return f"{self.kind}:{self.pk}"


class WriteKey(models.Model):
    """A key a source may write with, kept as a hash only: a copied database lets nobody write."""

    source = models.ForeignKey(Source, on_delete=models.CASCADE, related_name="keys")
    key_hash = models.CharField(max_length=64, unique=True)
    created_at = models.DateTimeField()
    # Set when another key has taken over.
    expires_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"write key {self.pk}"


class CustomName(models.Model):
    """A name of its own that a source's events have."""

    source_id = models.BigIntegerField()
    name = models.CharField(max_length=64)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source_id", "name"], name="sources_customname_once")
        ]

    def __str__(self) -> str:
        return self.name


class Bucket(models.Model):
    """What is left of a source's events a second; processes lease some of it at a time."""

    source_id = models.BigIntegerField(primary_key=True)
    tokens = models.FloatField()
    filled_us = models.BigIntegerField()

    def __str__(self) -> str:
        return f"{self.tokens:.0f} events left"


class DeadLetter(models.Model):
    """An event that was taken in and could not be read: sealed, until somebody fixes or drops it."""

    source_id = models.BigIntegerField()
    # Hash of its messageId: delivered again it lies here once.
    message_hash = models.BigIntegerField()
    reason = models.CharField(max_length=40)
    received_at = models.DateTimeField(db_index=True)
    # Thrown away: it lies here a while yet, so that it can be brought back.
    dropped_at = models.DateTimeField(null=True)
    sealed = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["source_id", "message_hash"], name="sources_deadletter_once"
            )
        ]

    def __str__(self) -> str:
        return f"dead letter {self.pk} ({self.reason})"


class SavedMapping(models.Model):
    """How a table that is no known export was read last, so that the next one of its headings needs no question."""

    # Of the headings in any order: hashed, so that whatever stood there is not kept twice.
    header_hash = models.BigIntegerField(unique=True)
    # As `mapping.Mapping.as_json` says it: headings by field, platform, currency; never a cell below the headings.
    told = models.JSONField()
    saved_at = models.DateTimeField()
    used_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"mapping {self.pk}"
