"""The console in a real Chromium: the first ten minutes, and every page against axe, the policy and two widths."""

from __future__ import annotations

import json
import re
import time
from collections.abc import Iterator
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.processes import PATIENCE_SECONDS
from tests.web.conftest import Running

pytestmark = pytest.mark.browser

AXE = Path(__file__).parent / "vendor" / "axe.min.js"
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
COLOURS = {"type": "rule", "values": ["color-contrast"]}
WIDTHS, THEMES = (390, 1280), ("light", "dark")
# Addresses that are no pages of their own: they act, or answer with a file or a fragment.
NO_PAGES = frozenset(
    {
        "questions-all-one", "sign-out", "language", "today-copied", "yesterday", "task-other-words", "task-undo",
        "task-tap", "undo", "people-search", "person-have", "person-split", "person-take-back", "person-wish",
        "person-note", "person-note-strike", "person-note-restore",
        "uploads", "uploads-progress", "upload-confirm", "import-undo", "import-rejected", "settings-shop",
        "settings-account", "settings-cost", "sample-load", "sample-progress", "sample-next-day", "sample-clear",
        "source-rotate", "source-limit", "source-revoke", "webhook-rotate", "webhook-switch", "webhook-test",
        "webhook-resend", "webhook-remove", "webhook-bring-back",
        "unread-all-again", "unread-again", "unread-drop", "unread-restore",
        "question-take-back", "question-answer", "conflict-decide", "private-note", "person-mark",
        "tie-find", "tie-add", "tie-strike", "tie-restore", "flow-people", "flow-standing", "source-people", "coverage-orders",
        "sources-rate", "sources-rate-back", "read-have", "zones-save", "zones-undo", "mapping-forget", "mapping-undo",
        "goods-names", "goods-undo", "goods-group-add", "goods-group-drop", "goods-stock",
        "mark-add", "mark-drop", "store-add", "stores-undo", "store-gone", "staff-add", "staff-gone",
        "shift-add", "shift-drop", "closed-add", "closed-drop", "own-add", "own-drop",
        "entry-new", "entry-save", "entry-picture", "entry-sheet", "entry-shipped", "entry-retire",
        "claim-who", "claim-join", "claim-refuse", "claim-undo",
        "scanned", "account-picture", "lost", "claimed",
        "segment-lines", "segment-look", "segment-text", "segments-undo", "segment-rename", "segment-archive",
        "segment-restore", "segment-put-back", "segment-people", "segment-adding", "segment-tagging", "person-day", "person-day-drop",
        "read-key-rotate", "read-key-remove", "read-key-bring-back",
    }
)  # fmt: skip


@pytest.fixture
def page(browser: Any, request: pytest.FixtureRequest) -> Iterator[Any]:
    """A phone-sized Chinese page that fails the test on any console error or blocked resource."""
    context = browser.new_context(viewport={"width": 390, "height": 844}, locale="zh-CN")
    page = context.new_page()
    page.complaints = complaints_of(page)
    yield page
    assert page.complaints == []
    context.close()


def complaints_of(page: Any) -> list[str]:
    found: list[str] = []
    page.on(
        "console",
        lambda said: found.append(said.text) if said.type in ("error", "warning") else None,
    )
    page.on("pageerror", lambda error: found.append(str(error)))
    return found


def sign_in(page: Any, console: Running) -> None:
    page.goto(console.link())
    page.locator("main form button").click()
    page.wait_for_url(re.compile(r"/start|/$"))


def drop(page: Any, *files: Path) -> None:
    """Drop files anywhere on the page, as a person would."""
    contents = [{"name": path.name, "bytes": list(path.read_bytes())} for path in files]
    page.evaluate(
        """files => {
            const carried = new DataTransfer();
            for (const file of files) carried.items.add(new File([new Uint8Array(file.bytes)], file.name));
            for (const kind of ["dragenter", "dragover", "drop"]) {
                document.body.dispatchEvent(
                    new DragEvent(kind, { dataTransfer: carried, bubbles: true, cancelable: true })
                );
            }
        }""",
        contents,
    )


