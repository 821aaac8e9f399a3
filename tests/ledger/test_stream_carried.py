"""Facts and keys of folders as earlier versions left them, and batches written by other versions."""

from __future__ import annotations

import sqlite3
import tarfile
from datetime import timedelta
from importlib import import_module
from pathlib import Path

import numpy as np
import pyarrow as pa
import pytest
from django.core.management import call_command

from tests.ledger.facts import NOW, keys, tap
from xiaohe.kernel import store as control
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, engine, inbox, recent, store, stream
from xiaohe.ledger.instants import DAY_US, to_us
from xiaohe.ledger.keys import key_hash
from xiaohe.ledger.schema import FACT_SCHEMA

KEPT = Path(__file__).parent.parent / "kept" / "home-2026-11.tar.gz"
CARRY = import_module("xiaohe.ledger.migrations.0004_carry_the_inbox")


def test_an_old_folder_keeps_every_fact_and_refuses_every_recent_key(place: Workspace) -> None:
    known = _open_kept(place)

    call_command("migrate", database="default", verbosity=0)

    assert _count() == 2417
    assert len(known) == 64
    assert recent.current().known(known).all()
    assert store.moment().inbox_rows == 21
    # One fact was late and waited for its comparison; two were taken back and stay so.
    assert drain.drain(NOW, force=True) == drain.Drained(rows=21, known_before=0)
    assert _count() == 2418
    assert recent.current().known(known).all()


def test_a_migration_that_died_half_way_is_repeated_whole(
    any_place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    _as_before(any_place)
    carry_keys = CARRY._carry_keys

    def die(*given: object) -> None:
        carry_keys(*given)
        raise RuntimeError

    monkeypatch.setattr(CARRY, "_carry_keys", die)
    with pytest.raises(RuntimeError):
        call_command("migrate", database="default", verbosity=0)
    monkeypatch.undo()

    call_command("migrate", database="default", verbosity=0)

    now = NOW + timedelta(hours=1)
    told = stream.record([tap(name) for name in ("filed", "waits", "back", "new")], now=now)
    assert told.new == (False, False, True, True)
    assert [each.path for each in store.live_runs()] != []
    assert len(list((any_place.lake / "keys").iterdir())) == 2 * len(store.live_runs())
    drain.drain(now, force=True)
    assert keys() == sorted(key_hash("xiaohe", name) for name in ("waits", "back", "new"))


def test_keys_dated_ahead_are_carried_apart(place: Workspace) -> None:
    _as_before(place)
    call_command("migrate", database="default", verbosity=0)

    today = to_us(NOW) // DAY_US
    ends = {each.until_us: each.keys for each in store.live_runs()}
    assert ends == {(today + 1) * DAY_US: 2, (today + 51) * DAY_US: 1}


def test_a_batch_of_another_version_is_read_by_the_names_of_its_columns(place: Workspace) -> None:
    stream.record([tap("a", amount=7), tap("b", props={"task": 1})], now=NOW)
    [(number, blob)] = store.batch_facts(store.visible_batches())
    whole = inbox.decode(number, blob)

    older = pa.RecordBatch.from_arrays(
        [column for name, column in zip(FACT_SCHEMA.names, whole.columns, strict=True) if name != "props"],
        names=[name for name in FACT_SCHEMA.names if name != "props"],
    )  # fmt: skip
    newer = whole.append_column("weather", pa.array(["rain", "sun"]))

    nulls = pa.nulls(2, pa.string())
    props = FACT_SCHEMA.get_field_index("props")
    assert inbox.decode(number, inbox.encode(newer)) == whole
    assert inbox.decode(number, inbox.encode(older)) == whole.set_column(
        props, FACT_SCHEMA.field("props"), nulls
    )


def test_the_inbox_is_decoded_once_and_never_shown_from_memory_what_is_not_there(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    decoded: list[int] = []
    decode = inbox.decode
    monkeypatch.setattr(inbox, "decode", lambda id, blob: (decoded.append(id), decode(id, blob))[1])
    for number in range(70):
        stream.record([tap(str(number))], now=NOW)

    assert len(keys()) == len(keys()) == 70
    assert decoded == list(range(1, 71))
    stream.record([tap("more")], now=NOW)
    assert len(keys()) == 71
    # Only the batches of the last group are looked at again.
    assert decoded[70:] == list(range(64, 72))
    stream.take_back(key_hash("xiaohe", "3"), now=NOW)
    assert len(keys()) == 70
    drain.drain(NOW, force=True)
    stream.record([tap("last")], now=NOW)
    assert len(keys()) == 71


def _open_kept(place: Workspace) -> np.ndarray:
    """Put the kept folder in the place's stead; its recent keys."""
    control.connection().close()
    for leftover in place.home.glob("xiaohe.db*"):
        leftover.unlink()
    with tarfile.open(KEPT) as archive:
        archive.extractall(place.home, filter="data")
    with sqlite3.connect(place.home / "xiaohe.db") as old:
        found = [key for (key,) in old.execute("SELECT key_hash FROM ledger_recentkey")]
    return np.array(sorted(found), dtype=np.int64)


def _as_before(place: Workspace) -> None:
    """A folder of before: one fact filed, one waiting, one waiting but taken back, one known dated ahead."""
    call_command("migrate", "ledger", "0003", database="default", verbosity=0)
    at, day = to_us(NOW), to_us(NOW) // DAY_US
    with control.write():
        for name in ("waits", "back"):
            control.execute(
                "INSERT INTO ledger_inboxfact (late, key_hash, source, type, occurred_us, date_only, recorded_us,"
                " subject) VALUES (%s, %s, 'xiaohe', 'task.done', %s, %s, %s, 5)",
                [False, key_hash("xiaohe", name), at, False, at],
            )
        for name, its_day in (("filed", day), ("waits", day), ("ahead", day + 50)):
            control.execute(
                "INSERT INTO ledger_recentkey (key_hash, day, recorded_us) VALUES (%s, %s, %s)",
                [key_hash("xiaohe", name), its_day, at],
            )
        store.retract_key(key_hash("xiaohe", "back"), at, at)


def _count() -> int:
    with engine.reading() as read:
        return int(read.scalar(read.facts.count()))
