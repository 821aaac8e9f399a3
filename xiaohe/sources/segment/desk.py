"""What mapping needs to know of the source and the moment, and what it hands back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple

from xiaohe.kernel.ids import Hasher
from xiaohe.ledger.stream import Fact
from xiaohe.people import keys
from xiaohe.people.keys import Kind, Namespace
from xiaohe.sources.segment.messages import Message

MOST_ITEMS = 20_000
_SHORT = 40


class Value(NamedTuple):
    """A direct identifier on its way into the vault."""

    subject: int
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Desk:
    """One source at one moment."""

    source: str  # as in a fact: segment:<id>
    platform: str
    currency: str
    hashed: Hasher
    now: datetime
    # A custom event's masked name → the type it may have: itself, or custom:other beyond the bound.
    custom: Callable[[str], str]
    # Keys of articles by their code: a shop has few, and they are told with every view.
    items: dict[str, int] = field(default_factory=dict)

    def user(self, user: str) -> int:
        return self.hashed(Namespace.CUSTOMER, f"{self.platform}:{user}")

    def device(self, device: str) -> int:
        return self.hashed(Namespace.DEVICE, f"{self.platform}:{device}")

    def order(self, order_id: Any) -> int | None:
        """The key of an order, the same as an import of that platform gives it; None if there is no number."""
        if isinstance(order_id, bool) or not isinstance(order_id, str | int):
            return None
        value = keys.on_platform(self.platform, str(order_id))
        return None if value is None else self.hashed(Namespace.ORDER, value)

    def item(self, code: Any) -> int | None:
        if code is None or code == "" or isinstance(code, bool | dict | list):
            return None
        if type(code) is not str or len(code) > _SHORT:
            return self._item(code)
        known = self.items.get(code)
        if known is None:
            if len(self.items) >= MOST_ITEMS:
                self.items.clear()
            known = self.items[code] = self._item(code)
        return known

    def _item(self, code: Any) -> int:
        return self.hashed("item", f"{self.platform}:{str(code).strip().casefold()}")

    def subject(self, message: Message) -> int:
        """The strongest key of a message: its user, else its device."""
        return self.user(message.user) if message.user else self.device(message.device or "")


@dataclass(slots=True)
class Mapped:
    """What one message says; edges are stated again and again, so they stand apart."""

    facts: list[Fact]
    edges: list[Fact] = field(default_factory=list)
    values: list[Value] = field(default_factory=list)
