"""Who is one person, and who of them is linked: only on certain keys."""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass
from datetime import datetime

from tests.twin.orders import Order


@dataclass(frozen=True)
class Contact:
    """One live link of one of our accounts; the order numbers and phones its texts hold."""

    account: str
    added_at: datetime
    order_numbers: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    live: bool = True

    @property
    def key(self) -> str:
        return f"contact {self.account} {self.added_at:%Y-%m-%d %H:%M:%S}"


def usable_phones(orders: list[Order]) -> dict[str, str]:
    """Complete phones seen with exactly one buyer, and that buyer."""
    seen: dict[str, set[str]] = defaultdict(set)
    for order in orders:
        if order.phone and order.phone.isdigit() and len(order.phone) == 11 and order.buyer:
            seen[order.phone].add(order.buyer)
    return {phone: next(iter(buyers)) for phone, buyers in seen.items() if len(buyers) == 1}


def join(orders: list[Order], contacts: list[Contact]) -> dict[str, str]:
    """Person of every buyer and contact key; written as repeated relabelling, slow and plain."""
    buyer_of = {order.number: order.buyer for order in orders if order.buyer}
    phones = usable_phones(orders)
    label = {key: key for key in {*buyer_of.values(), *(contact.key for contact in contacts)}}
    for contact in contacts:
        keys = [buyer_of.get(number) for number in contact.order_numbers]
        keys += [phones.get(phone) for phone in contact.phones]
        group = {label[contact.key], *(label[key] for key in keys if key)}
        # A buyer's key names the person before a contact's does.
        name = min(group, key=lambda key: (key.startswith("contact "), key))
        for key, old in label.items():
            if old in group and old != name:
                label[key] = name
    for order in orders:
        order.person = label.get(order.buyer) if order.buyer else None
    return label


def linked_people(contacts: list[Contact], label: dict[str, str]) -> set[str]:
    return {label[contact.key] for contact in contacts if contact.live}
