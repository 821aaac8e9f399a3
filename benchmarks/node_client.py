"""The unmodified npm package @segment/analytics-node through kills -9: `python benchmarks/node_client.py [--report FILE]`.

Needs Node 18 or later; installs the package by its lock file, starts server and worker, kills the server while events are told,
and counts what is in the ledger at the end.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.api.server import Server

CLIENT = Path(__file__).resolve().parent / "clients" / "node"


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--events", type=int, default=5_000)
    arguments.add_argument("--kills", type=int, default=6)
    arguments.add_argument("--seed", type=int, default=3)
    arguments.add_argument("--report", type=Path, help="write the outcome to this Markdown file")
    asked = arguments.parse_args()
    if not (CLIENT / "node_modules").is_dir():
        subprocess.run(["npm", "ci", "--no-audit", "--no-fund"], cwd=CLIENT, check=True)
    with tempfile.TemporaryDirectory() as folder:
        home = Path(folder) / "home"
        home.mkdir(mode=0o700)
        os.environ.update(
            XIAOHE_HOME=str(home),
            XIAOHE_DATABASE_URL="",
            DJANGO_SETTINGS_MODULE="xiaohe.settings",
        )
        with Server(home, Path(folder)) as server:
            told, seconds = _tell(server, asked)
            time.sleep(2)
            counts = _in_ledger()
    text = _as_markdown(asked, told, seconds, counts)
    print(text)
    if asked.report:
        asked.report.parent.mkdir(parents=True, exist_ok=True)
        asked.report.write_text(text)
    return 0 if _is_whole(asked.events, counts) and not told["failed"] else 1


def _tell(server: Server, asked: argparse.Namespace) -> tuple[dict[str, object], float]:
    made = server.command("sources", "add", "--kind", "segment", "--name", "node", "--json")
    key = json.loads(made)["write_key"]
    rng = random.Random(asked.seed)
    began = time.monotonic()
    command = ["node", "tell.mjs", server.address, key, str(asked.events)]
    with subprocess.Popen(command, cwd=CLIENT, stdout=subprocess.PIPE, text=True) as client:
        for _kill in range(asked.kills):
            time.sleep(rng.uniform(0.3, 1.5))
            server.kill_web()
            server.start_web()
        said, _nothing = client.communicate(timeout=300)
    return json.loads(said), time.monotonic() - began


def _in_ledger() -> Counter[int]:
    import django

    django.setup()
    from xiaohe.ledger import engine

    with engine.reading() as read:
        told = read.facts.filter(read.facts.type == "custom:Step Done").select("props")
        props = read.run(told)["props"].to_pylist()
    return Counter(int(json.loads(each)["properties"]["number"]) for each in props)


def _is_whole(events: int, counts: Counter[int]) -> bool:
    return counts == Counter(range(events))


def _as_markdown(
    asked: argparse.Namespace, told: dict[str, object], seconds: float, counts: Counter[int]
) -> str:
    package = json.loads((CLIENT / "package.json").read_text())["dependencies"]
    name, version = next(iter(package.items()))
    twice = sum(1 for times in counts.values() if times > 1)
    missing = asked.events - len(counts)
    return (
        f"# {name} {version}, unmodified\n\n"
        f"Made by `python benchmarks/node_client.py --report docs/reports/node-client.md` on {datetime.now(UTC):%Y-%m-%d},"
        f" Node {told['node']}, SQLite, seed {asked.seed}. Settings of the SDK: `flushAt` 25, `flushInterval` 50 ms,"
        " `maxRetries` 30.\n\n"
        "| what | |\n|---|---|\n"
        f"| events told | {asked.events:,} |\n"
        f"| kills -9 of the server meanwhile | {asked.kills} in {seconds:.0f} s |\n"
        f"| requests the SDK made | {told['requests']:,} |\n"
        f"| errors the SDK gave up on | {len(told['failed'])} |\n"  # type: ignore[arg-type]
        f"| in the ledger | {sum(counts.values()):,} |\n"
        f"| missing | {missing} |\n"
        f"| more than once | {twice} |\n"
    )


if __name__ == "__main__":
    sys.exit(main())
