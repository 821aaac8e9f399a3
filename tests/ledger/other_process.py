"""A process beside the test's: it forks one child per order, so that each can be killed without a slow start.

Orders are JSON lines on stdin, answers JSON lines on stdout. The parent opens no connection, so a child begins
as clean as a freshly started process.
"""

from __future__ import annotations

import gc
import json
import os
import subprocess
import sys
from pathlib import Path
from types import TracebackType
from typing import Any

ROOT = Path(__file__).resolve().parents[2]


class OtherProcess:
    """The test's end: `ask(verb, …)` runs one order in a new process and tells how it ended."""

    def __enter__(self) -> OtherProcess:
        self._process = subprocess.Popen(
            [sys.executable, __file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
            env={
                **os.environ,
                "PYTHONPATH": str(ROOT),
                "DJANGO_SETTINGS_MODULE": "xiaohe.settings",
            },
        )
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        assert self._process.stdin is not None
        self._process.stdin.close()
        self._process.wait(20)

    def ask(self, verb: str, *, crash: str = "", **more: Any) -> int:
        """Exit status: 0 when it went well, −9 when it was killed."""
        self.begin(verb, crash=crash, **more)
        return self.ended()

    def begin(self, verb: str, *, crash: str = "", **more: Any) -> None:
        assert self._process.stdin is not None
        self._process.stdin.write(json.dumps({"verb": verb, "crash": crash, **more}) + "\n")
        self._process.stdin.flush()

    def ended(self) -> int:
        assert self._process.stdout is not None
        return int(json.loads(self._process.stdout.readline()))


# ---------------------------------------------------------------- the other end


def main() -> None:
    import django

    django.setup()
    from tests.ledger import facts  # noqa: F401
    from xiaohe.kernel import memory
    from xiaohe.ledger import (  # noqa: F401
        backup,
        bulk,
        compaction,
        drain,
        imports,
        recent_upkeep,
        recovery,
        repair,
        stream,
        subscriptions,
    )

    # What the first record of a process does, once for all children; and Arrow looks for pandas once in each.
    subscriptions.discover()
    memory.without_frames()
    gc.collect()
    gc.freeze()
    for line in sys.stdin:
        order = json.loads(line)
        child = os.fork()
        if child == 0:
            _obey(order)
        _, status = os.waitpid(child, 0)
        print(json.dumps(os.waitstatus_to_exitcode(status)), flush=True)


def _obey(order: dict[str, Any]) -> None:
    import traceback

    status = 1
    try:
        os.environ["XIAOHE_CRASH_AT"] = order.pop("crash")
        VERBS[order.pop("verb")](**order)
        status = 0
    except BaseException:
        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(status)


def _import(keys: list[int], content: int = 0, wait_seconds: float = 1.0) -> None:
    from tests.ledger.facts import NOW, numbered, staged
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import bulk, recovery

    recovery.recover(utc_now())
    with bulk.open_import(
        kind="orders", source="table", now=NOW, wait_seconds=wait_seconds
    ) as door:
        door.stage(staged(numbered(keys, content)))
        door.commit({}, now=NOW)


def _undo(number: int) -> None:
    from tests.ledger.facts import NOW
    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import imports, recovery

    recovery.recover(utc_now())
    if imports.one(number).state == "committed":
        imports.undo(number, now=NOW, wait_seconds=1.0)


def _drain() -> None:
    from tests.ledger.facts import NOW
    from xiaohe.ledger import drain

    drain.drain(NOW, force=True)


def _compact() -> None:
    from xiaohe.ledger import compaction

    compaction.compact(force=True)


def _repair(backup: str = "", days: int = 0) -> None:
    from datetime import timedelta

    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import repair

    now = utc_now() + timedelta(days=days)
    repair.repair(now, backup=Path(backup) if backup else None)


def _collect() -> None:
    from datetime import timedelta

    from xiaohe.kernel.clock import utc_now
    from xiaohe.ledger import recovery

    recovery.collect(utc_now() + timedelta(days=2))


def _record(names: list[str]) -> None:
    from tests.ledger.facts import NOW, tap
    from xiaohe.ledger import stream

    stream.record([tap(name) for name in names], now=NOW)


def _merge_runs() -> None:
    from xiaohe.ledger import recent_upkeep, store

    runs = store.live_runs()
    if len(runs) > 1:
        recent_upkeep._merge(runs)


def _expire() -> None:
    from datetime import timedelta

    from tests.ledger.facts import NOW
    from xiaohe.ledger import stream

    stream.forget_old_keys(NOW + timedelta(days=40))


def _restore(file: str, home: str, url: str) -> None:
    from tests.conftest import _pointed_at
    from xiaohe.ledger import backup

    with _pointed_at(Path(home), url):
        backup.restore(Path(file))


VERBS = {
    "import": _import,
    "undo": _undo,
    "drain": _drain,
    "record": _record,
    "merge_runs": _merge_runs,
    "expire": _expire,
    "compact": _compact,
    "repair": _repair,
    "collect": _collect,
    "restore": _restore,
}

if __name__ == "__main__":
    main()
