"""A workspace that has lived, and another one to move into."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from tests.conftest import _pointed_at
from tests.ledger.facts import NOW, import_lines, numbered, tap
from xiaohe.kernel import belongings, workspace
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, imports, stream
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.models import Import
from xiaohe.people import identifiers, notes
from xiaohe.people.keys import Namespace
from xiaohe.shop import accounts, actions, audit, signin, vault
from xiaohe.shop.models import AuditAct
from xiaohe.sources.importing import LABEL_PURPOSE
from xiaohe.touch.models import Assignment, Tap, Task

PHONE, NAME, REMARK, REJECTED = "13912340987", "=慕容听雨", "孙女乳糖不耐", "诸葛问梅"
SECRETS = (PHONE, NAME, REMARK, REJECTED, "慕容的订单.csv")
LATE = 40


def named_import(numbers: range) -> int:
    """An import as a file makes one: a sealed name, identifiers, rejected rows."""
    number, _ = import_lines(numbered(numbers), report={"read": 1, "by": {"x": None}})
    Import.objects.filter(pk=number).update(label=vault.seal("慕容的订单.csv", LABEL_PURPOSE))
    recorder = identifiers.Recorder(number)
    recorder.add(5, Namespace.PHONE, PHONE)
    recorder.add(5, Namespace.CONTACT, NAME)
    recorder.flush()
    _reject(number)
    return number


def _reject(number: int) -> None:
    from xiaohe.shop.sealed_files import SealedWriter

    path = workspace.current().rejects / f"{number}.csv.sealed"
    with SealedWriter(path) as file:
        file.write(f"\ufeff姓名,Reason,reason_code\r\n{REJECTED},…,bad_date\r\n".encode())


def some_life() -> None:
    """Imports that overlap, one undone; taps filed, waiting, late, taken back; and what people did."""
    actions.update_shop(name="毛毛的店", clock_on=date(2025, 7, 1))
    signin.owner()
    account = accounts.account_named("wecom", "阿禾")
    undone, _ = import_lines(numbered(range(50, 55)))
    named_import(range(10))
    named_import(range(5, 15))
    imports.undo(undone, now=NOW)
    # As in a workspace that has been open for long: what is older is compared with the lake.
    ledger_store.bump_keys(forgotten_us=to_us(NOW - timedelta(days=LATE - 1)))
    Import.objects.filter(pk=undone).update(label=None)
    stream.record([tap("filed"), tap("taken back")], now=NOW)
    stream.take_back(key_hash("xiaohe", "taken back"), now=NOW)
    drain.drain(NOW, force=True)
    stream.record([tap("waiting", props=None)], now=NOW)
    stream.record([tap("late", days_ago=LATE)], now=NOW)
    notes.write(5, REMARK, now=NOW, user_id=1)
    task = Task.objects.create(
        program="due", step="first", person=5, occurrence="2025-06-01", created_at=NOW, account_id=account.pk
    )  # fmt: skip
    Tap.objects.create(task=task, what="sent", on=date(2025, 7, 1), at=NOW, facts=[5], before={"state": "open"})  # fmt: skip
    Assignment.objects.create(
        subject=5, cycle_start=date(2025, 6, 1), arm="held_out", design="plain",
        first_due_on=date(2025, 7, 1), assigned_on=date(2025, 7, 1),
    )  # fmt: skip
    audit.record(AuditAct.VIEWED, now=NOW, user_id=1, page="person", person=5)


def contents() -> dict[str, list[Any]]:
    belongings.discover()
    return {part.name: list(part.rows()) for part in belongings.parts()}


@contextmanager
def elsewhere(home: Path, url: str = "") -> Iterator[Workspace]:
    from tests.conftest import _migrate

    home.mkdir(exist_ok=True)
    with _pointed_at(home, url):
        if not url:
            _migrate("default")
        yield workspace.current()
