"""The one lock of this room, in both dialects."""

from __future__ import annotations

from xiaohe.kernel import store

# Of PostgreSQL's advisory locks; any number nobody else takes.
_RULES = 0x5E6_0001


def lock_rules() -> None:
    """Until the end of this transaction nobody else changes a segment or a tag: rules name each other."""
    if store.is_postgres():
        store.execute("SELECT pg_advisory_xact_lock(%s)", [_RULES])
