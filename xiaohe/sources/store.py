"""The hot statements of this room, in both dialects."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from xiaohe.kernel import store


def admit_name(source_id: int, name: str, limit: int) -> bool:
    """Take a custom name in unless the source has `limit` of them; inside a transaction. True if it is in now."""
    added = store.execute(
        "INSERT INTO sources_customname (source_id, name) VALUES (%s, %s) ON CONFLICT DO NOTHING",
        [source_id, name],
    )
    if not added:
        return True
    counted = store.execute(
        "UPDATE sources_source SET custom_names = custom_names + 1 WHERE id = %s AND custom_names < %s",
        [source_id, limit],
    )
    if not counted:
        store.execute(
            "DELETE FROM sources_customname WHERE source_id = %s AND name = %s", [source_id, name]
        )
    return bool(counted)


def lease_tokens(source_id: int, wanted: int, *, rate: float, most: float, now_us: int) -> float:
    """Fill a bucket for the time gone by and take `wanted` from it if anything is in it; inside a transaction.

    Returns what is in it before the taking: above 0 they were taken, and it may owe some afterwards.
    """
    store.execute(
        "INSERT INTO sources_bucket (source_id, tokens, filled_us) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING",
        [source_id, most, now_us],
    )
    lock = " FOR UPDATE" if store.is_postgres() else ""
    tokens, filled_us = store.rows(
        f"SELECT tokens, filled_us FROM sources_bucket WHERE source_id = %s{lock}", [source_id]
    )[0]
    # A clock that went back fills nothing.
    gone = max(0, now_us - int(filled_us)) / 1e6
    held = min(most, float(tokens) + gone * rate)
    left = held - wanted if held > 0 else held
    store.execute(
        "UPDATE sources_bucket SET tokens = %s, filled_us = %s WHERE source_id = %s",
        [left, max(now_us, int(filled_us)), source_id],
    )
    return held


def count_dead(source_id: int) -> int:
    sql = "SELECT count(*) FROM sources_deadletter WHERE source_id = %s AND dropped_at IS NULL"
    return int(store.rows(sql, [source_id])[0][0])


def add_dead(
    source_id: int, letters: Sequence[tuple[int, str, bytes]], received_at: datetime
) -> None:
    """Letters are (message_hash, reason, sealed); one that lies here already stays as it is."""
    store.execute_many(
        "INSERT INTO sources_deadletter (source_id, message_hash, reason, received_at, sealed)"
        " VALUES (%s, %s, %s, %s, %s) ON CONFLICT DO NOTHING",
        [(source_id, each[0], each[1], received_at, each[2]) for each in letters],
    )


def count_dropped(source_id: int, letters: int) -> None:
    store.execute(
        "UPDATE sources_source SET dead_dropped = dead_dropped + %s WHERE id = %s",
        [letters, source_id],
    )


def forget_dead(*, received_before: datetime, dropped_before: datetime) -> int:
    return store.execute(
        "DELETE FROM sources_deadletter WHERE received_at < %s OR dropped_at < %s",
        [received_before, dropped_before],
    )