def test_the_first_ten_minutes(
    page: Any, empty_console: Running, sample_files: dict[str, Path]
) -> None:
    sign_in(page, empty_console)
    assert "把你手上的表拖进来" in page.inner_text("h1")
    drop(page, sample_files["orders"], sample_files["contacts"])
    page.wait_for_url("**/read?**", timeout=90_000)
    page.get_by_text("人买过。").wait_for(timeout=60_000)
    assert "你微信里至少认出" in page.inner_text("main")
    page.get_by_role("link", name="看今天该找谁").click()
    page.wait_for_url(re.compile(r"/$"))
    # The exports end in the past, so honesty may leave the list empty; the page says so and teaches.
    assert re.search(r"今天", page.inner_text("h1"))
    page.get_by_role("link", name="客户", exact=True).click()
    assert page.locator("a.person").count() == 50
    page.fill("#q", page.locator("a.person .name").first.inner_text())
    expect(page.locator(".pages")).to_have_count(0)
    assert page.locator("a.person").count() >= 1


def test_the_sample_shop_shows_a_list_and_every_way_to_use_it(
    page: Any, empty_console: Running
) -> None:
    sign_in(page, empty_console)
    page.get_by_role("button", name="先看样板店").click()
    page.wait_for_url("**/sample/", timeout=120_000)
    assert "样板店 · 2025年6月30日" in page.inner_text(".sample-bar")
    slips = page.locator("article.slip:not(.done)")
    before = slips.count()
    assert 7 <= before <= 12

    # Copying works without a secure context, too: the old way is forced here.
    page.evaluate("Object.defineProperty(window, 'isSecureContext', { value: false })")
    words = slips.first.locator(".words").inner_text()
    slips.first.get_by_role("button", name="复制这句").click()
    slips.first.get_by_text("复制好了").wait_for()
    assert _pasted(page) == words

    slips.first.get_by_role("button", name="发了").click()
    page.locator("article.slip.done").wait_for()
    page.get_by_role("button", name="撤销").click()
    expect(page.locator("article.slip.done")).to_have_count(0)

    # Keyboard: the menu opens with Enter, closes with Escape, and focus stays with it.
    menu = slips.first.locator("details.menu")
    menu.locator("summary").focus()
    page.keyboard.press("Enter")
    assert menu.evaluate("menu => menu.open")
    page.keyboard.press("Escape")
    assert not menu.evaluate("menu => menu.open")
    menu.locator("summary").click()
    menu.get_by_role("button", name="刚买过").click()
    page.locator("article.slip.done").wait_for()

    page.get_by_role("link", name="发到手机").click()
    assert page.locator("dialog[open] textarea").input_value().count("\n1. ") == 1
    page.keyboard.press("Escape")
    assert page.locator("dialog[open]").count() == 0

    page.get_by_role("button", name="下一天").click()
    page.get_by_text("样板店 · 2025年7月1日").wait_for(timeout=60_000)
    page.get_by_role("button", name="清掉样板店").click()
    page.wait_for_url(re.compile(r"/start$"))
    assert not (empty_console.home / "sample").exists()


def _pasted(page: Any) -> str:
    """What the clipboard holds, read by pasting it into a field."""
    page.evaluate(
        "document.body.insertAdjacentHTML('beforeend', '<textarea id=\"probe\"></textarea>')"
    )
    page.focus("#probe")
    page.keyboard.press("Control+V")
    text = page.input_value("#probe")
    page.evaluate("document.querySelector('#probe').remove()")
    return str(text)


