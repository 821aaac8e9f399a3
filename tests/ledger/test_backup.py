"""Backup and restore: the same answers in another folder, and no half restore."""

from __future__ import annotations

import os
import shutil
import stat
import tarfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from pathlib import Path

import pytest

from tests.conftest import PostgresServer, _pointed_at
from tests.ledger.facts import NOW, import_lines, numbered, tap, visible
from tests.ledger.other_process import OtherProcess
from xiaohe.kernel import store as control
from xiaohe.kernel import workspace
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import archive, backup, drain, imports, lease, recovery, store, stream


def _some_history() -> None:
    first, _ = import_lines(numbered(range(50)))
    import_lines(numbered(range(40, 60)))
    imports.undo(first, now=NOW)
    stream.record([tap("a"), tap("b")], now=NOW)


@contextmanager
def _elsewhere(home: Path, url: str = "") -> Iterator[Workspace]:
    home.mkdir(exist_ok=True)
    with _pointed_at(home, url):
        yield workspace.current()


def test_a_backup_restores_to_the_same_answers(place: Workspace, tmp_path: Path) -> None:
    _some_history()
    place.secret("vault")
    expected, told = visible(), imports.listing()
    file = tmp_path / "saved.tar"

    done = backup.backup(file, now=NOW)

    assert stat.S_IMODE(done.keys.stat().st_mode) == stat.S_IMODE(file.stat().st_mode) == 0o600
    with _elsewhere(tmp_path / "other") as other:
        assert backup.restore(file).files == done.files
        assert (visible(), imports.listing()) == (expected, told)
        assert other.secret("vault") == (place.home / "secret" / "vault.key").read_bytes()
        import_lines(numbered([1000]))
    assert visible() == expected


def test_formats_of_the_merchants_own_are_in_the_backup(place: Workspace, tmp_path: Path) -> None:
    (place.home / "formats").mkdir()
    (place.home / "formats" / "farm.toml").write_text('kind = "orders"', encoding="utf-8")
    file = tmp_path / "saved.tar"

    backup.backup(file, now=NOW)

    with _elsewhere(tmp_path / "other") as other:
        backup.restore(file)
        assert (other.home / "formats" / "farm.toml").read_text() == 'kind = "orders"'


@pytest.mark.postgres
def test_a_backup_of_postgresql_restores_into_an_empty_database(
    postgres_place: Workspace,
    postgres_server: PostgresServer,
    tmp_path: Path,
    django_db_blocker: object,
) -> None:
    _some_history()
    expected = visible()
    file = tmp_path / "saved.tar"
    backup.backup(file, now=NOW)

    name = postgres_server.create(django_db_blocker)  # type: ignore[arg-type]
    with _elsewhere(tmp_path / "other", postgres_server.url(name)):
        backup.restore(file)
        assert visible() == expected
        import_lines(numbered([1000]))
        assert len(visible()) == len(expected) + 1
    postgres_server.drop(name)


def test_restore_refuses_a_folder_that_holds_data(place: Workspace, tmp_path: Path) -> None:
    _some_history()
    expected = visible()
    backup.backup(tmp_path / "saved.tar", now=NOW)

    with pytest.raises(backup.FolderInUse):
        backup.restore(tmp_path / "saved.tar")

    assert visible() == expected


RESTORE_POINTS = ("restore_unpacked", "restore_between", "restore_before_store")
# With PostgreSQL the store's part takes a while, in one transaction.
POSTGRES_POINTS = ("restore_tables_made", "restore_before_commit")


def test_a_killed_restore_is_begun_again_in_the_same_folder(
    any_place: Workspace, tmp_path: Path, empty_stores: Callable[[], str]
) -> None:
    _some_history()
    expected = visible()
    file, home = tmp_path / "saved.tar", tmp_path / "other"
    backup.backup(file, now=NOW)
    with OtherProcess() as other:
        for point in (*RESTORE_POINTS, *(POSTGRES_POINTS if control.is_postgres() else ())):
            home.mkdir()
            url = empty_stores()
            order = {"file": str(file), "home": str(home), "url": url}
            assert other.ask("restore", crash=point, **order) == -9
            assert list(home.glob(".restoring-*"))
            assert not (home / "xiaohe.db").exists()
            # Twice, for what the second one finds is what the first one left.
            assert other.ask("restore", crash=point, **order) == -9
            with _elsewhere(home, url):
                assert not url or not archive.holds_something()
                backup.restore(file)
                assert visible() == expected
                assert not list(home.glob(".restoring-*"))
            shutil.rmtree(home)


def test_a_restore_killed_when_everything_was_back_is_over(
    any_place: Workspace, tmp_path: Path, empty_stores: Callable[[], str]
) -> None:
    _some_history()
    expected = visible()
    file, home, url = tmp_path / "saved.tar", tmp_path / "other", empty_stores()
    backup.backup(file, now=NOW)
    home.mkdir()
    with OtherProcess() as other:
        order = {"file": str(file), "home": str(home), "url": url}
        assert other.ask("restore", crash="restore_after_store", **order) == -9

    with _elsewhere(home, url):
        assert visible() == expected
        with pytest.raises(backup.FolderInUse):
            backup.restore(file)
        assert visible() == expected
        assert list(home.glob(".restoring-*"))
        backup.clear_finished()
        assert not list(home.glob(".restoring-*"))


