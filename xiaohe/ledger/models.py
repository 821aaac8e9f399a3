"""Stored: what was imported, which files count, what was retracted, and facts that are not in a file yet.

The lake itself is Parquet; these tables are its catalogue. Instants of the hot tables are whole microseconds
since 1970 (UTC), the same number on both stores; only `store.py` reads and writes those tables.
"""

from __future__ import annotations

from enum import StrEnum

from django.db import models


class ImportState(StrEnum):
    STAGING = "staging"
    COMMITTED = "committed"
    UNDONE = "undone"
    ABANDONED = "abandoned"


class FileRole(StrEnum):
    # The facts every read sees.
    FACT = "fact"
    # Facts an import stated that were known already: they come to light when the earlier import is undone.
    SHADOW = "shadow"
    # The facts of compacted files once more, ordered by subject: for looking at few people.
    SUBJECT = "subject"


class Import(models.Model):
    """One file that came through the bulk door: seen whole or not at all."""

    kind = models.CharField(max_length=40)
    source = models.CharField(max_length=40)
    # The file's name may hold a person's: it arrives sealed and stays sealed.
    label = models.BinaryField(null=True)
    state = models.CharField(max_length=12, default="staging")
    report = models.JSONField(default=dict)
    created_at = models.DateTimeField()
    committed_at = models.DateTimeField(null=True)
    undone_at = models.DateTimeField(null=True)
    lake_version = models.BigIntegerField(null=True)
    # Which process is at it (see lease.py): a staging import of a dead process is abandoned at start-up.
    holder = models.CharField(max_length=200, default="")

    def __str__(self) -> str:
        return f"import {self.pk} ({self.kind}, {self.state})"


class LakeFile(models.Model):
    """One immutable Parquet file, by its path inside the lake; the list in one snapshot is the lake."""

    import_id = models.BigIntegerField(null=True, db_index=True)
    path = models.CharField(max_length=200, unique=True)
    role = models.CharField(max_length=8)
    # 0: as it came in; from 1 on: how often these rows were merged.
    level = models.SmallIntegerField(default=0)
    rows = models.BigIntegerField()
    bytes = models.BigIntegerField()
    occurred_min_us = models.BigIntegerField(null=True)
    occurred_max_us = models.BigIntegerField(null=True)
    recorded_min_us = models.BigIntegerField(null=True)
    recorded_max_us = models.BigIntegerField(null=True)
    # The only type of its facts; null: several.
    type = models.TextField(null=True)  # noqa: DJ001
    # Holds rows of several imports or of imports and the stream: what is retracted is left out row by row.
    mixed = models.BooleanField(default=False)
    # Its facts stand in SUBJECT files too.
    covered = models.BooleanField(default=False)
    # Of its bytes, in hex; empty for files written before this was kept.
    sha256 = models.CharField(max_length=64, default="", blank=True)
    # Facts of retractions up to this number are not in it; 0: nobody has looked.
    folded = models.BigIntegerField(default=0)
    # Real time, not the shop's: when reads stopped being given this file. It is deleted a day later.
    retired_us = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.path


class Retraction(models.Model):
    """An import, or one fact of the stream door, that never was."""

    import_id = models.BigIntegerField(null=True)
    key_hash = models.BigIntegerField(null=True, db_index=True)
    # One fact: statements recorded up to here are gone; stated again later, it counts.
    until_us = models.BigIntegerField(null=True)
    retracted_us = models.BigIntegerField()

    def __str__(self) -> str:
        return f"retraction of import {self.import_id} / fact {self.key_hash}"


class InboxBatch(models.Model):
    """What one call of the stream door brought and no file holds yet; ids are in the order of commits."""

    id = models.BigIntegerField(primary_key=True)
    recorded_us = models.BigIntegerField()
    rows = models.IntegerField()
    # Stated so long ago that only the lake can tell whether it is known: not read before it is drained.
    late = models.BooleanField(default=False)
    # The latest instant by which its keys may be asked for among the recent ones: recorded or stated.
    until_us = models.BigIntegerField()
    # An Arrow stream of one record batch (inbox.py); it names its own columns.
    facts = models.BinaryField()

    def __str__(self) -> str:
        return f"batch {self.pk}"


class InboxKey(models.Model):
    """A key of an undrained batch."""

    key_hash = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.key_hash)


class KeyRun(models.Model):
    """A file of sorted keys that were drained in the last 35 days, by its path inside the lake."""

    path = models.CharField(max_length=200, unique=True)
    keys = models.BigIntegerField()
    bytes = models.BigIntegerField()
    until_us = models.BigIntegerField()
    retired_us = models.BigIntegerField(null=True)

    def __str__(self) -> str:
        return self.path


class FreedKey(models.Model):
    """A key whose fact was taken back: it may be stated again."""

    key_hash = models.BigIntegerField(primary_key=True)

    def __str__(self) -> str:
        return str(self.key_hash)


class LedgerState(models.Model):
    """One row: what every derived number names as its version."""

    lake_version = models.BigIntegerField(default=0)
    tap_version = models.BigIntegerField(default=0)
    # Keys recorded or stated before this instant are not among the recent ones any more.
    keys_since_us = models.BigIntegerField(default=0)
    # Moves with every change of the runs of recent keys.
    key_version = models.BigIntegerField(default=0)
    # Facts in the inbox, counted in the transactions that change it.
    inbox_rows = models.BigIntegerField(default=0)
    # The latest instant at which anything was recorded, whatever the clock says now.
    newest_us = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"lake {self.lake_version}, taps {self.tap_version}"


class Lease(models.Model):
    """Who alone may do one thing now; `fence` grows with every new holder."""

    name = models.CharField(max_length=40, primary_key=True)
    holder = models.CharField(max_length=200, default="")
    fence = models.BigIntegerField(default=0)
    expires_us = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return self.name
