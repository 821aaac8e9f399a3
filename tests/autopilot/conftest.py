"""A small shop told through the bulk door: buyers with their days, contacts, and who is whose."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa
import pytest

from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import bulk
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.people import keys
from xiaohe.people.identifiers import Recorder
from xiaohe.people.keys import Kind, Namespace
from xiaohe.shop.accounts import account_named
from xiaohe.shop.models import Shop
from xiaohe.shop.queries import the_shop
from xiaohe.traits import state

ON = date(2025, 6, 30)
NOW = datetime(2025, 6, 30, 5, 0, tzinfo=UTC)  # 13:00 in Shanghai


class Store:
    """Facts as files state them; `bring` imports what was told since the last time."""

    def __init__(self) -> None:
        self.facts: list[dict[str, Any]] = []
        self.values: list[tuple[int, Any, str, Any]] = []
        self.hash = keys.hasher()
        self.orders = 0
        self.at = datetime(2025, 6, 30, 0, 0, tzinfo=UTC)

    def member(self, name: str) -> int:
        return self.hash(Namespace.MEMBER, f"taobao:{name}")

    def contact(self, name: str) -> int:
        return self.hash(Namespace.CONTACT, f"lilei|{name}")

    def buys(
        self, name: str, *days: date, amount: int = 10_000, received: date | None = None
    ) -> int:
        """Orders of a member, one per day; the last of them arrives on `received`."""
        subject = self.member(name)
        self.values.append((subject, Namespace.MEMBER, f"taobao:{name}", None))
        for day in days:
            self.orders += 1
            key = self.hash(Namespace.ORDER, f"taobao:{name}:{self.orders}")
            at = datetime.combine(day, time(3), tzinfo=UTC)
            self._fact("taobao", f"c:{key}", "order.created", subject, at, order_key=key)
            self._fact(
                "taobao",
                f"p:{key}",
                "order.paid",
                subject,
                at,
                order_key=key,
                amount=amount,
                currency="CNY",
                quantity=1.0,
            )
        if received:
            at = datetime.combine(received, time(3), tzinfo=UTC)
            self._fact("taobao", f"r:{key}", "order.received", subject, at, order_key=key)
        return subject

    def befriends(self, row: str, on: date, *, buyer: str | None = None, name: str = "") -> int:
        """A contact row; with `buyer`, one whose phone that buyer's order carries."""
        subject = self.contact(row)
        at = datetime.combine(on, time(2), tzinfo=UTC)
        account = account_named("wecom", "店铺号2").id
        props = as_json({"kind": "friend", "via": "export"})
        link = f"l:{row}"
        self._fact("wecom", link, "link.started", subject, at, account_id=account, props=props)
        self.values.append((subject, Namespace.NAME, name or f"{row}备注", Kind.CONTACT))
        if buyer:
            phone = self.hash(Namespace.PHONE, f"phone of {buyer}")
            seen = as_json({"kind": "phone"})
            for source, who in (("wecom", subject), ("taobao", self.member(buyer))):
                key = f"s:{who}"
                self._fact(source, key, "identity.seen", who, at, other=phone, props=seen)
        return subject

    def _fact(
        self, source: str, key: str, type_: str, subject: int, at: datetime, **columns: Any
    ) -> None:
        self.facts.append(
            {
                "key_hash": key_hash(source, key),
                "source": source,
                "type": type_,
                "occurred_at": at,
                "date_only": False,
                "subject": subject,
                "in_file_ordinal": False,
                **columns,
            }
        )

    def bring(self) -> int:
        """Import what was told; the derived state is refreshed as the job would."""
        self.at += timedelta(minutes=1)
        with bulk.open_import(kind="orders", source="taobao", now=self.at) as door:
            recorder = Recorder(door.id)
            for subject, namespace, value, kind in self.values:
                recorder.add(subject, namespace, value, kind=kind)
            recorder.flush()
            staged = [{**fact, "row_no": at} for at, fact in enumerate(self.facts, start=1)]
            door.stage(pa.Table.from_pylist(staged, schema=STAGED_SCHEMA))
            door.commit({}, now=self.at)
        self.facts, self.values = [], []
        state.refresh(NOW)
        return door.id


def days_before(on: date, *gaps: int) -> list[date]:
    """Purchase days, oldest first: the last lies gaps[-1] days before `on`, the others before each other."""
    found, day = [], on
    for gap in reversed(gaps):
        day -= timedelta(days=gap)
        found.append(day)
    return found[::-1]


def settings(**values: Any) -> Shop:
    shop = the_shop()
    for name, value in values.items():
        setattr(shop, name, value)
    shop.save()
    return shop


@pytest.fixture
def shop(any_place: Workspace) -> Store:
    """An empty shop that compares nobody, on both kinds of store."""
    settings(held_out_share=0.0)
    return Store()


@pytest.fixture
def sqlite_shop(place: Workspace) -> Store:
    settings(held_out_share=0.0)
    return Store()


def linked_buyer(shop: Store, name: str, days: Iterable[date], *, amount: int = 10_000) -> int:
    """A buyer who has been in our contacts for a long time."""
    shop.befriends(name, date(2024, 1, 1), buyer=name)
    return shop.buys(name, *days, amount=amount)
