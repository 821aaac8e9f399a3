"""The builder of segments in a real Chromium: by taps alone on a phone, by text with a mistake in it, and on a profile."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest
from playwright.sync_api import expect

from tests.web import tea_house
from tests.web.conftest import Running, _console
from tests.web.test_browser import AXE, TAGS, complaints_of
from xiaohe.shop import clock

pytestmark = pytest.mark.browser
RULE = (
    'stage is regular and store is "东店" and did purchase.item where category is "茶"'
    " in last 90 days at least 2 times and not did opened in last 30 days and not complaint_open and due_on in this week"
)


@pytest.fixture(scope="module")
def tea_console(tmp_path_factory: pytest.TempPathFactory, tea_home: Path) -> Iterator[Running]:
    """`xiaohe up` on the tea house, whose clock is set to its day."""
    home = tmp_path_factory.mktemp("tea-console") / "home"
    shutil.copytree(tea_home, home)
    with clock.set_to(tea_house.NOW):
        yield from _console(home, is_new=False)


@pytest.fixture
def phone(browser: Any, tea_console: Running) -> Iterator[Any]:
    """A phone in Chinese, signed in, that fails the test on anything the browser complains of."""
    context = browser.new_context(
        viewport={"width": 390, "height": 844}, locale="zh-CN", has_touch=True
    )
    page = context.new_page()
    page.complaints = complaints_of(page)
    page.goto(tea_console.link())
    page.locator("main form button").click()
    page.wait_for_load_state()
    yield page
    assert page.complaints == []
    context.close()


def tap(page: Any, target: Any) -> None:
    """As a person taps; how often is counted."""
    target.tap()
    page.taps = getattr(page, "taps", 0) + 1


def choose(page: Any, target: Any, option: str) -> None:
    """Open a select, tap an option."""
    target.select_option(option)
    page.taps += 2


def add(page: Any, shelf: str, ready: str) -> Any:
    """Tap a ready-made condition; the line it becomes. How many there are now stays in sight."""
    lines = page.locator("#lines .line-of-rule")
    before = lines.count()
    adder = page.locator("#lines details.adder").last
    if not adder.evaluate("each => each.open"):
        tap(page, adder.locator("> summary"))
    tap(page, adder.get_by_text(shelf, exact=True))
    tap(page, adder.get_by_role("button", name=ready, exact=True))
    expect(lines).to_have_count(before + 1)
    expect(page.locator("#who .how-many")).to_be_in_viewport()
    return lines.last


def test_the_example_is_tapped_together_on_a_phone(phone: Any, tea_console: Running) -> None:
    phone.goto(f"{tea_console.url}/people/segments")
    tap(phone, phone.get_by_role("link", name="建一个人群"))
    add(phone, "走到哪一步", "是熟客")
    choose(phone, add(phone, "门店", "属于某家店").get_by_label("值"), "东店")
    tea = add(phone, "买过什么", "买过某一类商品")
    expect(phone.locator("#who")).to_contain_text("有 1 条还没填完")
    choose(phone, tea.get_by_label("值"), "茶")
    expect(phone.locator("#who")).not_to_contain_text("没填完")
    tea = phone.locator("#lines .line-of-rule").last
    tea.get_by_label("数字").last.fill("2")
    phone.taps += 2
    add(phone, "联系", "一阵子没打开过什么")
    add(phone, "联系", "没在投诉")
    add(phone, "节奏", "按自己的节奏这周该来")
    guests = tea_house.guests()
    expect(phone.locator("#who .how-many")).to_contain_text(f"共 {len(guests)} 位")
    expect(phone.locator("#who .how-many strong")).to_have_text(str(sum(g.fits for g in guests)))
    expect(phone.locator("#lines .cut").filter(has_text="去掉这条")).to_have_count(6)
    assert phone.locator("#text").input_value() == RULE
    names = {each.name for each in guests if each.fits}
    assert set(phone.locator("#who .sample a").all_inner_texts()) == names
    phone.fill("#name", "东店老茶客，这周该来")
    tap(phone, phone.get_by_role("button", name="保存"))
    phone.wait_for_url(re.compile(r"/people/segments/s-\w+$"))
    assert set(phone.locator(".people-table tbody th").all_inner_texts()) == names
    assert phone.taps <= 28


def test_enter_shows_what_was_typed_and_people_are_listed_by_name(
    phone: Any, tea_console: Running
) -> None:
    phone.goto(f"{tea_console.url}/people/segments/new")
    line = add(phone, "买过什么", "消费过至少几次")
    line.get_by_label("数字").last.fill("3")
    line.get_by_label("数字").last.press("Enter")
    expect(phone.locator("#text")).to_have_value(re.compile("at least 3 times"))
    expect(phone.locator("#lines .line-of-rule")).to_have_count(1)
    line = add(phone, "别的", "点名的几位")
    line.get_by_label("名字、手机、订单号").fill("客人07")
    tap(phone, line.get_by_role("button", name="找"))
    tap(phone, phone.locator("#lines .check-chip", has_text="客人07"))
    expect(phone.locator("#text")).to_have_value(re.compile(r"listed \(p\d+\)"))


def test_a_mistake_in_the_text_is_marked_and_mended_with_one_tap(
    phone: Any, tea_console: Running
) -> None:
    phone.goto(f"{tea_console.url}/people/segments/new")
    phone.locator("details.in-words > summary").tap()
    phone.fill("#text", "stge is regular")
    mark = phone.locator("#mark")
    expect(mark.locator("mark")).to_have_text("stge")
    mark.get_by_role("button").tap()
    expect(phone.locator("#lines .line-of-rule")).to_have_count(1)
    expect(phone.locator("#text")).to_have_value("stage is regular")
    expect(mark.locator("mark")).to_have_count(0)
    # And what is typed well becomes lines by itself.
    phone.fill("#text", "stage is regular and vip")
    expect(phone.locator("#lines .line-of-rule")).to_have_count(2)


def test_brackets_in_details_are_tapped_together_and_a_word_finds_conditions(
    phone: Any, tea_console: Running
) -> None:
    phone.goto(f"{tea_console.url}/people/segments/new")
    sought = phone.get_by_role("searchbox", name="找条件")
    sought.fill("买过 名字")
    chips = phone.locator("#lines .shelves button.chip:visible")
    expect(chips).to_have_text(["买过名字里有…的"])
    sought.press("Enter")
    # The hand goes on in the field that waits.
    waiting = phone.locator("#lines input.text")
    expect(waiting).to_be_focused()
    waiting.fill("茶")
    phone.get_by_role("button", name="其中之一").first.tap()
    bracket = phone.locator("#lines .bracket")
    choose_in(phone, bracket.get_by_label("看什么"), "quantity")
    choose_in(phone, bracket.get_by_label("怎么比"), ">=")
    bracket.get_by_label("数字").fill("2")
    bracket.get_by_role("button", name="其中…").tap()
    expect(bracket.get_by_label("看什么")).to_have_count(2)
    choose_in(phone, bracket.get_by_label("看什么").last, "category")
    choose_in(phone, bracket.get_by_label("值"), "茶")
    wanted = 'did purchase.item where (title contains "茶" and (quantity >= 2 or category is "茶")) in last 90 days'
    expect(phone.locator("#text")).to_have_value(wanted)
    bracket.get_by_role("button", name="去掉这一项").first.tap()
    expect(phone.locator("#text")).not_to_have_value(wanted)
    expect(phone.get_by_role("button", name="放回去")).to_be_focused()
    phone.get_by_role("button", name="放回去").tap()
    expect(phone.locator("#text")).to_have_value(wanted)


def choose_in(page: Any, target: Any, option: str) -> None:
    """Choose, and wait until the line follows."""
    with page.expect_response(re.compile("/build/")):
        target.select_option(option)
    expect(page.locator(".htmx-request, .htmx-swapping, .htmx-settling")).to_have_count(0)


def test_a_line_that_was_taken_away_is_put_back(phone: Any, tea_console: Running) -> None:
    phone.goto(f"{tea_console.url}/people/segments/new")
    add(phone, "走到哪一步", "是熟客")
    add(phone, "联系", "没在投诉")
    before = phone.locator("#text").input_value()
    phone.locator("#lines .line-of-rule .drop").first.tap()
    expect(phone.locator("#lines .line-of-rule")).to_have_count(1)
    phone.get_by_role("button", name="放回去").tap()
    expect(phone.locator("#lines .line-of-rule")).to_have_count(2)
    assert phone.locator("#text").input_value() == before


def test_a_profile_says_why_somebody_is_in_a_segment(phone: Any, tea_console: Running) -> None:
    phone.goto(f"{tea_console.url}/people")
    phone.locator("a.person").first.tap()
    section = phone.locator("#segments")
    expect(section.locator("ul.rows")).not_to_have_count(0)
    phone.wait_for_timeout(200)  # a link that was just put in is heard a moment later
    section.get_by_role("link", name=re.compile("为什么")).last.tap()
    expect(section.locator("ul.why li")).not_to_have_count(0, timeout=20_000)
    expect(section.locator(".why .fits")).not_to_have_count(0)


def test_axe_finds_nothing_on_the_pages_of_segments(browser: Any, tea_console: Running) -> None:
    """By day and by night, on a phone and on a desk; at night only colours are other ones."""
    context = browser.new_context(locale="zh-CN", reduced_motion="reduce")
    page = context.new_page()
    page.goto(tea_console.link())
    page.locator("main form button").click()
    page.wait_for_load_state()
    found = []
    nested = "/new?rule=" + quote(
        'stage is regular and (did purchase where (net > ¥5 and (store is "东店" or not (hour < 9)))'
        " or did link then purchase within 7 days)"
    )
    for path in (
        "",
        "/new?from=g06",
        nested,
        "/g06",
        "/g06/tag",
        "/g06/today",
        "/g06/export",
        "/g18/tag",
    ):
        page.goto(f"{tea_console.url}/people/segments{path}")
        page.evaluate(AXE.read_text())
        for width, theme in ((390, "light"), (1280, "light"), (390, "dark")):
            page.set_viewport_size({"width": width, "height": 900})
            page.evaluate(
                "theme => document.documentElement.setAttribute('data-bs-theme', theme)", theme
            )
            only = TAGS if theme == "light" else ["color-contrast"]
            kind = "tag" if theme == "light" else "rule"
            said = page.evaluate(
                "([type, values]) => axe.run({ runOnly: { type, values } })", [kind, only]
            )
            found += [
                (path, width, theme, each["id"], each["nodes"][0]["html"][:200])
                for each in said["violations"]
            ]
            if page.evaluate("document.documentElement.scrollWidth") > width:
                found.append((path, width, theme, "wider than the screen", ""))
    context.close()
    assert found == []
