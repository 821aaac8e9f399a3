"""Staff and their shifts, which accounts are whose, and the phones and addresses that are no customer's.

add · change · leave          a colleague, in a store, with phone and address sealed
hand_account                  an account belongs to a colleague and a store
add_own · own_values          phones and addresses of colleagues, stores and the shop: orders to them are no customer's
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, time
from hashlib import blake2b

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.shop import stores, vault
from xiaohe.shop.models import Account
from xiaohe.shop.selling import OwnContact, Shift, Staff, Store

PURPOSE = "own-contact"
PHONE, ADDRESS = "phone", "address"
LONGEST_VALUE = 200


@dataclass(frozen=True, slots=True)
class Own:
    """A phone or an address in plain, for marking only; `as_` says whose: "staff" or "own"."""

    kind: str
    value: str
    as_: str


def add(name: str, *, store_id: int | None = None, phone: str = "", address: str = "") -> Staff:
    """A new colleague; accounts that files name after them become theirs."""
    name = stores.clean_name(name)
    with store.write():
        row, created = Staff.objects.get_or_create(name=name)
        if not created and row.gone_on is None:
            raise Conflict("staff_exists", _("There is a colleague of this name already."))
        _fill(row, store_id, phone, address)
        row.gone_on = None
        row.save()
        Account.objects.filter(staff=name, staff_member=None).update(staff_member=row)
    return row


def change(staff_id: int, name: str, *, store_id: int | None, phone: str, address: str) -> Staff:
    """What is known of a colleague, all of it anew."""
    name = stores.clean_name(name)
    with store.write():
        row = one(staff_id)
        if Staff.objects.filter(name=name).exclude(pk=staff_id).exists():
            raise Conflict("staff_exists", _("There is a colleague of this name already."))
        row.name = name
        _fill(row, store_id, phone, address)
        row.save()
    return row


def leave(staff_id: int, on: date) -> Staff:
    """The colleague has left; their accounts wait for somebody else."""
    return _gone(staff_id, on)


def come_back(staff_id: int) -> Staff:
    return _gone(staff_id, None)


def one(staff_id: int) -> Staff:
    found = Staff.objects.select_related("store").filter(pk=staff_id).first()
    if found is None:
        raise NotFound("no_such_staff", _("There is no such colleague."))
    return found


def everybody(*, also_gone: bool = False) -> list[Staff]:
    rows = Staff.objects.select_related("store").order_by("id")
    return list(rows if also_gone else rows.filter(gone_on=None))


def contact(row: Staff | Store) -> tuple[str, str]:
    """Phone and address in plain, for the form that edits them."""
    return _unsealed(row.phone_sealed), _unsealed(row.address_sealed)


def set_store_contact(store_id: int, *, phone: str, address: str) -> Store:
    """Phone and address of a store; parcels to it are no customer's."""
    with store.write():
        row = stores.one(store_id)
        row.phone_sealed, row.address_sealed = _sealed(phone), _sealed(address)
        row.save(update_fields=["phone_sealed", "address_sealed"])
    return row


def _fill(row: Staff, store_id: int | None, phone: str, address: str) -> None:
    row.store = stores.one(store_id) if store_id is not None else None
    row.phone_sealed, row.address_sealed = _sealed(phone), _sealed(address)


def _gone(staff_id: int, on: date | None) -> Staff:
    with store.write():
        row = one(staff_id)
        row.gone_on = on
        row.save(update_fields=["gone_on"])
    return row


def _sealed(text: str) -> bytes | None:
    text = " ".join(text.split())
    if len(text) > LONGEST_VALUE:
        raise BadInput("long_value", _("A phone or an address has at most 200 characters."))
    return vault.seal(text, PURPOSE) if text else None


def _unsealed(sealed: bytes | memoryview | None) -> str:
    return vault.unseal(bytes(sealed), PURPOSE) if sealed else ""


# ---------------------------------------------------------------- accounts


def hand_account(account_id: int, *, staff_id: int | None, store_id: int | None) -> Account:
    """An account belongs to this colleague and this store; returns it as it was before."""
    with store.write():
        before = Account.objects.filter(pk=account_id).first()
        if before is None:
            raise NotFound("no_such_account", _("There is no such account."))
        staff = one(staff_id) if staff_id is not None else None
        where = stores.one(store_id) if store_id is not None else None
        Account.objects.filter(pk=account_id).update(staff_member=staff, store=where)
    return before


def accounts_of(staff_id: int) -> list[Account]:
    return list(Account.objects.filter(staff_member_id=staff_id).order_by("id"))


