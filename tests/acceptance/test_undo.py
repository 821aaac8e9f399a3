"""Undo gives every number back exactly: list, measures, facts, search, and the pages that show them."""

from __future__ import annotations

import re
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance.exports import CONTACTS, LEGACY_ORDERS, NEWER_ORDERS, contact, csv, order

Ask = Callable[..., Any]
BASE = 610000000000000000
ON = "2025-06-20"
MEASURES = ("M01", "M02", "M03", "M04", "M04a", "M24a", "M24b", "M25", "M26")
PAGES = ("/people", "/business", "/numbers", "/numbers/M04", "/people/unmatched", "/due/all", "/due/linked")  # fmt: skip
NOW = datetime(2025, 7, 1, 4, tzinfo=UTC)


def visits(first: int, buyers: range, *days: str) -> list[Any]:
    return [
        order(BASE + first + buyer * 100 + number, f"街坊{buyer}", f"{30 + buyer}.00", day)
        for buyer in buyers
        for number, day in enumerate(days)
    ]


@pytest.fixture
def files(tmp_path: Path) -> dict[str, Path]:
    winter = visits(0, range(36), "2025-01-05", "2025-02-04", "2025-04-01", "2025-05-10")
    spring = [
        *visits(0, range(20, 36), "2025-01-05", "2025-02-04"),
        *visits(50, range(30, 50), "2025-06-01"),
    ]
    later = [{**row, "退款金额": row["买家实付金额"]} for row in visits(0, range(5), "2025-01-05")]
    friends = [
        contact(f"邻居{n}", "man", f"2025-01-01 09:00:{n:02}", 描述=str(BASE + n * 100))
        for n in range(12)
    ]
    renamed = [
        contact(f"新名{n}", "man", f"2025-01-01 09:00:{n:02}", 描述=str(BASE + n * 100))
        for n in range(6, 18)
    ]
    return {
        "winter": csv(tmp_path / "winter.csv", LEGACY_ORDERS, winter),
        "spring": csv(tmp_path / "spring.csv", NEWER_ORDERS, spring),
        "refunds": csv(tmp_path / "refunds.csv", NEWER_ORDERS, later),
        "friends": csv(tmp_path / "friends.csv", CONTACTS, friends, "utf-8-sig"),
        "renamed": csv(tmp_path / "renamed.csv", CONTACTS, renamed, "utf-8-sig"),
    }  # fmt: skip


@pytest.fixture
def everything(ask: Ask) -> Callable[[], dict[str, Any]]:
    """All numbers there are, by name, so that a difference says where it is."""
    from django.test import Client

    from xiaohe.shop import signin

    browser = Client()
    browser.force_login(signin.owner())

    def numbers() -> dict[str, Any]:
        told: dict[str, Any] = {m: ask("measure", m, "--as-of", ON) for m in MEASURES}
        told["M25 by month"] = ask("measure", "M25", "--as-of", ON, "--by", "month", "--days", 60)
        told["due"] = ask("due", "--on", ON)
        told["facts"] = ask("facts", "count")
        for words in ("街坊3", "邻居3", "新名7", "邻居7", str(BASE + 700)):
            told[words] = ask("people", "find", words)
        for page in PAGES:
            answer = browser.get(page, headers={"accept-language": "en"})
            assert answer.status_code == 200, page
            # Texts and numbers as read, without the tokens in the tags.
            told[page] = re.sub(r"<[^>]*>|\s+", " ", answer.content.decode()).split()
        return told  # fmt: skip

    return numbers


def differences(before: dict[str, Any], after: dict[str, Any]) -> dict[str, Any]:
    return {name: (before[name], after[name]) for name in before if before[name] != after[name]}


def test_any_import_taken_back_leaves_no_trace(
    ask: Ask, everything: Any, files: dict[str, Path]
) -> None:
    ask("import", files["winter"])
    ask("import", files["friends"])
    before = everything()
    assert before["M04a"]["numerator"] == 12
    assert before["due"]

    ask("import", files["spring"])
    with_spring = everything()
    assert set(differences(before, with_spring)) >= {"M24a", "due", "facts", "/people"}
    ask("import", files["refunds"])
    ask("import", files["renamed"])
    assert everything()["新名7"]["found"]

    # Not the last one first.
    ask("undo", 3)
    ask("undo", 5)
    ask("undo", 4)
    assert differences(before, everything()) == {}

    # And once more the same way: what was taken back may be read in again.
    assert ask("import", files["spring"])["duplicate"] == 32
    assert differences(with_spring, everything()) == {}


def test_the_first_file_taken_back_leaves_the_second_alone(
    new_home: Any, inside: Any, files: dict[str, Path]
) -> None:
    def numbers(ask: Ask) -> Any:
        due = sorted(
            (
                str(row["keys"]),
                *(row[k] for k in ("C", "r", "due_date", "n", "preset", "ev", "p", "m", "reason")),
            )
            for row in ask("due", "--on", ON)
        )
        return due, [ask("measure", m, "--as-of", ON) for m in MEASURES], ask("facts", "count")  # fmt: skip

    told = []
    for name, sequence, taken in (
        ("one", ["winter", "friends", "spring", "renamed"], [1, 2]),
        ("two", ["spring", "renamed"], []),
        ("three", ["renamed", "spring", "winter", "friends"], [4, 3]),
    ):
        with inside(new_home(name)) as ask:
            for each in sequence:
                ask("import", files[each])
            for number in taken:
                ask("undo", number)
            told.append(numbers(ask))
    assert told[0] == told[1] == told[2]


def test_a_join_taken_back_gives_every_number_back(
    ask: Ask, everything: Any, files: dict[str, Path]
) -> None:
    from xiaohe.people import actions
    from xiaohe.shop.accounts import account_named
    from xiaohe.traits import state

    ask("import", files["winter"])
    ask("import", files["friends"])
    before = everything()
    one, two = (int(ask("people", "find", name)["found"][0]["person"]) for name in ("街坊20", "街坊21"))  # fmt: skip
    known = int(ask("people", "find", "邻居3")["found"][0]["person"])
    account = account_named("wecom", "man").pk

    def settled() -> dict[str, Any]:
        state.refresh(NOW)
        return everything()  # type: ignore[no-any-return]

    joined = actions.join(one, two, NOW)
    assert differences(before, settled()).keys() >= {"M24a", "M04a", "facts"}
    have = actions.i_have_them(one, account, NOW)
    parted = actions.not_them(known, account, NOW)
    changed = settled()
    # The link said by hand is of today, after the day asked for; who somebody is holds for all days.
    assert changed["M04a"]["numerator"] == before["M04a"]["numerator"] - 1
    assert changed["M04a"]["denominator"] == before["M04a"]["denominator"] - 1

    # In another order than they were done.
    actions.undo(joined.facts, NOW)
    actions.undo(parted.facts, NOW)
    actions.undo(have.facts, NOW)

    assert differences(before, settled()) == {}
