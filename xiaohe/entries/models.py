"""Stored: codes on cards, order numbers that were claimed, and what is left of the rates.

What happened with a code (printed, shipped, scanned, claimed) is facts; a code's row is only what it says.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models

from xiaohe.entries.words import LENGTH

WORD_LENGTH = 24


class Gift(StrEnum):
    """What whoever gives an order number gets."""

    GUIDE = "guide"
    WARRANTY = "warranty"
    GIFT = "gift"


class ClaimState(StrEnum):
    WAITING = "waiting"
    JOINED = "joined"
    REFUSED = "refused"


class Code(models.Model):
    """One printable code, for a batch of parcel cards, a store, a table or a member of staff. Never deleted: facts name it."""

    code = models.CharField(max_length=LENGTH, unique=True)
    # Of shop.taxonomy: parcel_card, store_code, table_code or staff_code.
    entry = models.CharField(max_length=WORD_LENGTH)
    # What the owner calls it: a batch, a table.
    name = models.CharField(max_length=80)
    platform = models.CharField(max_length=40, default="", blank=True)
    store = models.CharField(max_length=80, default="", blank=True)
    staff = models.CharField(max_length=80, default="", blank=True)
    tag = models.CharField(max_length=40, default="", blank=True)
    # The one sentence on the card.
    offer = models.CharField(max_length=80)
    # Our account to add: the number in the register, what to search for, and its QR picture (PNG).
    account_id = models.BigIntegerField(null=True, blank=True)
    account_said = models.CharField(max_length=64, default="", blank=True)
    picture = models.BinaryField(null=True)
    gift = models.CharField(max_length=WORD_LENGTH, default=Gift.GUIDE.value)
    gift_text = models.CharField(max_length=300, default="", blank=True)
    gift_link = models.CharField(max_length=300, default="", blank=True)
    created_at = models.DateTimeField()
    closes_on = models.DateField(null=True, blank=True)
    retired_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.code)


class Claim(models.Model):
    """One order number that somebody typed on the public page; bounded in number, see claims.py."""

    word = models.CharField(max_length=LENGTH, unique=True)
    code_id = models.BigIntegerField()
    scanner = models.BigIntegerField()
    # Keyed hash of the number as typed, platform apart: the same number claimed twice.
    number_hash = models.BigIntegerField(db_index=True)
    sealed = models.BinaryField()
    made_at = models.DateTimeField(db_index=True)
    state = models.CharField(max_length=WORD_LENGTH, default="waiting", db_index=True)
    # Found out afterwards: the order with this number, once it is in the ledger.
    order_key = models.BigIntegerField(null=True)
    # Whose chat it is, as the owner said or as a contact's text tells; the subject of that contact.
    contact = models.BigIntegerField(null=True)
    settled_at = models.DateTimeField(null=True)
    # The owner settled it; else a contact's text did, and it follows that text.
    by_hand = models.BooleanField(default=False)
    # Keys of the facts that settled it, for taking it back.
    facts = models.JSONField(default=list)
    # Its claim.made is in the ledger.
    told = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["scanner", "code_id", "number_hash"], name="one_claim_per_scanner"
            )
        ]

    def __str__(self) -> str:
        return str(self.word)


class Bucket(models.Model):
    """What is left of a rate; there are only so many places, whoever asks (rate.py)."""

    place = models.BigIntegerField(primary_key=True)
    tokens = models.FloatField()
    filled_us = models.BigIntegerField()

    def __str__(self) -> str:
        return f"bucket {self.place}"