def addresses(console: Running, page: Any, code: str) -> list[str]:
    """One address for every page of the console; a new one without an example here is an error."""
    from xiaohe.web.urls import urlpatterns

    page.goto(f"{console.url}/people")
    person = page.locator("a.person").first.get_attribute("href")
    page.goto(f"{console.url}/connections")
    ways = page.locator("a[href*='/webhooks/']:has(strong)")
    hooks = [way.get_attribute("href") for way in ways.all()]
    page.goto(f"{console.url}/goods")
    goods_one = page.locator("main a[href^='/goods/']:not([href*='groups'])").first
    examples = {
        "not-listed": "/today/not-listed/not_linked",
        "person": person,
        "person-segments": f"{person}/segments",
        "segment": "/people/segments/g06",
        "segment-edit": "/people/segments/g06/edit",
        "due": "/due/all",
        "contact-people": "/business/contact/contacted",
        "river": "/business/river/again",
        "number": "/numbers/M04a",
        "number-people": "/numbers/M04a/numerator",
        "import-report": "/imports/1",
        "source": "/connections/sources/1",
        "read-key": "/connections/keys/1",
        "webhook-new": "/connections/webhooks/new/in",
        "webhook": hooks[0],
        "unread-mend": "/connections/unread/event/1",
        "goods-one": goods_one.get_attribute("href"),
        "goods-group": "/goods/groups/1",
        "store": "/stores/1",
        "staff": "/staff/1",
        "entry": f"/entries/{code}",
        "entry-people": f"/entries/{code}/claimed",
        "segment-tag": "/people/segments/g06/tag",
        "segment-today": "/people/segments/g06/today",
        "segment-export": "/people/segments/g06/export",
        "segment-today-left": "/people/segments/g06/today/left/not_linked",
    }
    found = []
    for pattern in urlpatterns:
        if pattern.name in NO_PAGES:
            continue
        route = str(pattern.pattern)
        found.append(examples[pattern.name] if "<" in route else f"/{route}")
    more = [*hooks[1:], "/connections/webhooks/new/out", "/nowhere", "/read?i=1&i=2&s=3"]
    return [*found, *more, f"/c/{code}", *_opening(console, page)]


def _opening(console: Running, page: Any) -> list[str]:
    """Where the first number of each table of 经营 leads; these addresses carry what was asked."""
    found = []
    for at in ("flow", "sources", "coverage"):
        page.goto(f"{console.url}/business/{at}")
        links = page.locator("table.levels td a")
        found += [links.first.get_attribute("href")] if links.count() else []
    return found


@pytest.fixture(scope="module")
def furnished(browser: Any, full_console: Running) -> tuple[Running, str]:
    """The console with a store, a colleague, a group of goods and a code, so that each has a page; the code's letters."""
    context = browser.new_context()
    page = context.new_page()
    sign_in(page, full_console)
    for at, fields in (
        ("/stores/add", {"name": "西湖店"}),
        ("/staff/add", {"name": "阿禾"}),
        ("/goods/groups", {"name": "咖啡豆"}),
        ("/connections/keys/new", {"name": "报表", "scope": "segments:read"}),
        ("/entries/new", {"entry": "parcel_card"}),
    ):
        page.goto(f"{full_console.url}/data")
        seal = page.locator("[name=csrfmiddlewaretoken]").first.input_value()
        answer = page.request.post(
            full_console.url + at,
            form={**fields, "csrfmiddlewaretoken": seal},
            headers={"Referer": full_console.url},
        )
        assert answer.ok, at
    # Goods are learned in the background, a moment after the import.
    deadline = time.monotonic() + PATIENCE_SECONDS
    while page.locator("main a[href^='/goods/']:not([href*='groups'])").count() == 0:
        assert time.monotonic() < deadline, "no goods were learned from the item list"
        page.goto(f"{full_console.url}/goods")
    context.close()
    return full_console, str(answer.url).rsplit("/", 1)[1]


