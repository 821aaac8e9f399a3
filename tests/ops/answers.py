"""What a data folder says of itself, in the words of tests/kept/*.answers.json; run as a program over XIAOHE_HOME.

Two subjects as arguments: first the owner says that they are one person.
"""

from __future__ import annotations

import contextlib
import io
import json
import sys
from datetime import UTC, date, datetime
from typing import Any

ON = date(2025, 7, 1)


def all_of_it() -> dict[str, Any]:
    from xiaohe.measures import registry

    facts = _said("facts", "count")
    measures = {
        each.id: _said("measure", each.id, "--as-of", str(ON)) for each in registry.all_measures()
    }
    return {
        "facts": facts,
        "measures": measures,
        "due": _said("due", "--on", str(ON)),
        "imports": _said("imports"),
    }


def _said(*arguments: str) -> Any:
    from xiaohe.cli.main import run

    out = io.StringIO()
    with contextlib.redirect_stdout(out):
        assert run([*arguments, "--json"]) == 0, out.getvalue()
    return json.loads(out.getvalue())


if __name__ == "__main__":
    from xiaohe.cli import inside

    inside.enter()
    if len(sys.argv) > 1:
        from xiaohe.people import actions

        actions.join(int(sys.argv[1]), int(sys.argv[2]), datetime.now(UTC))
    print(json.dumps(all_of_it()))
