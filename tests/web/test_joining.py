"""The questions and the merge queue as an owner sees them; every answer can be taken back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from xiaohe.people import likely, overlay
from xiaohe.people.likely import building
from xiaohe.shop import clock
from xiaohe.simulator import whose
from xiaohe.sources import importing
from xiaohe.traits import state
from xiaohe.web.pages import joining

NOW = datetime(2025, 6, 12, 4, tzinfo=UTC)


@pytest.fixture
def asking(owner: Any, tmp_path: Any) -> Iterator[Any]:
    """A shop of a few hundred, with questions to be asked."""
    for file in whose.truth(11, 400).write(tmp_path):
        importing.run(file, now=NOW)
    with clock.set_to(NOW):
        state.refresh(clock.now())
        building.rebuild()
        yield owner


def _question() -> Any:
    return likely.questions(clock.now(), values=joining.worth)[0]


def test_the_page_asks_one_question_in_the_owners_words(asking: Any) -> None:
    page = asking.get("/people/questions").content.decode()
    assert "Do you know who this is?" in page
    assert re.search(r"Is the (?:contact|remark) “[^”]+” this person\?", page)
    assert re.search(r"bought \d+ times?", page)
    assert "1/5" in page
    assert page.count('name="said"') == 3


def test_an_answer_brings_the_next_question_and_an_undo(asking: Any) -> None:
    first = _question()
    htmx = {"HX-Request": "true", "HX-Target": "questions"}
    answered = asking.post(
        f"/people/questions/{first.id}", {"said": "yes"}, headers=htmx
    ).content.decode()
    assert "2/5" in answered
    assert first.id not in answered
    assert overlay.current().person(first.left) == overlay.current().person(first.right)
    undo = re.search(r'hx-post="(/undo/[^"]+)"', answered)
    assert undo is not None
    asking.post(undo.group(1))
    assert overlay.current().person(first.left) != overlay.current().person(first.right)
    assert "1/5" in asking.get("/people/questions").content.decode()


def test_after_five_answers_it_thanks_and_five_more_are_a_choice(asking: Any) -> None:
    for _number in range(5):
        asking.post(f"/people/questions/{_question().id}", {"said": "unknown"})
    page = asking.get("/people/questions").content.decode()
    assert "Thank you: 5 answers today." in page
    assert "Five more" in page
    assert 'name="said"' not in page
    assert "1/5" in asking.get("/people/questions?more=1").content.decode()


def test_what_was_answered_is_listed_and_taken_back_there(asking: Any) -> None:
    first = _question()
    asking.post(f"/people/questions/{first.id}", {"said": "no"})
    page = asking.get("/people/questions").content.decode()
    assert "You said: two people" in page
    fact = re.search(r'name="fact" value="(\d+)"', page)
    assert fact is not None
    asking.post("/people/questions/take-back", {"fact": fact.group(1)})
    assert "You said: two people" not in asking.get("/people/questions").content.decode()


def test_nonsense_is_not_found_and_changes_nothing(asking: Any) -> None:
    first = _question()
    assert asking.post(f"/people/questions/{first.id}", {"said": "maybe"}).status_code == 404
    assert asking.post("/people/questions/1f", {"said": "yes"}).status_code == 404
    assert asking.post("/people/conflicts/1f", {"word": "same"}).status_code == 404
    assert _question() == first


def test_the_first_run_page_takes_the_fragment_and_an_empty_shop_has_none(asking: Any) -> None:
    template, fragment = joining.first_questions()  # type: ignore[misc]
    assert template == "web/joining/questions.html"
    assert fragment["asked"].card is not None


def test_an_empty_shop_asks_nothing(owner: Any) -> None:
    assert joining.first_questions() is None
    assert "Nothing to ask right now." in owner.get("/people/questions").content.decode()
    assert "Nothing contradicts itself." in owner.get("/people/conflicts").content.decode()


def test_the_merge_queue_shows_both_sides_and_takes_a_word(asking: Any) -> None:
    found, total = joining.clashes()
    page = asking.get("/people/conflicts").content.decode()
    assert (f"{total} contradiction" in page) or total == 0
    if found:
        asking.post(f"/people/conflicts/{found[0].id}", {"word": "apart"})
        assert joining.clashes()[1] == total - 1


def test_both_sides_of_a_contradiction_are_shown_with_what_would_make_them_one(
    owner: Any, tmp_path: Any
) -> None:
    buyers = "订单号,客户,手机,金额,时间\n1,王,13800138000,10,2025-06-01\n193012345678901234,李,,20,2025-06-02\n"
    contacts = (
        "客户名称,描述,添加人,添加人账号,添加时间,来源,手机\n"
        "毛毛妈,订单193012345678901234,阿禾,店铺号1,2025-06-03 10:00:00,扫描二维码,13800138000\n"
    )
    for name, text in (("orders.csv", buyers), ("contacts.csv", contacts)):
        (tmp_path / name).write_text(text, encoding="utf-8")
        importing.run(tmp_path / name, now=NOW, yes=True)
    state.refresh(NOW)
    page = owner.get("/people/conflicts").content.decode()
    assert "1 contradiction only you can settle." in page
    assert "the phone 13800138000" in page
    assert "the order number 193012345678901234" in page
    conflict = re.search(r'action="/people/conflicts/([0-9a-f]+)"', page)
    assert conflict is not None
    owner.post(f"/people/conflicts/{conflict.group(1)}", {"word": "same"})
    assert "Nothing contradicts itself." in owner.get("/people/conflicts").content.decode()
