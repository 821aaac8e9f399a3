"""Two hundred kills -9 under load: `python benchmarks/soak.py --kills 200 [--database-url postgresql://…] [--report FILE]`.

Web, worker, a second compactor and imports are killed at named points and at random; see tests/soak/soak.py for what must hold.
"""

from __future__ import annotations

import argparse
import sys
import tempfile
from datetime import UTC, datetime
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tests.soak.soak import Outcome, Plan, soak


def main() -> int:
    arguments = argparse.ArgumentParser(description=__doc__)
    arguments.add_argument("--kills", type=int, default=200)
    arguments.add_argument("--database-url", default="", help="an empty PostgreSQL database")
    arguments.add_argument("--seed", type=int, default=1)
    arguments.add_argument("--report", type=Path, help="append the outcome to this Markdown file")
    asked = arguments.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        plan = Plan(Path(folder) / "home", asked.kills, asked.database_url, asked.seed)
        outcome = soak(plan)
    text = as_markdown("PostgreSQL" if asked.database_url else "SQLite", asked.seed, outcome)
    print(text)
    if asked.report:
        with asked.report.open("a") as report:
            report.write(text)
    return 1 if outcome.faults else 0


def as_markdown(store: str, seed: int, outcome: Outcome) -> str:
    kills = sum(outcome.kills.values())
    lines = [
        f"\n## {store}, {datetime.now(UTC):%Y-%m-%d}, seed {seed}\n",
        "| what | |",
        "|---|---|",
        f"| kills | {kills} in {outcome.seconds:.0f} s |",
        f"| events acknowledged | {outcome.acknowledged:,}, each in the ledger once |"
        if not outcome.faults
        else f"| events acknowledged | {outcome.acknowledged:,} |",
        f"| events never acknowledged | {outcome.unacknowledged:,}, of which {outcome.of_those_kept:,} are there, once |",
        f"| imports repeated | {outcome.imports} |",
        f"| facts at the end | {outcome.facts:,} |",
        f"| answers | {', '.join(f'{name}: {n:,}' for name, n in sorted(outcome.answers.items()))} |",
        f"| faults | {'; '.join(outcome.faults) or 'none'} |",
        "\n| killed | at | times |",
        "|---|---|---|",
    ]
    for name, times in sorted(outcome.kills.items()):
        program, _, point = name.partition(" ")
        lines.append(f"| {program} | {point} | {times} |")
    return "\n".join(lines) + "\n"


if __name__ == "__main__":
    raise SystemExit(main())
