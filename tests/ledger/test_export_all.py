"""Everything out and in again: the same facts, tables, undo and keys, on either store."""

from __future__ import annotations

import stat
import threading
from collections.abc import Callable
from contextvars import copy_context
from datetime import timedelta
from pathlib import Path
from typing import Any

import duckdb
import pytest

from tests.conftest import PostgresServer
from tests.ledger.facts import NOW, import_lines, numbered, tap, visible
from tests.ledger.moved import (
    LATE,
    NAME,
    PHONE,
    REJECTED,
    REMARK,
    SECRETS,
    contents,
    elsewhere,
    some_life,
)
from xiaohe import jobs
from xiaohe.kernel import store
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, imports, moving, stream
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.models import FileRole, Import
from xiaohe.ledger.moving import errors, facts, manifest
from xiaohe.people import identifiers, notes, overlay
from xiaohe.shop import accounts, audit, signin
from xiaohe.sources.importing import label_of
from xiaohe.sources.rejects import rejected_rows


@pytest.fixture
def out(tmp_path: Path) -> Path:
    return tmp_path / "out"


def _move_and_compare(out: Path, there: Callable[[], Any]) -> None:
    some_life()
    done = moving.move_out(out, now=NOW)
    drain.drain(NOW, force=True)
    expected, told = visible(), contents()
    assert done.facts == len(expected) == 18
    with there():
        assert moving.move_in(out, now=NOW).facts == done.facts
        assert (visible(), contents()) == (expected, told)
        assert [label_of(each.label) for each in imports.listing()] == ["慕容的订单.csv"] * 2 + [""]
        values = identifiers.values_of([5])[5]
        assert {each.text for each in values} == {PHONE, NAME}
        assert [each.text for each in notes.of(overlay.current().person(5))] == [REMARK]
        assert REJECTED in b"".join(rejected_rows(3)).decode()
        again, _ = import_lines(numbered([7, 1000]))
        assert again == 4
        undone_there = undo_all((2, 3, again))
    again, _ = import_lines(numbered([7, 1000]))
    assert undo_all((2, 3, again)) == undone_there


def test_sqlite_to_sqlite(place: Workspace, out: Path, tmp_path: Path) -> None:
    _move_and_compare(out, lambda: elsewhere(tmp_path / "there"))


def test_formats_of_the_merchants_own_move_along(
    place: Workspace, out: Path, tmp_path: Path
) -> None:
    (place.home / "formats").mkdir()
    (place.home / "formats" / "farm.toml").write_text('zh = "农场"\n', encoding="utf-8")

    moving.move_out(out, now=NOW, identifiers=False)

    with elsewhere(tmp_path / "there") as other:
        moving.move_in(out, now=NOW)
        assert (other.home / "formats" / "farm.toml").read_text("utf-8") == 'zh = "农场"\n'


