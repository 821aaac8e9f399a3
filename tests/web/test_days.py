"""Days to remember on a person's page: told, undone, taken back, and refused with words."""

from __future__ import annotations

import re
from typing import Any

from xiaohe.traits import state


def anybody() -> int:
    with state.current().reading() as read:
        found = read.run(read.table("rhythm").select("person").order_by("person").limit(1))
    return int(found["person"][0].as_py())


def section(client: Any, person: int) -> str:
    page = client.get(f"/people/{person}").content.decode()
    found = re.search(r'<section class="pane" id="days">.*?</section>', page, re.DOTALL)
    assert found is not None
    return found[0]


def test_a_lunar_birthday_is_noted_undone_and_taken_back(shop_with_files: Any) -> None:
    client = shop_with_files
    person = anybody()
    told = {"name": "birthday", "calendar": "lunar", "month": "8", "day": "15", "year": "1990"}
    response = client.post(f"/people/{person}/days", told, follow=True).content.decode()

    assert "Noted: lunar 8/15, 1990." in response
    assert "Birthday: lunar 8/15, 1990" in section(client, person)
    undo = re.search(r'"(/undo/[^"]+)"', response)
    assert undo is not None
    client.post(undo[1])
    assert "Nobody has told one yet." in section(client, person)
    other = {**told, "name": "other", "called": "moving in", "calendar": "solar", "month": "2", "day": "29", "year": ""}  # fmt: skip
    client.post(f"/people/{person}/days", other)
    assert re.search(r"moving in: 29 February<br>.*next on 2[89] February", section(client, person))
    client.post(f"/people/{person}/days/drop", {"name": "moving in"})
    assert "Nobody has told one yet." in section(client, person)


def test_what_is_no_day_is_refused_with_words_where_it_was_told(shop_with_files: Any) -> None:
    client = shop_with_files
    person = anybody()
    said = {}
    for month, day, year in (("4", "31", ""), ("2", "29", "2023"), ("x", "1", ""), ("", "", "")):
        told = {"name": "birthday", "calendar": "solar", "month": month, "day": day, "year": year}
        response = client.post(f"/people/{person}/days", told, follow=True)
        assert response.redirect_chain == [(f"/people/{person}", 302)]
        said[month, day, year] = response.content.decode()

    assert "That month has 30 days at most." in said["4", "31", ""]
    assert "In 2023 that month had only 28 days." in said["2", "29", "2023"]
    assert "Month, day and year are numbers." in said["x", "1", ""]
    assert "A month is a number from 1 to 12." in said["", "", ""]
    assert client.post(f"/people/{person}/days", {"name": "birthday"}).status_code == 404
