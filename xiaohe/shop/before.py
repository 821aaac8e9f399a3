"""What stood before a form of a store or a colleague was saved, in plain words of JSON, and putting it back.

Phones and addresses stay sealed in it: it travels in the address of an undo button.
"""

from __future__ import annotations

from typing import Any

from xiaohe.kernel import store
from xiaohe.shop import stores, team
from xiaohe.shop.models import Account
from xiaohe.shop.selling import Staff, Store


def of_store(store_id: int) -> list[Any]:
    week = [[str(each) for each in day] for day in stores.hours(store_id)]
    return [store_id, *_said(stores.one(store_id)), week]


def put_store_back(told: list[Any]) -> None:
    store_id, name, phone, address, week = told
    with store.write():
        stores.rename(store_id, name)
        stores.set_hours(store_id, [stores.parse_day(", ".join(day)) for day in week])
        _seal(Store, store_id, phone, address)


def of_staff(staff_id: int, accounts: list[int]) -> list[Any]:
    """`accounts`: those that may change hands; whose they are now."""
    row = team.one(staff_id)
    hands = Account.objects.filter(pk__in=accounts).order_by("pk")
    held = hands.values_list("pk", "staff_member_id", "store_id")
    return [staff_id, *_said(row), row.store_id, [list(each) for each in held]]


def put_staff_back(told: list[Any]) -> None:
    staff_id, name, phone, address, store_id, held = told
    with store.write():
        team.change(staff_id, name, store_id=store_id, phone="", address="")
        _seal(Staff, staff_id, phone, address)
        for account, staff_member, place in held:
            team.hand_account(account, staff_id=staff_member, store_id=place)


def _said(row: Store | Staff) -> list[str]:
    sealed = (row.phone_sealed, row.address_sealed)
    return [row.name, *(bytes(each).hex() if each else "" for each in sealed)]


def _seal(model: type[Store] | type[Staff], pk: int, phone: str, address: str) -> None:
    sealed = [bytes.fromhex(each) if each else None for each in (phone, address)]
    model._default_manager.filter(pk=pk).update(phone_sealed=sealed[0], address_sealed=sealed[1])
