"""How the ledger is doing, for readiness, metrics and the doctor."""

from __future__ import annotations

from xiaohe.ledger.store import now_us
from xiaohe.ledger.store.numbers import (
    Files,
    Runs,
    Waiting,
    files_by_kind,
    imports_by_state,
    key_runs,
    waiting,
)

# The stream door refuses at ten minutes; a minute later it is certain that nobody drains.
INBOX_AGE_LIMIT_SECONDS = 660.0

__all__ = [
    "INBOX_AGE_LIMIT_SECONDS",
    "Files",
    "Runs",
    "Waiting",
    "age_seconds",
    "files_by_kind",
    "imports_by_state",
    "key_runs",
    "waiting",
]


def age_seconds(of: Waiting) -> float:
    """How long the oldest waiting fact has waited, by the database's clock; 0 when nothing waits."""
    return 0.0 if of.oldest_us is None else max(0.0, (now_us() - of.oldest_us) / 1e6)
