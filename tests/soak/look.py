"""What the ledger of a data folder holds, asked in a process of its own: `python -m tests.soak.look once|held`.

`once` prints one JSON object. `held` takes one reading, prints how many facts it sees, and again for each line it is sent.
"""

from __future__ import annotations

import json
import sys
from collections import Counter

from xiaohe.cli import inside
from xiaohe.kernel import memory


def main(how: str) -> None:
    memory.without_frames()
    inside.enter()
    inside.quietly()
    from xiaohe.ledger import engine

    with engine.reading() as read:
        if how == "held":
            count = read.facts.count().name("n").as_table()
            print(read.scalar(count), flush=True)
            for _line in sys.stdin:
                print(read.scalar(count), flush=True)
            return
        facts = read.facts
        streamed = read.run(
            facts.filter(facts.import_id.isnull()).select("type", "props", "subject")
        )
        imported = facts.filter(facts.import_id.notnull())
        kinds = read.run(
            imported.group_by("type").agg(n=imported.count(), amount=imported.amount.sum())
        )
    numbers: Counter[int] = Counter()
    others = 0
    for row in streamed.to_pylist():
        number = json.loads(row["props"] or "{}").get("properties", {}).get("n")
        if row["type"].startswith("custom:") and number is not None:
            numbers[int(number)] += 1
        else:
            others += 1
    print(
        json.dumps(
            {
                "once": sorted(number for number, times in numbers.items() if times == 1),
                "more": {number: times for number, times in numbers.items() if times > 1},
                "others": others,
                "imported": {row["type"]: [row["n"], row["amount"]] for row in kinds.to_pylist()},
            }
        )
    )


if __name__ == "__main__":
    main(sys.argv[1])
