"""When a message that did not get through is tried again: the schedule of Standard Webhooks, over three days."""

from __future__ import annotations

import random
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

# Ten attempts: at once, then after these; together 75 h 35 min 5 s.
DELAYS = (
    timedelta(seconds=5),
    timedelta(minutes=5),
    timedelta(minutes=30),
    timedelta(hours=2),
    timedelta(hours=5),
    timedelta(hours=10),
    timedelta(hours=14),
    timedelta(hours=20),
    timedelta(hours=24),
)
ATTEMPTS = len(DELAYS) + 1
# Up to this share is added to a delay, so that what failed together does not come back together.
JITTER = 0.1
# What a receiver may ask for at most by Retry-After.
LONGEST_ASKED = timedelta(hours=24)
# Nothing got through for so long: the endpoint is switched off.
PATIENCE = timedelta(days=5)


def next_at(
    attempts: int, now: datetime, *, asked: timedelta | None = None, dice: random.Random
) -> datetime | None:
    """When to try again after so many attempts; None: give up."""
    if attempts >= ATTEMPTS:
        return None
    delay = DELAYS[attempts - 1] * (1 + JITTER * dice.random())
    return now + max(delay, asked or timedelta(0))


def asked_for(retry_after: str, now: datetime) -> timedelta | None:
    """How long a Retry-After header asks us to wait: seconds or a date; None if it says nothing readable."""
    text = retry_after.strip()
    if not text:
        return None
    if text.isdecimal() and len(text) <= 9:
        asked = timedelta(seconds=int(text))
    else:
        try:
            until = parsedate_to_datetime(text)
        except ValueError:
            return None
        asked = (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
    return min(max(asked, timedelta(0)), LONGEST_ASKED)
