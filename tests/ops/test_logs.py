"""One line per event, tied to its request, and nobody in any of them: names and numbers are planted everywhere."""

from __future__ import annotations

import http.cookiejar
import json
import logging
import signal
import urllib.error
import urllib.parse
import urllib.request
import uuid
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.acceptance import exports
from tests.asking import ask
from tests.ops.serving import Message, Serving
from tests.processes import until
from xiaohe import jobs
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.kernel import logs, trace
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.store import rows
from xiaohe.kernel.workspace import Workspace
from xiaohe.shop import signin

NAME, PHONE, MAIL, MEMBER = "欧阳植入", "13812345678", "planted@example.org", "plantedmember88"
PLANTED = (NAME, PHONE, MAIL, MEMBER, urllib.parse.quote(NAME))


class Stay(urllib.request.HTTPRedirectHandler):
    """Redirects are answers too."""

    def redirect_request(self, *told: Any) -> None:
        return None


class Browser:
    """Somebody signed in, without a browser."""

    def __init__(self, web: Serving) -> None:
        self._jar = http.cookiejar.CookieJar()
        self._opener = urllib.request.build_opener(
            urllib.request.HTTPCookieProcessor(self._jar), Stay()
        )
        self._base = f"http://127.0.0.1:{web.port}"
        self.ask("/sign-in")
        token = urllib.parse.urlencode({"token": signin.new_link_token(utc_now())})
        assert self.ask("/sign-in", token.encode())[0] == 302

    def ask(self, path: str, body: bytes | None = None, **headers: str) -> tuple[int, str]:
        """Status and the id the answer carries."""
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        cookies = {each.name: each.value or "" for each in self._jar}
        ours = {"X-CSRFToken": cookies.get("csrftoken", ""), "User-Agent": f"{MEMBER} {PHONE}"}
        request = urllib.request.Request(
            self._base + path, body, {**ours, **named}, method="POST" if body else "GET"
        )
        try:
            with self._opener.open(request, timeout=20) as told:
                return told.status, told.headers["X-Request-Id"]
        except urllib.error.HTTPError as refused:
            return refused.code, refused.headers["X-Request-Id"]

    def upload(self, name: str, content: bytes, **headers: str) -> tuple[int, str]:
        edge = uuid.uuid4().hex
        head = (
            f'--{edge}\r\nContent-Disposition: form-data; name="files"; filename="{name}"\r\n\r\n'
        )
        body = head.encode() + content + f"\r\n--{edge}--\r\n".encode()
        kind = f"multipart/form-data; boundary={edge}"
        return self.ask("/uploads", body, Content_Type=kind, **headers)


def test_nobody_is_in_the_log(
    serve: Callable[..., Serving], door: Added, tmp_path: Path, place: Workspace
) -> None:
    up = serve("up", XIAOHE_LOG="json")
    browser = Browser(up)
    orders = exports.csv(
        tmp_path / "orders.csv",
        exports.LEGACY_ORDERS,
        [exports.order(1, MEMBER, "10.00", "2026-06-01 10:00:00", 收货人姓名=NAME, 联系手机=PHONE)],
    )

    asked = urllib.parse.urlencode({"q": PHONE, "name": NAME, "mail": MAIL})
    assert browser.ask(f"/people/search?{asked}", asked.encode())[0] == 200
    assert browser.ask(f"/people/{urllib.parse.quote(NAME)}")[0] == 404
    browser.ask(f"/people/{PHONE}?{asked}")
    _, request_id = browser.upload(
        f"{NAME}-{PHONE}.csv", orders.read_bytes(), X_Request_Id="from-the-proxy.1"
    )
    browser.upload(f"{NAME}.xlsx", f"no table, only {NAME} {PHONE} {MAIL}".encode())
    browser.ask("/sign-in", urllib.parse.urlencode({"token": PHONE}).encode())
    broken = Message(up.port, door, 1)
    broken.send(slice(0, None))
    assert broken.answer().status == 200
    ask_badly(up, door)
    assert until(lambda: bool(jobs_of(up, request_id)))
    # A statement that fails names the values it was given.
    rows("ALTER TABLE people_search_gram RENAME TO people_search_gone")
    assert browser.ask("/people/search", asked.encode())[0] == 500
    up.process.send_signal(signal.SIGTERM)
    assert up.process.wait(30) == 0

    written = up.log.read_text()
    assert [each for each in PLANTED if each in written] == []
    lines = lines_of(up)
    assert request_id == "from-the-proxy.1"
    (upload,) = [each for each in lines if each.get("request") == request_id and "route" in each]
    assert (upload["route"], upload["method"], upload["status"]) == ("uploads", "POST", 302)
    assert {"time", "level", "logger", "message", "workspace", "duration_ms"} <= set(upload)
    assert any(each["status"] == "done" for each in lines if each["message"] == "job")
    assert any("frames" in each for each in lines)