@pytest.mark.parametrize("locale", ["zh-CN", "en-GB"])
def test_every_page_is_clean(browser: Any, furnished: tuple[Running, str], locale: str) -> None:
    """axe finds nothing, the policy blocks nothing, nothing scrolls sideways, a finger hits what it aims at.

    Each page is loaded once and looked at in both widths by day and by night; at night only colours are other ones, and
    those are the same in every language.
    """
    themes = THEMES if locale == "zh-CN" else THEMES[:1]
    full_console, code = furnished
    context = browser.new_context(
        viewport={"width": WIDTHS[0], "height": 844}, locale=locale, reduced_motion="reduce"
    )
    page = context.new_page()
    sign_in(page, full_console)
    problems = []
    complaints = complaints_of(page)
    for address in addresses(full_console, page, code):
        page.emulate_media(color_scheme=THEMES[0])
        answer = page.goto(full_console.url + address)
        if answer.status != (404 if address == "/nowhere" else 200):
            problems.append(f"{address}: {answer.status}")
        page.evaluate(AXE.read_text())
        for theme, width in product(themes, WIDTHS):
            page.emulate_media(color_scheme=theme)
            page.set_viewport_size({"width": width, "height": 844})
            if _is_console(page):
                # The page hears of nightfall a moment later.
                page.locator(f"html[data-bs-theme={theme}]").wait_for(state="attached")
            found = _faults(page, width, theme, COLOURS if theme == "dark" else TAGS)
            if (theme, width) == (THEMES[0], WIDTHS[0]):
                found += _small(page)
            problems += [f"{address} {width} {theme}: {each}" for each in found]
        blocked = [text for text in complaints if not text.startswith("Failed to load resource")]
        problems += [f"{address}: {text}" for text in blocked]
        complaints.clear()
    context.close()
    assert problems == []


@pytest.mark.parametrize(("locale", "theme"), [("zh-CN", "dark"), ("en-GB", "light")])
def test_keys_and_refusals_of_connections_are_clean(
    browser: Any, full_console: Running, locale: str, theme: str
) -> None:
    """What is no address of its own: a key that is shown once, a refused form, a text that is no JSON."""
    context = browser.new_context(locale=locale, color_scheme=theme)
    page = context.new_page()
    sign_in(page, full_console)
    sent = {
        "/connections/sources/new": {"#name": f"site {locale}"},
        "/connections/webhooks/new/in": {"#name": "form"},
        "/connections/webhooks/new/out": {"#url": "ftp://x"},
        "/connections/unread/event/1": {"#text": "{"},
    }
    problems = []
    for address, fields in sent.items():
        page.goto(full_console.url + address)
        for field, text in fields.items():
            page.fill(field, text)
        page.locator("main button.main").click()
        page.locator("#key, .field-error").first.wait_for()
        page.evaluate(AXE.read_text())
        for width in WIDTHS:
            page.set_viewport_size({"width": width, "height": 844})
            found = _faults(page, width, theme, TAGS)
            found += _small(page) if width == WIDTHS[0] else []
            problems += [f"{address} {width}: {each}" for each in found]
    context.close()
    assert problems == []


# What is tapped; a box is as high as the label around it.
TAPPED = (
    "main .btn, main .form-control, main .form-select, main summary, main .chip, main .more-link, main label.form-check,"
    " main .eyebrow a, main td a, nav a, header a, header button"
)


def _small(page: Any) -> list[str]:
    """Buttons, fields, links of lists and summaries of the page that a finger would miss."""
    found: list[str] = page.evaluate(
        """tapped => [...document.querySelectorAll(tapped)]
            .filter(each => each.checkVisibility() && each.getBoundingClientRect().height < 43.5)
            .map(each => "small: " + each.textContent.trim())""",
        TAPPED,
    )
    return found


def _is_console(page: Any) -> bool:
    """Customers' pages have a style of their own, which follows the phone's."""
    return not any(each in page.url for each in ("/claim/", "/c/"))


def _faults(page: Any, width: int, theme: str, run_only: Any) -> list[str]:
    """What is wrong with the page as it stands; axe must be in it."""
    found = []
    wide = page.evaluate("document.documentElement.scrollWidth")
    if wide > width:
        found.append(f"{wide} px wide")
    worn = page.evaluate("document.documentElement.dataset.bsTheme")
    if _is_console(page) and worn != theme:
        found.append(f"dressed as {worn}")
    result = page.evaluate(
        "only => axe.run(document, { runOnly: only, resultTypes: ['violations'] })", run_only
    )
    for violation in result["violations"]:
        targets = [node["target"] for node in violation["nodes"]][:3]
        found.append(f"{violation['id']} {json.dumps(targets)}")
    return found