def test_what_is_put_beside_a_killed_restore_is_somebodys(place: Workspace, tmp_path: Path) -> None:
    _some_history()
    file, home = tmp_path / "saved.tar", tmp_path / "other"
    backup.backup(file, now=NOW)
    home.mkdir()
    with OtherProcess() as other:
        order = {"file": str(file), "home": str(home), "url": ""}
        assert other.ask("restore", crash="restore_before_store", **order) == -9
    (home / "notes.txt").write_text("mine")
    before = sorted(home.rglob("*"))

    with _elsewhere(home), pytest.raises(backup.FolderInUse):
        backup.restore(file)
    assert sorted(home.rglob("*")) == before


@pytest.mark.parametrize("damage", ["flip", "cut", "keys"])
def test_a_damaged_backup_restores_nothing(place: Workspace, tmp_path: Path, damage: str) -> None:
    _some_history()
    file = tmp_path / "saved.tar"
    done = backup.backup(file, now=NOW)
    content = bytearray(file.read_bytes())
    if damage == "keys":
        done.keys.unlink()
    elif damage == "cut":
        file.write_bytes(content[: len(content) // 2])
    else:
        content[len(content) // 3] ^= 1
        file.write_bytes(content)

    with _elsewhere(tmp_path / "other"):
        with pytest.raises(backup.NotABackup):
            backup.restore(file)
        assert [each for each in (tmp_path / "other").rglob("*") if each.is_file()] == []


def test_no_key_is_in_the_archive(place: Workspace, tmp_path: Path) -> None:
    _some_history()
    done = backup.backup(tmp_path / "saved.tar", now=NOW)

    content = done.file.read_bytes()
    for each in (place.home / "secret").iterdir():
        assert each.read_bytes() not in content
        assert each.read_bytes().hex().encode() not in content


def test_nothing_is_collected_while_a_backup_copies(place: Workspace) -> None:
    number, _ = import_lines(numbered([1]))
    imports.undo(number, now=NOW)
    later = utc_now() + timedelta(days=2)

    with lease.held(lease.BACKUP, wait_seconds=0):
        assert recovery.recover(later).files_collected == 0

    assert recovery.recover(later).files_collected == 1


def test_a_backup_holds_the_runs_of_recent_keys(any_place: Workspace, tmp_path: Path) -> None:
    """What was told before the backup is known after it; filed facts are known by a run alone."""
    stream.record([tap("a")], now=NOW)
    drain.drain(NOW, force=True)
    assert store.live_runs()

    backup.backup(tmp_path / "saved.tar", now=NOW)

    with tarfile.open(tmp_path / "saved.tar") as tar:
        held = {name for name in tar.getnames() if name.startswith("lake/keys/")}
    assert held == {f"lake/{each.path}" for each in store.live_runs()}


def test_the_same_fact_is_still_the_same_after_a_restore(place: Workspace, tmp_path: Path) -> None:
    stream.record([tap("filed")], now=NOW)
    drain.drain(NOW, force=True)
    stream.record([tap("waiting")], now=NOW)
    backup.backup(tmp_path / "saved.tar", now=NOW)

    with _elsewhere(tmp_path / "other"):
        backup.restore(tmp_path / "saved.tar")

        told = stream.record([tap("filed"), tap("waiting"), tap("new")], now=NOW)

        assert (told.inserted, len(visible())) == (1, 3)


@pytest.mark.postgres
def test_the_other_kind_of_store_is_refused_with_the_way_to_go(
    place: Workspace, postgres_server: PostgresServer, tmp_path: Path, django_db_blocker: object
) -> None:
    _some_history()
    backup.backup(tmp_path / "saved.tar", now=NOW)

    name = postgres_server.create(django_db_blocker)  # type: ignore[arg-type]
    with _elsewhere(tmp_path / "other", postgres_server.url(name)):
        with pytest.raises(backup.NotABackup, match="xiaohe export all"):
            backup.restore(tmp_path / "saved.tar")
        assert visible() == []
    postgres_server.drop(name)


def test_a_backup_of_a_newer_version_is_refused(any_place: Workspace, tmp_path: Path) -> None:
    control.execute(
        "INSERT INTO django_migrations (app, name, applied) VALUES ('ledger', '9999_later', %s)",
        [NOW],
    )
    backup.backup(tmp_path / "saved.tar", now=NOW)
    url = os.environ["XIAOHE_DATABASE_URL"]

    with _elsewhere(tmp_path / "other", url):
        with pytest.raises(archive.NewerBackup):
            backup.restore(tmp_path / "saved.tar")

        assert not (tmp_path / "other" / "lake").exists()
