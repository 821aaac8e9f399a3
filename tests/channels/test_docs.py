"""docs/webhooks.md tells the truth: its verification runs, its tables are the declared ones."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from xiaohe.channels.webhook import mapping, signature

DOCS = (Path(__file__).resolve().parents[2] / "docs" / "webhooks.md").read_text()


def test_the_example_verifies_what_we_sign_and_nothing_else() -> None:
    (code,) = re.findall(r"```python\n(.*?)```", DOCS, re.DOTALL)
    names: dict[str, Any] = {}
    exec(code, names)
    old, new = signature.new_secret(), signature.new_secret()
    headers = signature.sign([new, old], "msg_1", b"{}", datetime.now(UTC)).as_headers()

    verified = names["verified"]
    assert verified(new, headers, b"{}")
    assert verified(old, headers, b"{}")
    assert not verified(new, headers, b"{ }")
    assert not verified(signature.new_secret(), headers, b"{}")
    assert not verified(new, {**headers, "webhook-timestamp": "1614265330"}, b"{}")


def test_every_declared_event_stands_in_the_table() -> None:
    table = DOCS.split("| event type | becomes |")[1].split("\n\n")[0]
    rows = re.findall(r"^\| (`.*?) \| (.*?) \|", table, re.MULTILINE)
    said = {}
    for left, right in rows:
        for name in re.findall(r"`([^`]+)`", left):
            said[name] = name if right == "the same" else right.strip("`")

    assert said == dict(mapping.EVENTS)


def test_every_name_of_a_field_stands_in_the_table() -> None:
    for names in (mapping.CUSTOMER, mapping.PHONE, mapping.ORDER, mapping.AMOUNT):
        assert " ".join(f"`{each}`" for each in names) in DOCS
