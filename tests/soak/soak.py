"""One soak: clients send without pause, files are imported, and every part is killed with -9 again and again.

What must hold at the end, whatever was hit where:

- every event that was acknowledged is in the ledger once, every other one at most once;
- a reading that was open through the kills saw the same facts all along;
- the imported files count as if nothing had happened: the same facts as in a folder where nobody was killed;
- `xiaohe lake check` finds nothing.
"""

from __future__ import annotations

import json
import os
import random
import subprocess
import sys
import time
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from tests.acceptance.exports import LEGACY_ORDERS, csv, order
from tests.processes import free_port
from tests.soak.programs import AT_RANDOM, ROOT, Program, answers, python
from tests.soak.sender import Sender, Sent
from xiaohe.ledger import crash

FILE_LINES, OVERLAP = 40, 10
SENDERS = 2
# Where each of them can be made to kill itself.
COMPACTING = tuple(f"compact_{each}" for each in crash.POINTS)
KEEPING = (*crash.POINTS, *COMPACTING, *crash.RUN_POINTS)
POINTS = {"web": crash.RECORD_POINTS, "worker": KEEPING, "keeper": KEEPING, "import": crash.POINTS}
# How many kills one reading is held open through.
HELD_FOR = 6


@dataclass(frozen=True)
class Plan:
    """What to do: kills in all, over which store, and the seed of every choice."""

    home: Path
    kills: int
    database_url: str = ""
    seed: int = 1


@dataclass
class Outcome:
    """What was done and what was found."""

    kills: Counter[str] = field(default_factory=Counter)
    answers: Counter[str] = field(default_factory=Counter)
    acknowledged: int = 0
    unacknowledged: int = 0
    of_those_kept: int = 0
    facts: int = 0
    imports: int = 0
    seconds: float = 0.0
    faults: list[str] = field(default_factory=list)


def soak(plan: Plan) -> Outcome:
    """Run to the end; `faults` is empty if everything held."""
    began = time.monotonic()
    outcome = Outcome()
    run = _Run(plan, outcome)
    run.prepare()
    try:
        run.begin()
        while sum(outcome.kills.values()) < plan.kills:
            run.hit()
        run.end()
    finally:
        run.stop_all()
    outcome.seconds = time.monotonic() - began
    return outcome


