"""A kept message, read again after somebody mended it: it counts once, under the key it came with."""

from __future__ import annotations

from datetime import datetime, timedelta
from time import monotonic

from django.utils.translation import gettext_lazy as _

from xiaohe.channels.models import Letter, LetterState
from xiaohe.channels.webhook import endpoints, letters, receive
from xiaohe.channels.webhook.mapping import Unreadable
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.kernel.store import write
from xiaohe.shop import vault


def mend(letter_id: int, body: bytes, now: datetime) -> receive.Received:
    """Read a letter again with this text in place of its own; counts once, however often its sender repeats it."""
    letter = letters.one(letter_id)
    if letter.state != LetterState.OPEN:
        raise Conflict("letter_settled", _("This message was settled already."))
    try:
        events = receive.parsed(body)
        for each in events:
            receive.read(each)
    except Unreadable as error:
        raise BadInput(
            "not_readable",
            _("It still cannot be read (%(why)s)."),
            why=error.why,
        ) from None
    with write():
        done = receive.record(endpoints.one(letter.endpoint_id), letter.key, events, now)
        Letter.objects.filter(pk=letter_id).update(state=LetterState.DONE)
    return done


def replay_all(now: datetime, *, within: timedelta | None = None) -> tuple[int, int]:
    """Read all letters again, newest first, as many as fit into `within`: how many count now, how many stay."""
    until = None if within is None else monotonic() + within.total_seconds()
    read = left = 0
    for letter in letters.listing(limit=letters.MOST_OPEN):
        if until is not None and monotonic() > until:
            break
        try:
            replay(letter.id, now)
            read += 1
        except BadInput:
            left += 1
        except (Conflict, NotFound):
            # Somebody else saw to it meanwhile.
            continue
    return read, left


def replay(letter_id: int, now: datetime) -> receive.Received:
    """Read a letter again as it came, after what it lacked was taught."""
    return mend(letter_id, vault.unseal(letters.one(letter_id).body, letters.BODY).encode(), now)
