"""Take the README's pictures of the sample shop: `python tools/screenshots.py` (needs Chromium and the dev set-up)."""

from __future__ import annotations

import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Browser, Page, sync_playwright

IMAGES = Path(__file__).resolve().parent.parent / "docs" / "images"
PHONE, DESKTOP = (390, 844), (1280, 860)
LINK = re.compile(r"(http://\S+)/sign-in\?token=\S+")
LOADED_MS = 120_000
# (file, language, size, page); a page of None is the first person on today's list.
SHOTS: list[tuple[str, str, tuple[int, int], str | None]] = [
    ("today-zh-phone", "zh-CN", PHONE, "/sample/"),
    ("results-zh-phone", "zh-CN", PHONE, "/sample/business"),
    ("person-zh-phone", "zh-CN", PHONE, None),
    ("today-en-desktop", "en-GB", DESKTOP, "/sample/"),
]


def main() -> None:
    chromium = shutil.which("chromium") or shutil.which("google-chrome")
    if chromium is None:
        sys.exit("Chromium is not here.")
    with tempfile.TemporaryDirectory() as home, sync_playwright() as driver:
        command = [sys.executable, "-m", "xiaohe", "up", "--port", "8765"]
        environment = {**os.environ, "XIAOHE_HOME": home, "PYTHONUNBUFFERED": "1"}
        up = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, text=True)
        try:
            link, where = _sign_in_link(up)
            browser = driver.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
            _take(browser, link, where)
        finally:
            up.send_signal(signal.SIGINT)
            up.wait(timeout=30)


def _sign_in_link(up: subprocess.Popen[str]) -> tuple[str, str]:
    assert up.stdout is not None
    for line in up.stdout:
        if found := LINK.search(line):
            return found.group(0), found.group(1)
    sys.exit("Xiaohe did not start.")


def _take(browser: Browser, link: str, where: str) -> None:
    first = browser.new_context(locale="zh-CN")
    page = first.new_page()
    page.goto(link)
    page.locator("main form button").last.click()
    page.goto(f"{where}/start")
    page.get_by_role("button", name="先看样板店").click()
    page.wait_for_url("**/sample/", timeout=LOADED_MS)
    signed_in = first.storage_state()
    for name, language, (width, height), address in SHOTS:
        context = browser.new_context(
            locale=language,
            viewport={"width": width, "height": height},
            device_scale_factor=2 if width < 600 else 1,
            storage_state=signed_in,
        )
        _picture(context.new_page(), where + (address or "/sample/"), name, person=address is None)
        context.close()


def _picture(page: Page, address: str, name: str, *, person: bool) -> None:
    page.goto(address)
    if person:
        page.locator("#slips a").first.click()
        page.wait_for_load_state()
    page.wait_for_timeout(400)
    page.screenshot(path=IMAGES / f"{name}.png")


if __name__ == "__main__":
    main()