class _Run:
    def __init__(self, plan: Plan, outcome: Outcome) -> None:
        self.plan, self.outcome = plan, outcome
        self.random = random.Random(plan.seed)
        self.environment = {
            **{k: v for k, v in os.environ.items() if not k.startswith("XIAOHE_")},
            "XIAOHE_HOME": str(plan.home),
            "XIAOHE_DATABASE_URL": plan.database_url,
            "PYTHONPATH": str(ROOT),
            "LANG": "C.UTF-8",
        }
        self.aside = plan.home.with_name(plan.home.name + ".soak")
        self.aside.mkdir()
        self.senders: list[Sender] = []
        self.files: list[Path] = []
        self.reader: Reader | None = None
        self.held_kills = 0
        self.is_ending = False

    # ------------------------------------------------------------ beginning and end

    def prepare(self) -> None:
        self.command("prepare")
        added = self.command("sources", "add", "--kind", "segment", "--name", "Soak", "--json")
        write_key = json.loads(added)["write_key"]
        # The soak is about the ledger: no client is slowed down for its own sake.
        self.command("sources", "limit", "Soak", "none")
        port = free_port()
        self.programs = [
            Program(
                "web",
                python("-m", "xiaohe", "web", "--port", str(port)),
                self.environment,
                self.aside / "web.log",
                lambda: answers(f"http://127.0.0.1:{port}/healthz"),
            ),
            self._with_mark("worker", "-m", "xiaohe", "worker"),
            self._with_mark("keeper", "-m", "tests.soak.keeper", str(self.aside / "keeper.up")),
        ]
        self.senders = [
            Sender(port, write_key, first=number * 10_000_000, seed=self.plan.seed + number)
            for number in range(SENDERS)
        ]

    def begin(self) -> None:
        for each in self.programs:
            each.start()
        for each in self.programs:
            each.wait_up()
        for sender in self.senders:
            sender.start()

    def end(self) -> None:
        """Let everything be delivered and filed, then compare."""
        self._let_go_of_reader()
        self.is_ending = True
        for each in self.programs:
            if each.points[-1] != AT_RANDOM and each.is_alive:
                each.kill()
        self._begin_again_the_dead()
        for sender in self.senders:
            sender.stop()
        for sender in self.senders:
            sender.join(180)
        self._import_until_done(self.files[-1] if self.files else None)
        for each in self.programs:
            each.stop()
        self._compare(self._sent())

    def stop_all(self) -> None:
        if self.reader is not None:
            self.reader.close()
        for each in getattr(self, "programs", []):
            if each.is_alive:
                each.kill()

    # ------------------------------------------------------------ one hit

    def hit(self) -> None:
        """Kill one of them: at a named point it comes to by itself, or at any moment; then begin it again."""
        self._hold_reader()
        time.sleep(self.random.uniform(0.1, 0.5))
        self._begin_again_the_dead()
        if self.random.random() < 0.15:
            self._kill_an_import()
        else:
            self._kill_a_program(self.random.choice(self.programs))
        self._look_through_reader()

    def _kill_a_program(self, program: Program) -> None:
        if program.is_alive:
            program.kill()
        self._was_killed(program)
        self._count_and_begin_again(program)

    def _begin_again_the_dead(self) -> None:
        """Whoever came to the point of its own end since the last look."""
        for each in self.programs:
            if not each.is_alive:
                self._was_killed(each)
                self._count_and_begin_again(each)

    def _was_killed(self, program: Program) -> None:
        """Nobody ends by himself: who does died of a fault of ours, and that is no kill."""
        # The server's parent ends with 1 when the child that answers came to the point of its own end.
        expected = {-9, 1} if program.name == "web" and program.points[-1] != AT_RANDOM else {-9}
        if program.exit_code not in expected:
            said = program.said.read_text(errors="replace")[-1500:]
            raise RuntimeError(f"{program.name} ended with {program.exit_code}: {said}")

    def _count_and_begin_again(self, program: Program) -> None:
        self.outcome.kills[f"{program.name} {program.points[-1]}"] += 1
        crash_here = not self.is_ending and self.random.random() < 0.6
        program.start(self.random.choice(POINTS[program.name]) if crash_here else "")
        program.wait_up()

    def _kill_an_import(self) -> None:
        file = self._next_file()
        point = self.random.choice(POINTS["import"]) if self.random.random() < 0.7 else ""
        process = subprocess.Popen(
            python("-m", "xiaohe", "import", str(file), "--json"),
            env={**self.environment, "XIAOHE_CRASH_AT": point},
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            stdin=subprocess.DEVNULL,
        )
        try:
            process.wait(self.random.uniform(1.0, 3.0) if not point else 60)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait(20)
        if process.returncode == -9:
            self.outcome.kills[f"import {point or 'at random'}"] += 1
        self._import_until_done(file)

    def _import_until_done(self, file: Path | None) -> None:
        if file is not None:
            self.command("import", str(file), "--json")
            self.outcome.imports += 1

    def _next_file(self) -> Path:
        """Order lines, the first of which stood in the file before."""
        first = len(self.files) * (FILE_LINES - OVERLAP)
        rows = [
            order(770000000000000000 + n, f"买家{n % 60}", f"{n % 90 + 1}.50", "2025-05-20")
            for n in range(first, first + FILE_LINES)
        ]
        file = csv(self.aside / f"orders-{len(self.files)}.csv", LEGACY_ORDERS, rows)
        self.files.append(file)
        return file

    # ------------------------------------------------------------ the reading held open

    def _hold_reader(self) -> None:
        if self.reader is None:
            self.reader = Reader(self.environment)
            self.held_kills = 0

    def _look_through_reader(self) -> None:
        assert self.reader is not None
        again = self.reader.again()
        if again != self.reader.seen:
            self.outcome.faults.append(f"a reading saw {self.reader.seen} facts, then {again}")
        self.held_kills += 1
        if self.held_kills >= HELD_FOR:
            self._let_go_of_reader()

    def _let_go_of_reader(self) -> None:
        if self.reader is not None:
            self.reader.close()
            self.reader = None

    # ------------------------------------------------------------ what must hold

    def _sent(self) -> Sent:
        sent = Sent()
        for each in self.senders:
            sent.acknowledged |= each.sent.acknowledged
            sent.given_up |= each.sent.given_up
            sent.answers.update(each.sent.answers)
            if each.is_alive():
                self.outcome.faults.append(f"{each.name} could not deliver everything")
        return sent

    def _compare(self, sent: Sent) -> None:
        self.environment["XIAOHE_CRASH_AT"] = ""
        # Late events come to light only when they are filed.
        self.script("from xiaohe.ledger import drain; drain.drain(utc_now(), force=True)")
        found: dict[str, Any] = json.loads(
            self.script("from tests.soak import look; look.main('once')")
        )
        once = set(found["once"])
        outcome = self.outcome
        outcome.answers = sent.answers
        outcome.acknowledged = len(sent.acknowledged)
        given_up = sent.given_up - sent.acknowledged
        outcome.unacknowledged, outcome.of_those_kept = len(given_up), len(once & given_up)
        outcome.facts = len(once) + sum(n for n, _amount in found["imported"].values())
        if lost := sent.acknowledged - once - {int(n) for n in found["more"]}:
            outcome.faults.append(f"{len(lost)} acknowledged events are lost: {sorted(lost)[:10]}")
        if found["more"]:
            outcome.faults.append(f"{len(found['more'])} events are there more than once")
        if strange := once - sent.acknowledged - sent.given_up:
            outcome.faults.append(f"{len(strange)} events were never sent: {sorted(strange)[:10]}")
        if found["imported"] != (expected := self._imported_in_peace()):
            outcome.faults.append(f"imported: {found['imported']} instead of {expected}")
        checked = self.command("lake", "check", "--json", may_fail=True)
        if self.last_code != 0:
            outcome.faults.append(f"lake check: {checked[-600:]}")

    def _imported_in_peace(self) -> dict[str, Any]:
        """What the same files give in a folder where nobody is killed."""
        home = self.plan.home.with_name(self.plan.home.name + ".peace")
        mine = self.environment
        self.environment = {**mine, "XIAOHE_HOME": str(home), "XIAOHE_DATABASE_URL": ""}
        try:
            self.command("prepare")
            if self.files:
                self.command("import", *map(str, self.files), "--json")
            found = self.script("from tests.soak import look; look.main('once')")
        finally:
            self.environment = mine
        return dict(json.loads(found)["imported"])

    # ------------------------------------------------------------ small things

    def _with_mark(self, name: str, *arguments: str) -> Program:
        mark = self.aside / f"{name}.up"
        is_up = mark.exists if name == "keeper" else lambda: True
        return Program(
            name, python(*arguments), self.environment, self.aside / f"{name}.log", is_up
        )

    def command(self, *arguments: str, may_fail: bool = False) -> str:
        return self._run(python("-m", "xiaohe", *arguments), may_fail)

    def script(self, line: str) -> str:
        head = "from xiaohe.cli import inside\ninside.enter()\ninside.quietly()\n"
        head += "from xiaohe.kernel.clock import utc_now\n"
        return self._run(python("-c", head + line), False)

    def _run(self, command: list[str], may_fail: bool) -> str:
        done = subprocess.run(
            command,
            env=self.environment,
            capture_output=True,
            text=True,
            stdin=subprocess.DEVNULL,
            timeout=180,
            cwd=ROOT,
        )
        self.last_code = done.returncode
        if done.returncode and not may_fail:
            raise RuntimeError(f"{command[2:]}: {done.stdout[-1000:]}{done.stderr[-2000:]}")
        return done.stdout


class Reader:
    """A process that looked once and keeps looking at what it saw then."""

    def __init__(self, environment: dict[str, str]) -> None:
        self.process = subprocess.Popen(
            [sys.executable, "-m", "tests.soak.look", "held"],
            env=environment,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.seen = self._line()

    def again(self) -> int:
        assert self.process.stdin is not None
        self.process.stdin.write("\n")
        self.process.stdin.flush()
        return self._line()

    def close(self) -> None:
        assert self.process.stdin is not None
        self.process.stdin.close()
        self.process.wait(20)

    def _line(self) -> int:
        assert self.process.stdout is not None
        return int(self.process.stdout.readline())
