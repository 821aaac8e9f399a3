"""The pages of the river, of sources, zones and coverage: each number opens, each change can be taken back."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

import pytest

from xiaohe import jobs
from xiaohe.measures import river
from xiaohe.measures.registry import measure
from xiaohe.measures.river import Water
from xiaohe.traits import state
from xiaohe.web import sankey
from xiaohe.web.sankey import Move, Place


def links_of(page: str, start: str) -> list[str]:
    return sorted(set(re.findall(rf'href="({start}[^"]*)"', page)))


def test_every_number_of_a_week_opens_to_as_many_people(shop_with_files: Any) -> None:
    page = shop_with_files.get("/business/flow").content.decode()
    assert "into your river in this week" in page
    opened = links_of(page, "/business/flow/")
    assert opened
    weeks = {each.monday: each for each in river.weeks(state.current())}
    for href in opened:
        week, before, after = href.split("/")[3:6]
        count = weeks[date.fromisoformat(week)].flow(Water(before), Water(after))
        crowd = shop_with_files.get(href).content.decode()
        assert re.search(rf"<h1>{count:,} (person|people)</h1>", crowd)
    standing = links_of(page, "/business/standing/")
    assert standing
    assert all(shop_with_files.get(href).status_code == 200 for href in standing)
    assert shop_with_files.get("/business/flow?week=2025-01-01").status_code in (200, 404)
    assert shop_with_files.get("/business/standing/2025-01-01/public").status_code == 404


def test_a_row_of_the_zone_table_moves_m01_and_is_taken_back(shop_with_files: Any) -> None:
    before = measure("M01").read(state.current()).value
    assert before
    saved = shop_with_files.post("/data/zones/save", {"key": "account:wecom", "zone": "mixed"})
    assert saved.status_code == 302
    undo = shop_with_files.session["toast"]["undo"]
    jobs.run_pending(until_empty=True)
    assert measure("M01").read(state.current()).value == 0
    assert "changed" in shop_with_files.get("/data/zones").content.decode()
    shop_with_files.post(undo)
    jobs.run_pending(until_empty=True)
    assert measure("M01").read(state.current()).value == before
    assert (
        shop_with_files.post("/data/zones/save", {"key": "no", "zone": "mixed"}).status_code == 404
    )


def test_sources_and_coverage_say_what_they_know(shop_with_files: Any) -> None:
    page = shop_with_files.get("/business/sources").content.decode()
    assert "added in the last year" in page
    for href in links_of(page, "/business/sources/"):
        assert shop_with_files.get(href.replace("&amp;", "&")).status_code == 200
    assert "13.1" in page
    page = shop_with_files.get("/business/coverage").content.decode()
    assert "name a buyer and" in page
    opened = links_of(page, "/business/coverage/")
    assert opened
    assert "order" in shop_with_files.get(opened[0].replace("&amp;", "&")).content.decode()


def test_the_page_of_a_person_says_where_they_came_from(shop_with_files: Any) -> None:
    with state.current().reading("came") as read:
        person = read.run(read.table("came").select("person").limit(1))["person"][0].as_py()
    assert "Came from:" in shop_with_files.get(f"/people/{person}").content.decode()


@pytest.mark.parametrize("address", ["flow", "sources", "coverage"])
def test_an_empty_shop_is_told_what_comes_here(owner: Any, address: str) -> None:
    assert owner.get(f"/business/{address}").status_code == 200
    assert owner.get("/data/zones").status_code == 200


def test_bands_begin_and_end_inside_their_stops() -> None:
    places = [Place(name, name) for name in "abc"]
    moves = [
        Move("a", "b", 40, "in", "", ""), Move("b", "b", 900, "stay", "", ""),
        Move("b", "a", 1, "out", "", ""), Move("c", "a", 0, "out", "", ""),
    ]  # fmt: skip
    drawn = sankey.sankey(places, moves, "said")
    assert drawn is not None
    assert len(drawn.bands) == 3
    assert drawn.bands[0].kind == "stay"
    assert [(stop.name, stop.value) for stop in drawn.stops] == [
        ("a", "40"), ("b", "901"), ("a", "1"), ("b", "940"),
    ]  # fmt: skip
    assert max(stop.y + stop.height for stop in drawn.stops) <= drawn.height
    assert sankey.sankey(places, [], "") is None
