"""How much one address, one code and everybody together may ask, over all processes.

    address ──hash with today's salt──► one of 4096 places ─┐
    code    ──hash──────────────────────► one of 1024 places ┼─► a bucket of tokens in the store, leased in portions
    everybody ──────────────────────────► one place          ┘

There are only so many places, so no traffic makes more rows; two addresses may share one, which only the busiest
notices. A process leases a portion at a time, and once a place is empty it answers from memory until something can be
there again: thousands of refused requests cost the store nothing.
"""

from __future__ import annotations

import ipaddress
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from enum import IntEnum
from threading import Lock
from time import monotonic

from django.utils.translation import gettext_lazy as _

from xiaohe.entries import store
from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import RetryLater
from xiaohe.kernel.ids import Hasher

ADDRESSES, CODES = 4096, 1024
DAY = 86_400.0


class Act(IntEnum):
    LOOK = 0
    CLAIM = 1


@dataclass(frozen=True)
class Rate:
    """Tokens a second, how many may be saved up, and how many a process takes at a time."""

    a_second: float
    most: float
    portion: float = 1.0


# One address may be a village behind one mobile gateway, so it may look often; nobody claims dozens of orders.
OF_ADDRESS = {Act.LOOK: Rate(1.0, 60, 10), Act.CLAIM: Rate(12 / 3600, 12)}
# A card at a live show is scanned by hundreds within a minute; a batch of parcels never.
OF_CODE = {Act.LOOK: Rate(5.0, 600, 20), Act.CLAIM: Rate(120 / 3600, 60, 2)}
OF_ALL = {Act.LOOK: Rate(20.0, 2_000, 50), Act.CLAIM: Rate(600 / 3600, 300, 5)}


class Hurried(RetryLater):
    """Too many for now; `after` seconds there is room again."""

    status = 429

    def __init__(self, after: float) -> None:
        super().__init__("hurried", _("A lot is happening at once. Please try again in a moment."))
        self.after = max(1, min(3600, math.ceil(after)))


@dataclass
class _Held:
    tokens: float = 0.0
    empty_until: float = 0.0


_held: dict[tuple[str, int], _Held] = {}
_lock = Lock()


def take(act: Act, *, address: str, code: str, today: date, now_us: int) -> None:
    """Let one request pass; raises Hurried. The address comes first, so that one of them cannot use up everybody's."""
    asked = _asked(act, address, code, today)
    # Where nothing is left for anybody, a crowd of addresses shall not each cost the store a row.
    if (wait := _known_wait(place for place, _rate in asked)) is not None:
        raise Hurried(wait)
    for place, rate in asked:
        _take(place, rate, now_us)


def refused(act: Act, *, address: str, today: date) -> float | None:
    """From memory alone: in how many seconds to come again, if it is known already that nothing is left."""
    return _known_wait((_of_address(act, address, today), _of_all(act)))


def _known_wait(places: Iterable[int]) -> float | None:
    wait, home = 0.0, _home()
    for place in places:
        held = _held.get((home, place))
        if held is not None and held.tokens < 1:
            wait = max(wait, held.empty_until - monotonic())
    return wait if wait > 0 else None


def _asked(act: Act, address: str, code: str, today: date) -> list[tuple[int, Rate]]:
    return [
        (_of_address(act, address, today), OF_ADDRESS[act]),
        (_of_code(act, code), OF_CODE[act]),
        (_of_all(act), OF_ALL[act]),
    ]


def _take(place: int, rate: Rate, now_us: int) -> None:
    with _lock:
        held = _held.setdefault((_home(), place), _Held())
        if held.tokens >= 1:
            held.tokens -= 1
            return
        wait = held.empty_until - monotonic()
    if wait > 0:
        raise Hurried(wait)
    with control.write():
        got, left = store.lease_tokens(
            place, rate.portion, rate=rate.a_second, most=rate.most, now_us=now_us
        )
    if got >= 1:
        with _lock:
            held.tokens += got - 1
        return
    after = (1 - left) / rate.a_second
    held.empty_until = monotonic() + after
    raise Hurried(after)


# ---------------------------------------------------------------- places


def _of_address(act: Act, address: str, today: date) -> int:
    """The salt is the day, under the shop's secret: tomorrow nobody can tell that it was the same address."""
    return _place(act, 0, _hashed("address", f"{today.isoformat()}:{address}") % ADDRESSES)


def _of_code(act: Act, code: str) -> int:
    return _place(act, 1, _hashed("code", code) % CODES)


def _of_all(act: Act) -> int:
    return _place(act, 2, 0)


def _place(act: Act, what: int, number: int) -> int:
    return (act << 20) | (what << 16) | number


def _hashed(what: str, value: str) -> int:
    return Hasher(workspace.current().secret("hash"))(f"rate.{what}", value)


def _home() -> str:
    return str(workspace.current().home)


def network_of(address: str) -> str:
    """Who counts as one: an IPv4 address, or the /64 that one household has of IPv6."""
    try:
        found = ipaddress.ip_address(address.strip())
    except ValueError:
        return "?"
    mapped = getattr(found, "ipv4_mapped", None)
    found = mapped or found
    if found.version == 6:
        return str(ipaddress.ip_network((found, 64), strict=False).network_address)
    return str(found)
