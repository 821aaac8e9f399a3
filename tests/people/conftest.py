"""A small shop to tell facts to: buyers, orders, contacts, links and taps, through the ledger's own doors."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pyarrow as pa
import pytest

from xiaohe.ledger import bulk, engine, imports
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.people import keys
from xiaohe.people.identifiers import Recorder
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.overlay import overlay_of
from xiaohe.shop.accounts import account_named

NOON = datetime(2025, 6, 30, 4, 0, tzinfo=UTC)


class Town:
    """States facts as importers do; every call of `bring` is one import."""

    def __init__(self) -> None:
        self.hours = 0
        self.hash = keys.hasher()

    # -- ids

    def member(self, name: str) -> int:
        return self.hash(Namespace.MEMBER, f"taobao:{name}")

    def phone(self, number: str) -> int:
        return self.hash(Namespace.PHONE, number)

    def order(self, number: str) -> int:
        return self.hash(Namespace.ORDER, f"taobao:{number}")

    def contact(self, name: str) -> int:
        return self.hash(Namespace.CONTACT, f"lilei|{name}")

    # -- rows of files

    def sale(self, number: str, *, member: str = "", phone: str = "", receiver: str = ""):
        """One order: its buyer is the member, else the phone, else nobody."""
        order = self.order(number)
        subject = self.member(member) if member else self.phone(phone) if phone else order
        facts = [
            _fact(
                "taobao",
                f"paid:{number}:{subject}",
                "order.paid",
                subject,
                order_key=order,
                amount=1000,
            )
        ]
        values = [(subject, Namespace.MEMBER, f"taobao:{member}", None)] if member else []
        if phone and member:
            facts.append(_seen("taobao", subject, self.phone(phone), "phone"))
        if phone:
            values.append((subject, Namespace.PHONE, phone, None))
        if receiver:
            values.append((subject, Namespace.NAME, receiver, Kind.RECEIVER))
        return facts, values

    def friend(self, row: str, name: str, *, phone: str = "", orders: tuple[str, ...] = ()):
        """One contact row; `row` is its identity, `name` what the chat list shows."""
        subject = self.contact(row)
        account = account_named("wecom", "LiLei").id
        facts = [
            _fact(
                "wecom", f"link:{row}", "link.started", subject, account_id=account,
                props=as_json({"kind": "friend", "via": "export"}),
            )
        ]  # fmt: skip
        values = [(subject, Namespace.NAME, name, Kind.CONTACT)]
        if phone:
            facts.append(_seen("wecom", subject, self.phone(phone), "phone"))
            values.append((subject, Namespace.PHONE, phone, None))
        for number in orders:
            facts.append(_seen("wecom", subject, self.order(number), "order_no"))
            values.append((subject, Namespace.ORDER, f"taobao:{number}", None))
        return facts, values

    # -- imports

    def bring(self, *rows) -> int:
        """One import of these rows, an hour after the last."""
        self.hours += 1
        now = NOON + timedelta(hours=self.hours)
        with bulk.open_import(kind="test", source="taobao", now=now) as door:
            recorder = Recorder(door.id)
            table = [fact for facts, _values in rows for fact in facts]
            for _facts, values in rows:
                for subject, namespace, value, kind in values:
                    recorder.add(subject, namespace, value, kind=kind)
            recorder.flush()
            if table:
                staged = [{**fact, "row_no": at} for at, fact in enumerate(table, start=1)]
                door.stage(pa.Table.from_pylist(staged, schema=STAGED_SCHEMA))
            door.commit({}, now=now)
        return door.id

    def undo(self, import_id: int) -> None:
        imports.undo(import_id, now=self.now)

    @property
    def now(self) -> datetime:
        self.hours += 1
        return NOON + timedelta(hours=self.hours)

    # -- answers

    def overlay(self):
        with engine.reading() as read:
            return overlay_of(read)

    def person(self, subject: int) -> int:
        return self.overlay().person(subject)

    def same(self, *subjects: int) -> bool:
        overlay = self.overlay()
        return len({overlay.person(subject) for subject in subjects}) == 1

    def groups(self):
        """Membership only: who is joined with whom, whatever the person ids are."""
        overlay = self.overlay()
        persons = set(overlay.table["person"].to_pylist())
        return {frozenset(overlay.subjects(person)) for person in persons}


def _fact(source, key, type_, subject, **columns):
    return {
        "key_hash": key_hash(source, key),
        "source": source,
        "type": type_,
        "occurred_at": NOON - timedelta(days=20),
        "date_only": False,
        "subject": subject,
        "currency": "CNY" if "amount" in columns else None,
        "in_file_ordinal": False,
        **columns,
    }


def _seen(source, subject, other, kind):
    key = f"seen:{subject}:{other}:{kind}"
    return _fact(source, key, "identity.seen", subject, other=other, props=as_json({"kind": kind}))


@pytest.fixture
def town(place):
    return Town()


@pytest.fixture
def any_town(any_place):
    return Town()
