"""The ledger's relational statements, for SQLite and PostgreSQL alike; instants are microseconds since 1970."""

from __future__ import annotations

from xiaohe.ledger.store.common import now_us
from xiaohe.ledger.store.files import (
    FileRow,
    add_files,
    all_paths,
    files_of,
    forget_files,
    live_files,
    retire_files,
    retire_files_of,
    retired_before,
)
from xiaohe.ledger.store.inbox import (
    INBOX_COLUMNS,
    add_recent_key,
    add_to_inbox,
    drop_recent_days_before,
    drop_recent_key,
    inbox_claimable,
    inbox_has_late,
    inbox_oldest_us,
    inbox_size,
    inbox_visible,
    recent_key,
    remove_from_inbox,
)
from xiaohe.ledger.store.leases import free_lease, hold_lease, lease, lease_holder, renew_lease
from xiaohe.ledger.store.retractions import (
    KeyRetraction,
    key_retractions,
    retract_import,
    retract_key,
    retracted_until,
    retractions,
)
from xiaohe.ledger.store.versions import bump_lake, bump_taps, versions

__all__ = [
    "INBOX_COLUMNS",
    "FileRow",
    "KeyRetraction",
    "add_files",
    "add_recent_key",
    "add_to_inbox",
    "all_paths",
    "bump_lake",
    "bump_taps",
    "drop_recent_days_before",
    "drop_recent_key",
    "files_of",
    "forget_files",
    "free_lease",
    "hold_lease",
    "inbox_claimable",
    "inbox_has_late",
    "inbox_oldest_us",
    "inbox_size",
    "inbox_visible",
    "key_retractions",
    "lease",
    "lease_holder",
    "live_files",
    "now_us",
    "recent_key",
    "remove_from_inbox",
    "renew_lease",
    "retire_files",
    "retire_files_of",
    "retired_before",
    "retract_import",
    "retract_key",
    "retracted_until",
    "retractions",
    "versions",
]