def test_an_id_that_could_be_somebodys_number_is_not_kept(place: Workspace) -> None:
    for given in (PHONE, f"{NAME}-long-enough", "short", "x" * 65, "138-1234-5678", f"a {PHONE}"):
        answer = ask("/healthz", x_request_id=given)
        assert len(answer.headers["X-Request-Id"]) == 24, given
    assert ask("/healthz", x_request_id="4bf92f35-77b3").headers["X-Request-Id"] == "4bf92f35-77b3"


def test_a_job_carries_the_id_of_its_request(any_place: Workspace) -> None:
    with trace.entered(trace.Trace("of-this-request")):
        number = jobs.enqueue("jobs.sweep")

    lines = said(lambda: jobs.run_pending(names=["jobs.sweep"]))

    (line,) = [each for each in lines if each["message"] == "job"]
    told = {name: line[name] for name in ("request", "job", "job_id", "status", "attempt")}
    assert told == {
        "request": "of-this-request",
        "job": "jobs.sweep",
        "job_id": number,
        "status": "done",
        "attempt": 1,
    }


def test_an_errors_text_is_never_written() -> None:
    def fail() -> None:
        try:
            raise ValueError(f"{NAME} {PHONE}")
        except ValueError:
            logging.getLogger("xiaohe.test").exception("it failed")
            logging.getLogger("somebody.else").exception("%s failed", NAME)
            logging.getLogger("somebody.else").warning(f"{NAME} failed")
            logging.getLogger("xiaohe.test").warning("a slip of ours: %s, %s", PHONE, MAIL)

    ours, template, foreign, slip = said(fail)

    assert (ours["message"], ours["error"]) == ("it failed", "ValueError")
    assert ours["frames"][-1].startswith("test_logs.py:")
    assert template["message"] == "%s failed"
    assert foreign["message"].startswith("a message of test_logs:")
    assert slip["message"] == "a slip of ours: …, …"


def test_text_for_eyes_says_the_same() -> None:
    record = logging.LogRecord("xiaohe.access", logging.INFO, "", 1, "request", (), None)
    record.values = {"route": "today", "status": 200}
    with trace.entered(trace.Trace("an-id-of-a-request")):
        line = logs.TextLines().format(record)

    assert line.endswith(
        " INFO xiaohe.access request request=an-id-of-a-request route=today status=200"
    )


@pytest.mark.parametrize(("chosen", "form"), [("json", "JsonLines"), ("text", "TextLines")])
def test_the_form_is_chosen(chosen: str, form: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("XIAOHE_LOG", chosen)

    assert logs.config()["formatters"]["line"]["()"].endswith(form)


def ask_badly(up: Serving, door: Added) -> None:
    """Messages nobody can read, with people in them."""
    for body in (f'{{"type": "{NAME}", "data": {{"phone": "{PHONE}"}}}}'.encode(), NAME.encode()):
        message = Message(up.port, door, 2, body=body)
        message.send(slice(None))
        assert message.answer().status in (200, 202, 400, 422)


def lines_of(up: Serving) -> list[dict[str, Any]]:
    return [json.loads(each) for each in up.log.read_text().splitlines() if each.startswith("{")]


def jobs_of(up: Serving, request_id: str) -> set[str]:
    found = [each for each in lines_of(up) if each["message"] == "job"]
    return {each["job"] for each in found if each.get("request") == request_id}


def said(work: Callable[[], object]) -> list[dict[str, Any]]:
    """The lines written meanwhile."""
    lines: list[dict[str, Any]] = []

    class Keeping(logging.Handler):
        def emit(self, record: logging.LogRecord) -> None:
            lines.append(json.loads(logs.JsonLines().format(record)))

    root, handler = logging.getLogger(), Keeping()
    before = root.level
    root.addHandler(handler)
    root.setLevel(logging.INFO)
    try:
        work()
    finally:
        root.removeHandler(handler)
        root.setLevel(before)
    return lines
