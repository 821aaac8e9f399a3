"""更多: the rooms somebody uses, in groups; those nobody uses yet are one line that opens.

A room is in use once there is something in it. Asked cheaply: this page is a signpost.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.channels.models import Endpoint
from xiaohe.entries.models import Claim, Code
from xiaohe.ledger.models import Import, ImportState
from xiaohe.people import marks
from xiaohe.people.likely import table as likely
from xiaohe.shop.models import Account
from xiaohe.shop.selling import ClosedDays, Goods, OwnContact, Staff, Store
from xiaohe.sources.models import Source
from xiaohe.traits import state

Used = Callable[[], bool]


@dataclass(frozen=True)
class Room:
    """A line of the page: where it leads, and one sentence for whoever has not been there."""

    address: str
    name: Any
    about: Any


@dataclass(frozen=True)
class Group:
    id: str
    name: Any
    rooms: tuple[Room, ...]


@dataclass(frozen=True)
class MorePage:
    groups: tuple[Group, ...]
    unused: tuple[Room, ...]


def _always() -> bool:
    return True


def _has_files() -> bool:
    return Import.objects.filter(state=ImportState.COMMITTED).exists()


def _has_orders() -> bool:
    return state.current().data_until is not None


def _has_contacts() -> bool:
    return Account.objects.exists()


def _is_asked() -> bool:
    known = likely.current()
    return known is not None and known.pairs.num_rows > 0


def _has_own() -> bool:
    return OwnContact.objects.exists() or Staff.objects.exists() or bool(marks.listing())


def _has_stores() -> bool:
    return any(each.objects.exists() for each in (Store, Staff, ClosedDays))


def _is_connected() -> bool:
    return Source.objects.exists() or Endpoint.objects.exists()


GROUPS: tuple[tuple[str, Any, tuple[tuple[Room, Used], ...]], ...] = (
    ("people", _("Who is who"), (
        (Room("segments", _("Segments"), _("Groups of people by what they did and where they stand; each says who and why.")), _has_orders),
        (Room("questions", _("Do you know who this is?"), _("A few yes or no questions, each of which makes you know somebody.")), _is_asked),
        (Room("conflicts", _("What contradicts itself"), _("Two people, one order number: you say who it is.")), lambda: _has_contacts() and _has_orders()),
        (Room("unmatched", _("Friends who may have bought"), _("Friends of whom no order is known yet.")), _has_contacts),
        (Room("claims", _("Order numbers customers gave"), _("What customers typed after scanning a card.")), Claim.objects.exists),
        (Room("marks", _("No customers"), _("Colleagues, tests, parcels to yourself: left out of every number.")), _has_own),
    )),
    ("shop", _("Your shop"), (
        (Room("entries", _("Bring people over: cards and codes"), _("Print a code, put it in the parcel, and see who came by it.")), Code.objects.exists),
        (Room("goods", _("Goods"), _("What goods are called, and the rhythm of each kind.")), Goods.objects.exists),
        (Room("stores", _("Stores and staff"), _("Where you sell, who works there, when you are closed.")), _has_stores),
    )),
    ("numbers", _("Files and numbers"), (
        (Room("start", _("Add files"), ""), _always),
        (Room("imports", _("Earlier files"), _("Every file that was read, and how to take it back.")), _has_files),
        (Room("flow", _("The river, week by week"), _("How many people came closer, and how many left, week by week.")), _has_orders),
        (Room("sources-of", _("Where people come from"), _("Which way brings people who buy again, and at what cost.")), _has_orders),
        (Room("coverage", _("How much is recognised"), _("Of which orders you know whose they are.")), _has_orders),
        (Room("numbers", _("Every number and how it is counted"), _("Each number with its rule and its people.")), _has_orders),
    )),
    ("settings", _("Settings"), (
        (Room("data", _("Data and settings"), ""), _always),
        (Room("zones", _("What counts as yours"), _("Which accounts are yours to reach freely.")), _has_contacts),
        (Room("connections", _("Connections"), _("Sites, apps and programs that tell Xiaohe what happens, or are told.")), _is_connected),
    )),
)  # fmt: skip


def page() -> MorePage:
    groups, unused = [], []
    for id_, name, rooms in GROUPS:
        used = [room for room, is_used in rooms if is_used()]
        unused += [room for room, _is_used in rooms if room not in used]
        if used:
            groups.append(Group(id_, name, tuple(used)))
    return MorePage(tuple(groups), tuple(unused))
