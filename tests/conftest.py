"""What every room's tests stand on: a fresh workspace per test on a store that was migrated once per session.

| fixture          | gives |
|------------------|-------|
| `place`          | the current workspace: an empty folder under tmp_path and a migrated SQLite store |
| `postgres_place` | the same with its control store on a throw-away PostgreSQL server |
| `any_place`      | the test runs twice, once on each |
| `empty_stores`   | a function that gives further empty stores of the current kind |
| `shared_data`    | the folder of public data sets beside the repository |

Threads and processes started by a test find the same workspace: the environment names it.
"""

from __future__ import annotations

import gc
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from tests.processes import free_port
from xiaohe.kernel import workspace
from xiaohe.kernel.workspace import Workspace

TESTS = Path(__file__).resolve().parent
ROOT = TESTS.parent
SHARED = ROOT.parent / "shared" / "data"
# In CI a missing tool is a failure, so that nothing stays untested unseen.
REQUIRE_ALL = os.environ.get("XIAOHE_REQUIRE_ALL") == "1"
_numbers = count(1)
# Playwright's synchronous driver keeps an event loop in this thread for the rest of the session, and Django then
# refuses its own synchronous calls; nothing here is asynchronous.
os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"

# ---------------------------------------------------------------- the workspace of one test


@pytest.fixture(scope="session")
def template_store(tmp_path_factory: pytest.TempPathFactory, django_db_blocker: Any) -> Path:
    """A migrated, empty SQLite store; copied for each test, which is a hundred times faster than migrating."""
    home = tmp_path_factory.mktemp("template")
    with django_db_blocker.unblock(), _pointed_at(home):
        _migrate("default")
        from django.db import connection

        connection.cursor().execute("PRAGMA wal_checkpoint(TRUNCATE)")
    return home / "xiaohe.db"


@pytest.fixture
def place(
    tmp_path: Path,
    template_store: Path,
    django_db_blocker: Any,
) -> Iterator[Workspace]:
    """A fresh main workspace, entered as current; the sample workspace beside it does not exist yet."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    shutil.copyfile(template_store, home / "xiaohe.db")
    with django_db_blocker.unblock(), _pointed_at(home):
        yield workspace.current()


@pytest.fixture
def postgres_place(
    tmp_path: Path,
    postgres_server: PostgresServer,
    django_db_blocker: Any,
) -> Iterator[Workspace]:
    """`place`, with its control store on PostgreSQL."""
    home = tmp_path / "home"
    home.mkdir(mode=0o700)
    with django_db_blocker.unblock():
        name = postgres_server.create(django_db_blocker)
        with _pointed_at(home, postgres_server.url(name)):
            yield workspace.current()
        postgres_server.drop(name)


@pytest.fixture(
    params=[
        pytest.param("place", id="sqlite"),
        pytest.param("postgres_place", id="postgres", marks=pytest.mark.postgres),
    ]
)
def any_place(request: pytest.FixtureRequest) -> Workspace:
    """The test runs once per kind of control store."""
    return request.getfixturevalue(request.param)  # type: ignore[no-any-return]


@pytest.fixture
def empty_stores(request: pytest.FixtureRequest) -> Iterator[Callable[[], str]]:
    """The address of one more migrated, empty store of the kind that is current; "" is a file in the folder."""
    from xiaohe.kernel import store

    made: list[str] = []

    def make() -> str:
        if not store.is_postgres():
            return ""
        server = request.getfixturevalue("postgres_server")
        made.append(server.create(request.getfixturevalue("django_db_blocker")))
        return str(server.url(made[-1]))

    yield make
    for name in made:
        request.getfixturevalue("postgres_server").drop(name)


@pytest.fixture(scope="session")
def shared_data() -> Path:
    """The folder of public data sets; tests that need it are skipped where it is not at hand."""
    if not SHARED.is_dir():
        pytest.skip("the public data sets are not beside this repository (../shared/data)")
    return SHARED


@pytest.fixture(scope="session")
def django_db_setup() -> None:
    """No test database of pytest-django's: `place` brings its own store."""


