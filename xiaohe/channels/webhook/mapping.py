"""Which events of other programs are facts of the catalogue: a declared table, and one spelling of the fields.

An event whose type stands in EVENTS and whose data name the same fields becomes that fact; every other becomes
`custom:<type>` with its data kept under `properties`, direct identifiers masked.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from xiaohe.ledger.catalogue import custom

# Event types as other programs call them → type of the catalogue.
EVENTS: Mapping[str, str] = {
    "order.created": "order.created",
    "order.placed": "order.created",
    "order.paid": "order.paid",
    "order.shipped": "order.shipped",
    "order.fulfilled": "order.shipped",
    "order.received": "order.received",
    "order.delivered": "order.received",
    "order.completed": "order.completed",
    "order.closed": "order.closed",
    "order.cancelled": "order.closed",
    "order.canceled": "order.closed",
    "order.refunded": "order.refunded",
    "complaint.opened": "complaint.opened",
    "complaint.closed": "complaint.closed",
    "message.in": "message.in",
    "message.received": "message.in",
    "consent.withdrawn": "consent.withdrawn",
    "consent.given": "consent.given",
}
MONEY = frozenset({"order.paid", "order.refunded"})
# Field → the names it goes by. The first that is there counts.
CUSTOMER = ("customer_id", "customerId", "user_id", "userId", "customer")
PHONE = ("phone", "mobile", "customer_phone", "customerPhone")
ORDER = ("order_id", "orderId", "order_number", "orderNumber", "order")
AMOUNT = ("amount", "total")
CURRENCY = ("currency",)
LONGEST_TYPE = 64
LONGEST_VALUE = 200


class Unreadable(Exception):
    """Why an event cannot become a fact; a published reason code, never a value."""

    def __init__(self, why: str) -> None:
        super().__init__(why)
        self.why = why


@dataclass(frozen=True)
class Who:
    """Whom and which order an event names, as its sender spells it."""

    customer: str | None
    phone: str | None
    order: str | None

    def is_enough_for(self, type_: str) -> bool:
        """An order's event must name the order; any other a person."""
        if type_.startswith("order."):
            return self.order is not None
        return self.customer is not None or self.phone is not None


@dataclass(frozen=True)
class Read:
    """One event, read: its type here, when, who and what."""

    type: str
    at: datetime
    who: Who
    amount: Decimal | None = None
    currency: str | None = None
    props: Mapping[str, Any] = field(default_factory=dict)


def read(
    event: Any,
    *,
    catalogued: Callable[[str], bool],
    props_of: Callable[[str], Mapping[str, str]],
    masked: Callable[[Any], Any],
) -> Read:
    """One event as it was sent, its numbers as Decimal or int; raises Unreadable."""
    if not isinstance(event, Mapping):
        raise Unreadable("not_an_object")
    name, data = event.get("type"), event.get("data", {})
    if not isinstance(name, str) or not 0 < len(name.strip()) <= LONGEST_TYPE:
        raise Unreadable("type")
    if not isinstance(data, Mapping):
        raise Unreadable("data")
    at = _instant(event.get("timestamp"))
    who = Who(_text(data, CUSTOMER), _text(data, PHONE), _text(data, ORDER))
    type_ = EVENTS.get(name.strip(), "")
    if not type_ or not catalogued(type_) or not who.is_enough_for(type_):
        properties = {"properties": masked(_plain(data))} if data else {}
        return Read(custom.PREFIX + masked(name.strip()), at, who, props=properties)
    amount, currency = (_amount(data), _currency(data)) if type_ in MONEY else (None, None)
    listed = {each: _plain(data[each]) for each in props_of(type_) if each in data}
    return Read(type_, at, who, amount, currency, masked(listed))


def _instant(value: Any) -> datetime:
    if not isinstance(value, str):
        raise Unreadable("timestamp")
    try:
        at = datetime.fromisoformat(value.strip())
    except ValueError:
        raise Unreadable("timestamp") from None
    if at.tzinfo is None:
        raise Unreadable("timestamp_without_zone")
    try:
        at = at.astimezone(UTC)
    except OverflowError:
        raise Unreadable("timestamp") from None
    if not 1970 <= at.year <= 2200:
        raise Unreadable("timestamp")
    return at


def _text(data: Mapping[str, Any], names: tuple[str, ...]) -> str | None:
    for name in names:
        value = data.get(name)
        if isinstance(value, str | int) and not isinstance(value, bool) and str(value).strip():
            if len(str(value)) > LONGEST_VALUE:
                raise Unreadable(names[0])
            return str(value).strip()
    return None


def _amount(data: Mapping[str, Any]) -> Decimal | None:
    given = next((data[name] for name in AMOUNT if data.get(name) is not None), None)
    if given is None:
        return None
    try:
        amount = Decimal(given) if isinstance(given, str | int | Decimal) else None
    except InvalidOperation:
        amount = None
    if amount is None or isinstance(given, bool) or not amount.is_finite():
        raise Unreadable("amount")
    if not Decimal(0) <= amount < Decimal(10) ** 12:
        raise Unreadable("amount")
    return amount


def _currency(data: Mapping[str, Any]) -> str | None:
    code = data.get("currency")
    if code is None:
        return None
    if not isinstance(code, str) or len(code) != 3 or not (code.isascii() and code.isalpha()):
        raise Unreadable("currency")
    return code.upper()


def _plain(value: Any) -> Any:
    """JSON again: an exact decimal is kept as its text."""
    if isinstance(value, Mapping):
        return {str(name): _plain(each) for name, each in value.items()}
    if isinstance(value, list):
        return [_plain(each) for each in value]
    if isinstance(value, int) and not -(1 << 63) <= value < 1 << 63:
        return str(value)
    return str(value) if isinstance(value, Decimal) else value
