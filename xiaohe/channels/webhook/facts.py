"""From a read event to facts of the ledger and sealed identifiers: whose it is by keys, never by a person's data."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal

from xiaohe.channels.models import Endpoint
from xiaohe.channels.webhook.mapping import MONEY, Read, Unreadable
from xiaohe.kernel.ids import Hasher
from xiaohe.kernel.money import to_minor
from xiaohe.ledger.stream import Fact
from xiaohe.people import keys
from xiaohe.people.identifiers import Recorder
from xiaohe.people.keys import Namespace

BY_PHONE = {"kind": "phone"}
LARGEST_AMOUNT = 1 << 62


def source_of(one: Endpoint) -> str:
    """What an endpoint's facts are stated by: its own keys, so no other sender's ids can meet them."""
    return f"webhook:{one.id}"


class Writer:
    """Turns the events of one message into facts; the identifiers go to the recorder, sealed."""

    def __init__(self, one: Endpoint, currency: str, recorder: Recorder) -> None:
        self._source = source_of(one)
        # Customers and orders of a platform that files are read from too are the same here.
        self._platform = one.platform or self._source
        self._currency, self._recorder = currency, recorder
        self._hashed: Hasher = keys.hasher()

    def facts(self, read: Read, key: str) -> list[Fact]:
        """The event's fact and the evidence in it; raises Unreadable."""
        customer = self._key(Namespace.CUSTOMER, read.who.customer)
        digits = keys.normalise_phone(read.who.phone) if read.who.phone else None
        phone = self._hashed(Namespace.PHONE, digits) if digits else None
        order = self._key(Namespace.ORDER, read.who.order)
        buyer = customer if customer is not None else phone
        subject = buyer if buyer is not None else order
        if subject is None:
            # It names nobody: a subject of its own, so that no two such events are taken for one person's.
            subject = self._hashed("event", f"{self._source}:{key}")
        self._remember(subject, read, digits, order)
        found = [self._fact(read, key, subject, order)]
        if customer is not None and phone is not None:
            found.append(self._seen(customer, phone, read.at))
        return found

    def _fact(self, read: Read, key: str, subject: int, order: int | None) -> Fact:
        amount = currency = None
        if read.amount is not None:
            currency = read.currency or self._currency
            amount = _minor(read.amount, currency)
        return Fact(
            source=self._source,
            key=key,
            type=read.type,
            occurred_at=read.at,
            subject=subject,
            order_key=order,
            amount=amount if read.type in MONEY else None,
            currency=currency if read.type in MONEY else None,
            props=read.props,
        )

    def _seen(self, customer: int, phone: int, at: datetime) -> Fact:
        return Fact(
            source=self._source,
            key=f"seen:{customer}:{phone}",
            type="identity.seen",
            occurred_at=at,
            subject=customer,
            other=phone,
            props=BY_PHONE,
        )

    def _key(self, namespace: Namespace, value: str | None) -> int | None:
        stated = keys.on_platform(self._platform, value) if value else None
        return None if stated is None else self._hashed(namespace, stated)

    def _remember(self, subject: int, read: Read, digits: str | None, order: int | None) -> None:
        """So that a search by phone, customer or order number finds them."""
        add = self._recorder.add
        if read.who.customer and (stated := keys.on_platform(self._platform, read.who.customer)):
            add(subject, Namespace.CUSTOMER, stated)
        if digits:
            add(subject, Namespace.PHONE, digits)
        if (
            order is not None
            and read.who.order
            and (stated := keys.on_platform(self._platform, read.who.order))
        ):
            add(subject, Namespace.ORDER, stated)


def _minor(amount: Decimal, currency: str) -> int:
    minor = to_minor(amount, currency)
    if minor > LARGEST_AMOUNT:
        raise Unreadable("amount")
    return minor