@contextmanager
def _pointed_at(home: Path, url: str = "") -> Iterator[None]:
    """Point the environment, the settings and both Django aliases at `home` while the block runs."""
    from django.conf import settings
    from django.db import connections

    from xiaohe import settings as ours

    databases = {"default": ours._sqlite(home), "sample": ours._sqlite(home / "sample")}
    if url:
        databases["default"] = ours._control_store(url)
    before = {alias: dict(connections.settings[alias]) for alias in databases}
    environment = {key: os.environ.get(key) for key in ("XIAOHE_HOME", "XIAOHE_DATABASE_URL")}
    settings_home = settings.HOME
    os.environ["XIAOHE_HOME"] = str(home)
    os.environ["XIAOHE_DATABASE_URL"] = url
    settings.HOME = home
    _point(databases)
    try:
        with workspace.entered(workspace.workspace()):
            yield
    finally:
        _point(before)
        settings.HOME = settings_home
        for key, value in environment.items():
            if value is None:
                os.environ.pop(key, None)
            else:
                os.environ[key] = value


def _point(databases: dict[str, dict[str, Any]]) -> None:
    """Every connection made from now on, in whatever thread, goes to these databases."""
    from django.db import connections

    connections.close_all()
    empty = {"OPTIONS": {}, "USER": "", "PASSWORD": "", "HOST": "", "PORT": ""}
    for alias, values in databases.items():
        # One dictionary is shared by the wrappers of all threads: it is changed in place.
        connections.settings[alias].update({**empty, **values})
        # The wrapper's class belongs to the engine, which may be another one now.
        if hasattr(connections._connections, alias):
            del connections[alias]


def _migrate(alias: str) -> None:
    from django.core.management import call_command

    call_command("migrate", database=alias, run_syncdb=True, verbosity=0, interactive=False)


# ---------------------------------------------------------------- a throw-away PostgreSQL server


class PostgresServer:
    """One server for the session, under an unprivileged user, without durability: it lives for minutes."""

    def __init__(self, programs: Path, folder: Path) -> None:
        self.programs, self.folder = programs, folder
        self.port = free_port()
        self._template = ""

    def start(self) -> None:
        data = self.folder / "data"
        self._run(
            "initdb", "-D", str(data), "-U", "xiaohe", "-A", "trust", "-E", "UTF8", "--no-sync"
        )
        options = (
            f"-p {self.port} -k {self.folder} -c listen_addresses=127.0.0.1 -c fsync=off"
            " -c full_page_writes=off -c synchronous_commit=off -c shared_buffers=32MB"
            # It would go round all the databases, and be in the template's way of being copied.
            " -c autovacuum=off"
        )
        self._run(
            "pg_ctl", "-D", str(data), "-o", options, "-l", str(self.folder / "log"), "-w", "start"
        )

    def stop(self) -> None:
        self._run("pg_ctl", "-D", str(self.folder / "data"), "-m", "immediate", "stop")

    def url(self, name: str) -> str:
        return f"postgresql://xiaohe@127.0.0.1:{self.port}/{name}"

    def create(self, django_db_blocker: Any) -> str:
        """A new migrated database; the first one is migrated, the others are copies of it."""
        if not self._template:
            self.sql("CREATE DATABASE template_xiaohe")
            with (
                tempfile.TemporaryDirectory() as home,
                _pointed_at(Path(home), self.url("template_xiaohe")),
            ):
                _migrate("default")
            self._template = "template_xiaohe"
        name = f"test_{next(_numbers)}"
        self.sql(f"CREATE DATABASE {name} TEMPLATE {self._template}")
        return name

    def drop(self, name: str) -> None:
        self.sql(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)")

    def sql(self, statement: str) -> None:
        import psycopg

        with psycopg.connect(self.url("postgres"), autocommit=True) as connection:
            connection.execute(statement)  # type: ignore[call-overload]

    def _run(self, program: str, *arguments: str) -> None:
        command = [str(self.programs / program), *arguments]
        if os.geteuid() == 0:
            # The server refuses to run as root, which is who CI is.
            command = ["runuser", "-u", "postgres", "--", *command]
        # Its output goes to a file: a server that inherits our pipe would keep us waiting for its end.
        with open(self.folder.parent / "postgres.out", "ab") as out:
            done = subprocess.run(
                command, stdout=out, stderr=out, stdin=subprocess.DEVNULL, cwd="/", timeout=120
            )
        if done.returncode:
            said = (self.folder.parent / "postgres.out").read_text(errors="replace")
            raise RuntimeError(f"{program} failed: {said[-2000:]}")


