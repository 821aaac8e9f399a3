"""Stored: what the shop calls its people by: segments with every version of them, and tags.

Who is in a segment is no row here; that is derived state (`segments.state`) and facts.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models

WORD_LENGTH = 24
SLUG_LENGTH = 40
NAME_LENGTH = 80


class Kind(StrEnum):
    """Where a segment is from."""

    OWN = "own"
    # Ships with Xiaohe and was edited here; untouched ones have no row (library/).
    LIBRARY = "library"
    # The rule of a tag that the shop keeps by itself.
    TAG = "tag"


class Act(StrEnum):
    """What made a version of a segment."""

    SAVED = "saved"
    RENAMED = "renamed"
    ARCHIVED = "archived"
    RESTORED = "restored"
    PUT_BACK = "put_back"
    UNDONE = "undone"


class Segment(models.Model):
    """A rule with a name. Never deleted: facts and other segments name its slug."""

    # In addresses, in rules and in facts; a rename does not change it.
    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)
    # Empty: what the library calls it.
    name = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    # The same rule twice: as people read it, and as a tree (`rules.jsonform`).
    text = models.TextField()
    tree = models.JSONField()
    # Of the library and put back: what ships holds, also after an upgrade; text and tree are of the day it was put back.
    as_shipped = models.BooleanField(default=False)
    # Of random shares that name none of their own; drawn once, at the first save.
    salt = models.CharField(max_length=WORD_LENGTH)
    kind = models.CharField(max_length=WORD_LENGTH, default=Kind.OWN.value)
    version = models.PositiveIntegerField(default=1)
    created_at = models.DateTimeField()
    created_by = models.BigIntegerField(null=True)
    edited_at = models.DateTimeField()
    edited_by = models.BigIntegerField(null=True)
    archived_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return str(self.slug)


class SegmentVersion(models.Model):
    """What a segment was after one change; written once, never changed."""

    slug = models.CharField(max_length=SLUG_LENGTH)
    version = models.PositiveIntegerField()
    act = models.CharField(max_length=WORD_LENGTH)
    name = models.CharField(max_length=NAME_LENGTH, default="", blank=True)
    text = models.TextField()
    tree = models.JSONField()
    as_shipped = models.BooleanField(default=False)
    is_archived = models.BooleanField(default=False)
    saved_at = models.DateTimeField()
    saved_by = models.BigIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["slug", "version"], name="segments_version_once")
        ]

    def __str__(self) -> str:
        return f"{self.slug} {self.version}"


class Tag(models.Model):
    """A tag that somebody answers for: given by hand, or following a rule. Never deleted: facts name group and tag."""

    group = models.CharField(max_length=40)
    tag = models.CharField(max_length=40)
    # The segment (of kind `tag`) whose members have it; empty: given by hand.
    slug = models.CharField(max_length=SLUG_LENGTH, default="", blank=True)
    # Days from when it was given until it ends by itself; null: it does not.
    days = models.PositiveIntegerField(null=True, blank=True)
    # Health, religion, finances, minors: given only with a reason, and shown to nobody who did not ask.
    sensitive = models.BooleanField(default=False)
    # Who answers for it, and whom to ask.
    owner = models.BigIntegerField(null=True)
    created_at = models.DateTimeField()
    archived_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "tag"], name="segments_tag_once")]

    def __str__(self) -> str:
        return f"{self.group}: {self.tag}"


class TagReason(models.Model):
    """Why a person was given a tag, in somebody's own words: sealed, and beside the facts, which hold no free text."""

    # Of the fact that gave it.
    fact = models.BigIntegerField(unique=True)
    sealed = models.BinaryField()

    def __str__(self) -> str:
        return f"reason {self.pk}"


class MadeOf(models.Model):
    """A category of goods or a printed code of the shop that the library makes a tag of (`library.made`)."""

    slug = models.CharField(max_length=SLUG_LENGTH, unique=True)
    # Which entry of tags.toml: `category`, `code`.
    each = models.CharField(max_length=WORD_LENGTH)
    value = models.CharField(max_length=200)
    # How many people it was true of when it was looked at last, to put the most usual first.
    people = models.BigIntegerField(default=0)
    seen_on = models.DateField()

    def __str__(self) -> str:
        return f"{self.each}: {self.value}"


class SegmentDay(models.Model):
    """How many people a segment had when a shop day ended, or has so far today."""

    slug = models.CharField(max_length=SLUG_LENGTH)
    on = models.DateField()
    people = models.BigIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["slug", "on"], name="segments_day_once")]

    def __str__(self) -> str:
        return f"{self.slug} {self.on}"
