"""What the pages say once there are files: today's list and its taps, people, numbers, settings."""

from __future__ import annotations

import re
from typing import Any

import pytest

from xiaohe import jobs
from xiaohe.autopilot import today as autopilot
from xiaohe.ledger import engine
from xiaohe.people import names, search
from xiaohe.shop import clock, queries
from xiaohe.traits import state


@pytest.fixture
def shop_with_list(shop_with_files: Any) -> Any:
    """The same shop, with today's list made."""
    autopilot.prepare(clock.today(), clock.now())
    return shop_with_files


def test_before_any_file_today_is_the_first_run_page(owner: Any) -> None:
    response = owner.get("/")
    assert response.headers["Location"] == "/start"


def test_today_lists_people_with_reason_account_and_words(shop_with_list: Any) -> None:
    listed = autopilot.listing(clock.today(), clock.now())
    page = shop_with_list.get("/").content.decode()
    assert listed.cards
    for card in listed.cards:
        assert f'id="slip-{card.task}"' in page
        assert card.name in page
    assert f"{len(listed.cards)} people today" in page


def test_a_tap_closes_the_card_and_undo_opens_it_again(shop_with_list: Any) -> None:
    card = autopilot.listing(clock.today(), clock.now()).cards[0]
    htmx = {"HX-Request": "true", "HX-Target": f"slip-{card.task}"}
    closed = shop_with_list.post(f"/today/tasks/{card.task}/sent", headers=htmx).content.decode()
    assert "slip done" in closed
    undo = re.search(r'hx-post="(/today/tasks/\d+/undo\?tap=\d+)"', closed)
    assert undo is not None
    opened = shop_with_list.post(undo.group(1), headers=htmx).content.decode()
    assert 'class="slip done"' not in opened
    assert autopilot.listing(clock.today(), clock.now()).cards[0].is_open


def test_ordered_takes_an_amount_in_the_shops_currency(shop_with_list: Any) -> None:
    card = autopilot.listing(clock.today(), clock.now()).cards[0]
    shop_with_list.post(f"/today/tasks/{card.task}/other", {"tap": "ordered", "amount": "186.50"})
    assert autopilot.listing(clock.today(), clock.now()).cards[0].ordered_amount == 18650


def test_copying_is_a_tap_and_leaves_the_card_open(shop_with_list: Any) -> None:
    card = next(c for c in autopilot.listing(clock.today(), clock.now()).cards if c.sentence)
    response = shop_with_list.post(f"/today/tasks/{card.task}/copied")
    assert response.status_code == 204
    after = autopilot.listing(clock.today(), clock.now()).cards
    assert next(c for c in after if c.task == card.task).copied


def test_other_words_brings_another_sentence(shop_with_list: Any) -> None:
    card = next(c for c in autopilot.listing(clock.today(), clock.now()).cards if c.others)
    shop_with_list.post(f"/today/tasks/{card.task}/words")
    after = autopilot.listing(clock.today(), clock.now()).cards
    assert next(c for c in after if c.task == card.task).sentence != card.sentence


def test_every_reason_not_to_list_opens_to_its_people(shop_with_list: Any) -> None:
    groups = autopilot.listing(clock.today(), clock.now()).not_listed
    assert groups
    for group in groups:
        response = shop_with_list.get(f"/today/not-listed/{group.rule.value}")
        assert response.status_code == 200
        assert response.content.decode().count('class="person"') == min(group.count, 50)


def test_search_answers_by_post_so_nothing_stays_in_addresses(shop_with_files: Any) -> None:
    with state.current().reading() as read:
        rhythm = read.table("rhythm")
        person = read.run(rhythm.filter(rhythm.linked).limit(1)).to_pylist()[0]["person"]
    name = names.display([person])[person].name
    assert search.find(name)
    response = shop_with_files.post("/people/search", {"q": name})
    assert name in response.content.decode()
    assert shop_with_files.get("/people/search").status_code == 405


def test_a_stage_narrows_the_list_and_pages_follow(shop_with_files: Any) -> None:
    first = shop_with_files.get("/people")
    assert first.content.decode().count('class="person"') == 50
    second = shop_with_files.get("/people?page=2").content.decode()
    assert 'href="?page=1"' in second
    with state.current().reading() as read:
        rhythm = read.table("rhythm")
        stages = read.run(rhythm.group_by("stage").aggregate(n=rhythm.count())).to_pylist()
    for row in stages:
        page = shop_with_files.get(f"/people?stage={row['stage']}").content.decode()
        assert page.count('class="person"') == min(row["n"], 50)