@pytest.fixture(scope="session")
def postgres_server() -> Iterator[PostgresServer]:
    programs = _postgres_programs()
    if programs is None:
        pytest.skip("no PostgreSQL server programs (initdb, pg_ctl) on this machine")
    outer = Path(tempfile.mkdtemp(prefix="xiaohe-postgres-"))
    folder = outer / "server"
    folder.mkdir()
    if os.geteuid() == 0:
        outer.chmod(0o755)
        shutil.chown(folder, "postgres")
    server = PostgresServer(programs, folder)
    try:
        server.start()
        yield server
        server.stop()
    finally:
        shutil.rmtree(outer, ignore_errors=True)


def _postgres_programs() -> Path | None:
    found = shutil.which("initdb")
    candidates = [Path(found).parent] if found else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((folder for folder in candidates if (folder / "pg_ctl").exists()), None)


# ---------------------------------------------------------------- several test processes

PARITY = "tests/parity/"
# What takes longest, longest first: begun last, one of them would keep a process busy while the other has nothing to do.
LONGEST = (
    "parity/", "web/test_browser.py", "acceptance/test_soak.py", "segments/query/test_against_twin.py",
    "ops/test_busy_backup.py", "traits/test_public_shops.py", "acceptance/test_waiting.py", "acceptance/test_kills.py",
    "acceptance/test_undo.py", "segments/state/", "ledger/test_repair_crashes.py", "acceptance/test_move.py",
    "web/test_segments_browser.py", "simulator/test_shop_of_sample.py", "segments/query/test_year.py",
    "people/test_join_undo_list.py",
)  # fmt: skip


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    if "PYTEST_XDIST_WORKER" in os.environ:
        items.sort(key=_turn)


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """With `-n 2`: a file's fixtures are made in one process, those of the parity list and its Spark cluster once for their
    folder, and long files begin first.

    Not by xdist's own groups: they are lost, without a word, where pytest puts a test's address together itself.
    """
    from xdist.scheduler import LoadScopeScheduling

    class ByFile(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            file = nodeid.partition("::")[0]
            return PARITY if file.startswith(PARITY) else file

    config.option.loadscopereorder = False
    return ByFile(config, log)


def _turn(item: pytest.Item) -> int:
    place = item.path.relative_to(TESTS).as_posix()
    return next((at for at, name in enumerate(LONGEST) if place.startswith(name)), len(LONGEST))


# ---------------------------------------------------------------- garbage


def pytest_collection_finish() -> None:
    """What is loaded by now stays: searching it for garbage again and again would take a twelfth of the whole time."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(20_000, 10, 10)


def pytest_sessionfinish() -> None:
    gc.unfreeze()


# ---------------------------------------------------------------- what a machine lacks


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A skip passes unseen; under XIAOHE_REQUIRE_ALL=1 it is a failure, except for data that is not ours to bring."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if (
        REQUIRE_ALL
        and report.skipped
        and not hasattr(report, "wasxfail")
        and not _wants_shared(item)
    ):
        report.outcome = "failed"
        report.longrepr = f"skipped, but everything is required here: {report.longrepr}"


def _wants_shared(item: pytest.Item) -> bool:
    wanted = item.get_closest_marker("shared") or "shared_data" in getattr(item, "fixturenames", ())
    return bool(wanted) and not SHARED.is_dir()