def test_no_cluster_is_asked(place: Workspace, out: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    some_life()
    # Nobody listens there: whoever asked it would be refused.
    monkeypatch.setenv("XIAOHE_ENGINE", "spark://127.0.0.1:9")
    assert moving.move_out(out, now=NOW).facts == 18


@pytest.mark.postgres
def test_sqlite_to_postgresql(
    place: Workspace,
    out: Path,
    tmp_path: Path,
    postgres_server: PostgresServer,
    django_db_blocker: Any,
) -> None:
    url = postgres_server.url(postgres_server.create(django_db_blocker))
    _move_and_compare(out, lambda: elsewhere(tmp_path / "there", url))


@pytest.mark.postgres
def test_postgresql_to_sqlite(postgres_place: Workspace, out: Path, tmp_path: Path) -> None:
    _move_and_compare(out, lambda: elsewhere(tmp_path / "there"))


def test_the_same_key_is_the_same_fact_after_a_move(
    any_place: Workspace, out: Path, tmp_path: Path
) -> None:
    ledger_store.bump_keys(forgotten_us=to_us(NOW - timedelta(days=LATE - 1)))
    stream.record([tap("a"), tap("b", days_ago=LATE)], now=NOW)
    moving.move_out(out, now=NOW)
    with elsewhere(tmp_path / "there"):
        moving.move_in(out, now=NOW)

        later = NOW + timedelta(minutes=1)
        stream.record([tap("a"), tap("b", days_ago=LATE), tap("c")], now=later)
        drain.drain(later, force=True)

        assert len(visible()) == 3


def test_what_an_export_holds_is_of_one_moment(
    any_place: Workspace, out: Path, tmp_path: Path
) -> None:
    """Somebody records a tap and enters an account in one transaction, again and again."""
    over = threading.Event()
    count = [0]

    def live() -> None:
        while not over.is_set():
            with store.write():
                stream.record([tap(str(count[0]))], now=NOW)
                accounts.account_named("wecom", str(count[0]))
            count[0] += 1
        store.connection().close()

    thread = threading.Thread(target=copy_context().run, args=(live,))
    thread.start()
    try:
        while count[0] < 5:
            over.wait(0.01)
        before = count[0]
        done = moving.move_out(out, now=NOW)
        after = count[0]
    finally:
        over.set()
        thread.join()

    assert before <= done.facts <= after + 1
    assert done.tables["shop_account"] == done.facts


def test_nothing_but_the_whole_counts_in_the_new_place(
    place: Workspace, out: Path, tmp_path: Path
) -> None:
    """A workspace that has lived a moment refuses; the one that fits asks its subscribers for their work."""
    some_life()
    moving.move_out(out, now=NOW)
    with elsewhere(tmp_path / "there"):
        accounts.account_named("wecom", "somebody")
        before = contents()

        with pytest.raises(errors.WorkspaceInUse):
            moving.move_in(out, now=NOW)

        assert (contents(), visible()) == (before, [])
        accounts.register()[0].delete()
        signin.owner()
        moving.move_in(out, now=NOW)
        jobs.discover()
        assert store.rows("SELECT count(*) FROM jobs_job WHERE name = 'traits.refresh'") == [(1,)]


def test_names_are_in_the_private_folder_alone(place: Workspace, out: Path) -> None:
    some_life()

    done = moving.move_out(out, now=NOW, user_id=1)

    for path in out.rglob("*"):
        if path.is_file():
            found = [secret for secret in SECRETS if secret.encode() in path.read_bytes()]
            assert not found or path.is_relative_to(out / "private"), path
            assert all(key not in path.read_bytes() for key in manifest.our_keys().values())
    private = [out / "private", *(out / "private").rglob("*")]
    assert {stat.S_IMODE(each.stat().st_mode) for each in private} == {0o600, 0o700}
    assert stat.S_IMODE(done.keys.stat().st_mode) == 0o600
    told = audit.latest(1)[0]
    assert (told.act, told.page, told.people, told.user_id) == ("exported", "export all", 1, 1)


def test_names_can_stay(place: Workspace, out: Path, tmp_path: Path) -> None:
    some_life()
    before = audit.latest(1)[0].pk

    moving.move_out(out, now=NOW, identifiers=False)

    content = b"".join(path.read_bytes() for path in out.rglob("*") if path.is_file())
    assert [secret for secret in SECRETS if secret.encode() in content] == []
    assert audit.latest(1)[0].pk == before
    with elsewhere(tmp_path / "there"):
        assert not moving.move_in(out, now=NOW).identifiers
        assert identifiers.values_of([5]) == {}
        assert [label_of(each.label) for each in imports.listing()] == [""] * 3


def test_no_cell_is_a_formula(place: Workspace, out: Path) -> None:
    some_life()
    moving.move_out(out, now=NOW)

    found = duckdb.sql(
        f"SELECT value FROM read_csv('{out}/private/people_identifier.csv', all_varchar = true)"
    ).fetchall()

    assert {value for (value,) in found} == {PHONE, f"'{NAME}"}


def test_facts_of_many_imports_in_turns_can_still_be_taken_back(
    place: Workspace, out: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As compaction leaves them: they come in as mixed files."""
    for number in range(6):
        import_lines(numbered(range(number * 10, number * 10 + 12)))
    Import.objects.update(label=None)
    moving.move_out(out, now=NOW)
    monkeypatch.setattr(facts.Sorter, "HELD_ROWS", 30)
    expected = visible()

    with elsewhere(tmp_path / "there"):
        moving.move_in(out, now=NOW)
        assert visible() == expected
        assert any(each.mixed for each in ledger_store.live_files(FileRole.FACT))
        there = undo_all((2, 5))
    assert there == undo_all((2, 5))


def undo_all(numbers: tuple[int, ...]) -> list[Any]:
    left = []
    for number in numbers:
        imports.undo(number, now=NOW)
        left.append(visible())
    return left
