"""Poor data is said first, on the page after the files and by `xiaohe import --json`, in the same words."""

from __future__ import annotations

import html
import json
import re
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest

from tests.sources.files import CONTACTS, LEGACY, SHORT, contact, csv_bytes, order
from tests.web.conftest import upload
from xiaohe.ledger import imports
from xiaohe.shop import actions, queries

TODAY = date(2025, 7, 1)
Look = Callable[..., tuple[str, dict[str, Any]]]


@pytest.fixture
def look(owner: Any, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> Look:
    """Drop files into the page; its text, and what the command says of the last of them."""
    actions.update_shop(clock_on=TODAY)

    def run(*bodies: bytes) -> tuple[str, dict[str, Any]]:
        from xiaohe.cli.main import run as command

        paths = []
        for number, body in enumerate(bodies):
            paths.append(tmp_path / f"file-{number}.csv")
            paths[-1].write_bytes(body)
        upload(owner, *paths)
        ids = "&".join(f"i={row.id}" for row in imports.listing())
        shown = owner.get(f"/read?{ids}&s=2").content.decode()
        capsys.readouterr()
        assert command(["import", str(paths[-1]), "--json"]) == 0
        return text_of(shown), json.loads(capsys.readouterr().out)

    return run


def text_of(page: str) -> str:
    main = page.partition("<main")[2].partition("</main>")[0]
    return re.sub(r"\s+", " ", html.unescape(re.sub(r"<[^>]+>", " ", main)))


def said_first(page: str, told: dict[str, Any], code: str, line: str) -> None:
    """The page's first line after how long it took, and the command's, are this line."""
    assert told["first_lines"][0]["code"] == code
    assert told["first_line"] == line
    assert line in page
    assert page.index(line) < 200


def orders(
    buyers: int, times: int, *, last: date = TODAY - timedelta(days=1), gap: int = 30
) -> list:
    """Everybody buys `times` times, `gap` days apart, the last time on `last` or the days before."""
    rows = []
    for buyer in range(buyers):
        for turn in range(times):
            on = last - timedelta(days=turn * gap + buyer % 28)
            at = f"{on:%Y-%m-%d} 10:00:00"
            rows.append(
                order(
                    10**15 + buyer * 100 + turn, f"buyer {buyer}", 订单创建时间=at, 订单付款时间=at
                )
            )
    return rows


def friend(number: int, days_ago: int) -> dict[str, str]:
    on = TODAY - timedelta(days=days_ago)
    return contact(f"friend {number}", f"{on:%Y-%m-%d} 09:{number % 60:02}:00")


def test_orders_without_contacts_say_so_and_ask_of_those_who_are_due(
    look: Look, owner: Any
) -> None:
    page, told = look(csv_bytes(LEGACY, orders(40, 3)))
    line = "40 people bought; whom of them you have in WeChat is not known yet."
    said_first(page, told, "no_contacts", line)
    assert [each["code"] for each in told["first_lines"]] == ["no_contacts"]
    assert "These are due. Do you have them in WeChat?" in page
    assert "My personal WeChat" in page
    assert told["identifies"] == {
        "can": ["It tells 40 buyers apart."],
        "cannot": ["It does not say whom of them you have in WeChat."],
    }
    assert page.count("I have them") == 4

    here = "/read?" + "&".join(f"i={row.id}" for row in imports.listing())
    shown = owner.get(here).content.decode()
    first, second = [int(found) for found in re.findall(r"/read/have/(\d+)", shown)[:2]]
    owner.post(f"/read/have/{first}", {"no": "1", "back": here, "account": "new"})
    without = owner.get(here).content.decode()
    assert f"/read/have/{first}" not in without
    owner.post(re.search(r'action="(/undo/[^"]+)"', without)[1])  # type: ignore[index]
    assert f"/read/have/{first}" in owner.get(here).content.decode()

    owner.post(f"/read/have/{second}", {"account": "new", "back": here})
    from xiaohe import jobs

    jobs.run_pending(until_empty=True)
    known = owner.get("/numbers/M01/numerator").content.decode()
    assert f"/people/{second}" in known


def test_contacts_alone_say_that_nobody_is_due_and_who_was_not_greeted(
    look: Look, owner: Any
) -> None:
    rows = [friend(number, 2) for number in range(3)] + [friend(9, 40)]
    page, told = look(csv_bytes(CONTACTS, rows))
    said_first(page, told, "no_orders", "There are no orders yet, so nobody is due.")
    assert told["first_lines"][0]["then"] == ["3 newly added people have not been greeted yet."]
    assert "3 of them are new and not greeted yet." in page
    crowd = owner.get("/due/new").content.decode()
    assert "3 newly added people have not been greeted" in crowd
    assert crowd.count("/people/") >= 3


def test_a_file_without_buyers_cannot_tell_people_apart_and_names_three_ways(look: Look) -> None:
    page, told = look(csv_bytes(SHORT, orders(40, 2)))
    said_first(page, told, "no_buyers", "This file cannot tell people apart: it names no buyers.")
    assert "鸡肉猫粮: sold 80 times" in page
    for way in ("Export the other form", "Put a small card", "Paste the order number"):
        assert way in page
    assert "0%" not in page
    assert told["identifies"] == {
        "can": [],
        "cannot": ["It names no buyer, so it cannot tell people apart."],
    }


def test_few_who_came_three_times_get_a_list_of_presets_without_money(
    look: Look, owner: Any
) -> None:
    last = TODAY - timedelta(days=1)
    rows = orders(12, 3, last=last - timedelta(days=18), gap=31)
    rows += [
        order(10**14 + n, f"once {n}", 订单创建时间=f"{last:%Y-%m-%d} 09:00:00") for n in range(5)
    ]
    page, told = look(csv_bytes(LEGACY, rows), csv_bytes(CONTACTS, [friend(1, 400)]))
    line = "Only 12 people came three times or more, so rhythms lean on a preset of 30 days."
    said_first(page, told, "few", line)
    assert "no sum of money is shown" in page
    due = due_json()
    assert due
    assert all(each["preset"] for each in due)
    today = text_of(owner.get("/").content.decode())
    assert "Together they usually spend" not in today


def due_json() -> list[dict[str, Any]]:
    from xiaohe.autopilot import due

    return [each.as_json() for each in due.evaluate(TODAY)]


def test_half_the_rows_rejected_is_said_before_anything_else(look: Look) -> None:
    good = orders(30, 1)
    bad = [{**each, "订单编号": "1.93E+17"} for each in orders(50, 1)]
    page, told = look(csv_bytes(LEGACY, good + bad))
    line = (
        "50 of 80 rows could not be read, all for one cause: order number damaged by a spreadsheet."
    )
    said_first(page, told, "rejected", line)
    assert "drop it in without opening it in a spreadsheet" in page
    assert "30 rows were read; every number below rests on them alone." in page


def test_orders_of_five_months_ago_ask_for_newer_ones_first(look: Look) -> None:
    page, told = look(
        csv_bytes(LEGACY, orders(40, 3, last=date(2025, 1, 31))),
        csv_bytes(CONTACTS, [friend(1, 2)]),
    )
    (codes,) = {tuple(each["code"] for each in told["first_lines"])}
    assert codes == ("old",)
    assert told["first_line"].endswith("5 months ago: bring newer orders first.")
    assert told["first_line"] in page
    assert "Do you have them in WeChat?" not in page


def test_good_files_say_nothing_of_the_kind(look: Look) -> None:
    page, told = look(
        csv_bytes(LEGACY, orders(40, 3)), csv_bytes(CONTACTS, [friend(n, 2) for n in range(3)])
    )
    assert told["first_line"] is None
    assert "40 people bought." in page
    assert queries.the_shop().clock_on == TODAY
