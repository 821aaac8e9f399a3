"""The hot statements of this room, in both dialects."""

from __future__ import annotations

import math

from xiaohe.kernel import store


def lease_tokens(
    place: int, wanted: float, *, rate: float, most: float, now_us: int
) -> tuple[float, float]:
    """Fill a bucket for the time gone by and take up to `wanted` whole tokens; inside a transaction.

    Returns how many were taken and what is left.
    """
    store.execute(
        "INSERT INTO entries_bucket (place, tokens, filled_us) VALUES (%s, %s, %s)"
        " ON CONFLICT DO NOTHING",
        [place, most, now_us],
    )
    lock = " FOR UPDATE" if store.is_postgres() else ""
    tokens, filled_us = store.rows(
        f"SELECT tokens, filled_us FROM entries_bucket WHERE place = %s{lock}", [place]
    )[0]
    # A clock that went back fills nothing.
    gone = max(0, now_us - int(filled_us)) / 1e6
    held = min(most, float(tokens) + gone * rate)
    taken = float(min(wanted, math.floor(held)))
    store.execute(
        "UPDATE entries_bucket SET tokens = %s, filled_us = %s WHERE place = %s",
        [held - taken, max(now_us, int(filled_us)), place],
    )
    return taken, held - taken
