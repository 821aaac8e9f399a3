"""Stored: endpoints of webhooks, what goes out to them and how it went, and what came in and could not be read.

Instants of the delivery table are whole microseconds since 1970 (UTC); only `webhook/store.py` works it.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models

ID_LENGTH = 32
WORD_LENGTH = 24


class Direction(StrEnum):
    IN = "in"
    OUT = "out"


class OffReason(StrEnum):
    """Why an endpoint is switched off; empty while it works."""

    BY_HAND = "by_hand"
    GONE = "gone"  # it answered 410
    FAILING = "failing"  # nothing got through for five days
    OVERRUN = "overrun"  # more waits for it than we keep


class DeliveryState(StrEnum):
    WAITING = "waiting"
    SENDING = "sending"
    # Claimed, and whoever had it is gone: it may have arrived. Sent again under the same id.
    UNKNOWN = "unknown"
    DELIVERED = "delivered"
    GIVEN_UP = "given_up"


class LetterState(StrEnum):
    OPEN = "open"
    DONE = "done"
    DROPPED = "dropped"


class Endpoint(models.Model):
    """One end of a webhook: a door of ours (in) or somebody's URL (out)."""

    id = models.CharField(primary_key=True, max_length=ID_LENGTH)
    direction = models.CharField(max_length=3)
    name = models.CharField(max_length=80)
    created_at = models.DateTimeField()
    # Which platform's customers and orders its numbers name; in only.
    platform = models.CharField(max_length=40, default="", blank=True)
    # Names of events it brought that no type lists; in only.
    names = models.JSONField(default=list)
    # Out only. A URL may hold a password of its path's: it is sealed.
    url = models.BinaryField(null=True)
    types = models.JSONField(default=list)
    batched = models.BooleanField(default=False)
    private = models.BooleanField(default=False)

    secret = models.BinaryField()
    old_secret = models.BinaryField(null=True)
    old_until = models.DateTimeField(null=True)

    off_reason = models.CharField(max_length=WORD_LENGTH, default="", blank=True)
    off_at = models.DateTimeField(null=True)
    # Removed: it stops and is listed nowhere, and can be brought back with all that is known of it.
    retired_at = models.DateTimeField(null=True)
    # Since when nothing got through; null after a success.
    failing_since = models.DateTimeField(null=True)
    # It asked to be left alone until then.
    quiet_until_us = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return str(self.id)

    @property
    def is_on(self) -> bool:
        return not self.off_reason and self.retired_at is None


class Delivery(models.Model):
    """One message to one endpoint; its id is the `webhook-id`, the same however often it is tried."""

    endpoint_id = models.CharField(max_length=ID_LENGTH)
    message_id = models.CharField(max_length=64, unique=True)
    type = models.TextField()
    # JSON as it is signed: ids, times, amounts and listed properties; no direct identifiers.
    body = models.TextField()
    created_us = models.BigIntegerField()
    state = models.CharField(max_length=WORD_LENGTH, default="waiting")
    attempts = models.IntegerField(default=0)
    # Grows with every claim: what a sender must show to note how it went.
    token = models.BigIntegerField(default=0)
    due_us = models.BigIntegerField()
    claimed_until_us = models.BigIntegerField(null=True)
    finished_us = models.BigIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["endpoint_id", "due_us"],
                condition=models.Q(state__in=["waiting", "unknown", "sending"]),
                name="channels_delivery_open",
            ),
            models.Index(fields=["created_us"], name="channels_delivery_created"),
        ]

    def __str__(self) -> str:
        return str(self.message_id)


class Attempt(models.Model):
    """How one try went."""

    delivery_id = models.BigIntegerField(db_index=True)
    number = models.IntegerField()
    at_us = models.BigIntegerField(db_index=True)
    status = models.IntegerField(null=True)
    why = models.CharField(max_length=WORD_LENGTH, default="", blank=True)
    ms = models.IntegerField(null=True)
    # The beginning of what they answered, sealed: it may quote somebody.
    response = models.BinaryField(null=True)

    def __str__(self) -> str:
        return f"attempt {self.number} of delivery {self.delivery_id}"


class Letter(models.Model):
    """A signed message, or one event of it, that could not be read: kept sealed until somebody mends it."""

    endpoint_id = models.CharField(max_length=ID_LENGTH)
    # The key its fact will have: the webhook-id, with its place for one event of several.
    key = models.CharField(max_length=220)
    received_at = models.DateTimeField()
    times = models.IntegerField(default=1)
    state = models.CharField(max_length=WORD_LENGTH, default="open")
    why = models.CharField(max_length=40)
    body = models.BinaryField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint_id", "key"], name="one_letter_per_event")
        ]

    def __str__(self) -> str:
        return f"letter {self.pk}"