# ---------------------------------------------------------------- shifts


def plan_shift(
    staff_id: int, on: date, starts_at: time, ends_at: time, *, store_id: int | None = None
) -> Shift:
    """A colleague stands in a store on a day; without a store, in their own."""
    if starts_at == ends_at:
        raise BadInput("bad_shift", _("A shift begins and ends at different times."))
    with store.write():
        who = one(staff_id)
        where = stores.one(store_id) if store_id is not None else who.store
        if _meets(who, on, starts_at, ends_at):
            raise Conflict("shift_taken", _("They already have a shift at that time."))
        return Shift.objects.create(
            staff=who, store=where, on=on, starts_at=starts_at, ends_at=ends_at
        )


def drop_shift(shift_id: int) -> Shift:
    """Take a shift back; returns it, so that it can be planned again."""
    with store.write():
        row = Shift.objects.filter(pk=shift_id).first()
        if row is None:
            raise NotFound("no_such_shift", _("This shift was taken back already."))
        Shift.objects.filter(pk=shift_id).delete()
    return row


def shifts(from_on: date, until_on: date, *, staff_id: int | None = None) -> list[Shift]:
    """Shifts from `from_on` to before `until_on`, earliest first."""
    rows = Shift.objects.select_related("staff", "store").filter(on__gte=from_on, on__lt=until_on)
    if staff_id is not None:
        rows = rows.filter(staff_id=staff_id)
    return list(rows.order_by("on", "starts_at", "staff_id"))


def _meets(who: Staff, on: date, starts_at: time, ends_at: time) -> bool:
    """Whether another shift of that day overlaps; one past midnight ends the next day."""
    ends = _minutes(ends_at) + (24 * 60 if ends_at <= starts_at else 0)
    for other in Shift.objects.filter(staff=who, on=on):
        other_ends = _minutes(other.ends_at) + (24 * 60 if other.ends_at <= other.starts_at else 0)
        if _minutes(starts_at) < other_ends and _minutes(other.starts_at) < ends:
            return True
    return False


def _minutes(at: time) -> int:
    return at.hour * 60 + at.minute


# ---------------------------------------------------------------- no customer's


def add_own(kind: str, value: str, note: str = "") -> OwnContact:
    """A phone or an address of the shop itself."""
    if kind not in (PHONE, ADDRESS):
        raise BadInput("bad_kind", _("It is a phone or an address."))
    sealed = _sealed(value)
    if sealed is None:
        raise BadInput("empty_value", _("Write the phone or the address."))
    with store.write():
        return OwnContact.objects.create(
            kind=kind, sealed=sealed, note=" ".join(note.split())[: stores.LONGEST_NAME]
        )


def drop_own(own_id: int) -> OwnContact:
    """It may be a customer's again; returns what was taken away."""
    with store.write():
        row = OwnContact.objects.filter(pk=own_id).first()
        if row is None:
            raise NotFound("no_such_own", _("This was taken back already."))
        OwnContact.objects.filter(pk=own_id).delete()
    return row


def put_back_own(row: OwnContact) -> OwnContact:
    with store.write():
        return OwnContact.objects.create(kind=row.kind, sealed=row.sealed, note=row.note)


def own_contacts() -> list[tuple[OwnContact, str]]:
    """Each with its value in plain, for the page of settings."""
    return [(row, _unsealed(row.sealed)) for row in OwnContact.objects.order_by("id")]


def own_values() -> Iterator[Own]:
    """Every phone and address that is no customer's, in plain: colleagues' (also of those who left), stores', own."""
    for who in Staff.objects.order_by("id"):
        yield from _told(who, "staff")
    for where in Store.objects.order_by("id"):
        yield from _told(where, "own")
    for row, value in own_contacts():
        yield Own(row.kind, value, "own")


def own_stamp() -> bytes:
    """Another one whenever what `own_values` tells may be another; reads nothing in plain."""
    rows = [
        *Staff.objects.order_by("id").values_list("phone_sealed", "address_sealed"),
        *Store.objects.order_by("id").values_list("phone_sealed", "address_sealed"),
        *OwnContact.objects.order_by("id").values_list("kind", "sealed"),
    ]
    told = repr(
        [[each if isinstance(each, str) else bytes(each or b"") for each in row] for row in rows]
    )
    return blake2b(told.encode(), digest_size=6).digest() if rows else b""


def _told(row: Staff | Store, as_: str) -> Iterator[Own]:
    phone, address = contact(row)
    if phone:
        yield Own(PHONE, phone, as_)
    if address:
        yield Own(ADDRESS, address, as_)