def test_i_have_them_links_a_buyer_and_undo_unlinks(shop_with_files: Any) -> None:
    with state.current().reading() as read:
        rhythm = read.table("rhythm")
        person = read.run(rhythm.filter(~rhythm.linked).limit(1)).to_pylist()[0]["person"]
    before = shop_with_files.get(f"/people/{person}").content.decode()
    assert "I have them" in before
    shop_with_files.post(f"/people/{person}/have", {"account": "new"})
    jobs.run_pending(until_empty=True)
    after = shop_with_files.get(f"/people/{person}").content.decode()
    assert "linked · My WeChat" in after
    undo = re.search(r'action="(/undo/[^"]+)"', after)
    assert undo is not None
    shop_with_files.post(undo.group(1))
    jobs.run_pending(until_empty=True)
    assert "linked · My WeChat" not in shop_with_files.get(f"/people/{person}").content.decode()


def test_taking_a_join_apart_and_undoing_it_restores_the_number(shop_with_files: Any) -> None:
    def ours() -> int:
        with state.current().reading() as read:
            rhythm = read.table("rhythm")
            return int(read.scalar(rhythm.filter(rhythm.linked).count().name("n").as_table()))

    with state.current().reading() as read:
        rhythm = read.table("rhythm")
        person = read.run(rhythm.filter(rhythm.linked).limit(1)).to_pylist()[0]["person"]
    before = ours()
    page = shop_with_files.get(f"/people/{person}").content.decode()
    edge = re.search(r'name="edge" value="([\d:]+)"', page)
    assert edge is not None
    shop_with_files.post(f"/people/{person}/split", {"edge": edge.group(1)})
    jobs.run_pending(until_empty=True)
    assert ours() == before - 1
    page = shop_with_files.get(f"/people/{person}").content.decode()
    shop_with_files.post(re.search(r'action="(/undo/[^"]+)"', page).group(1))  # type: ignore[union-attr]
    jobs.run_pending(until_empty=True)
    assert ours() == before


def test_never_again_is_a_fact_and_can_be_taken_back(shop_with_files: Any) -> None:
    with state.current().reading() as read:
        person = read.run(read.table("rhythm").limit(1)).to_pylist()[0]["person"]
    shop_with_files.post(f"/people/{person}/wish", {"wish": "never"})
    page = shop_with_files.get(f"/people/{person}").content.decode()
    assert "They do not want to be contacted." in page
    shop_with_files.post(re.search(r'action="(/undo/[^"]+)"', page).group(1))  # type: ignore[union-attr]
    assert "They may be contacted." in shop_with_files.get(f"/people/{person}").content.decode()


def test_an_undo_address_cannot_be_made_up(owner: Any) -> None:
    assert owner.post("/undo/made-up:1abc:xyz").status_code == 404


def test_business_opens_every_number_to_its_people(shop_with_list: Any) -> None:
    page = shop_with_list.get("/business").content.decode()
    targets = sorted(set(re.findall(r'href="(/(?:numbers|business)/[^"#]+)"', page)))
    assert "/numbers/M04" in targets
    for target in targets:
        assert shop_with_list.get(target).status_code == 200, target
    explained = shop_with_list.get("/numbers/M04a").content.decode()
    for word in ("Formula", "Window", "As of", "Version"):
        assert word in explained
    people = shop_with_list.get("/numbers/M04a/numerator").content.decode()
    assert 'class="person"' in people


def test_settings_are_saved_and_nonsense_is_refused_whole(owner: Any) -> None:
    sent = {
        "name": "禾家",
        "voice": "阿禾",
        "list_size": "9",
        "list_at": "14:00",
        "currency": "CNY",
    }
    owner.post("/data/shop", {**sent, "time_zone": "Asia/Shanghai"})
    assert queries.the_shop().list_size == 9
    response = owner.post("/data/shop", {**sent, "list_size": "5", "time_zone": "Mars/North"})
    assert response.status_code == 400
    assert queries.the_shop().list_size == 9


def test_a_cost_is_one_fact_with_money_and_minutes(owner: Any) -> None:
    owner.post("/data/cost", {"amount": "62", "minutes": "30", "what": "gift"})
    with engine.reading() as read:
        facts = read.facts
        (row,) = read.run(facts.filter(facts.type == "cost.recorded")).to_pylist()
    assert row["amount"] == 6200
    assert '"minutes":30' in row["props"].replace(" ", "")
    assert owner.post("/data/cost", {"amount": "a lot"}).status_code == 400
