"""The public claim page: whoever asks learns nothing, on a slow phone, and the public host serves nothing else."""

from __future__ import annotations

import io
import re
import statistics
import time
from typing import Any

import pytest
from django.conf import settings
from django.test import Client
from PIL import Image

from xiaohe import jobs
from xiaohe.entries import claims, codes, rate
from xiaohe.entries.models import Bucket, Claim
from xiaohe.entries.rate import Act, Rate
from xiaohe.kernel.clock import utc_now
from xiaohe.ledger import engine, stream
from xiaohe.ledger.stream import Fact
from xiaohe.people import keys
from xiaohe.people.keys import Namespace
from xiaohe.shop import actions, clock

REAL = "1930123456789012345"
WHOLE_PAGE = 60 * 1024
FORM = "application/x-www-form-urlencoded"


@pytest.fixture
def card(place: Any) -> str:
    """A code with a picture, in a shop that has one order."""
    actions.update_shop(name="阿禾的咖啡豆")
    made = codes.make("parcel_card", clock.now(), platform="taobao", account_said="ahe-coffee")
    codes.set_picture(made.code, noisy_picture())
    told(REAL, buyer=41)
    return str(made.code)


@pytest.fixture
def unhurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """So many claims as one likes: what is looked at is something else."""
    for rates in (rate.OF_ADDRESS, rate.OF_CODE, rate.OF_ALL):
        for act in Act:
            monkeypatch.setitem(rates, act, Rate(1e6, 1e6, 1e3))


def test_whoever_scans_gets_one_light_page_that_needs_nothing_else(
    stranger: Any, card: str
) -> None:
    page = stranger.get(f"/c/{card}", headers={"accept-language": "zh-CN"})
    picture = stranger.get(f"/c/{card}/account.png")

    html = page.content.decode()
    assert page.status_code == picture.status_code == 200
    assert "阿禾的咖啡豆" in html
    assert "ahe-coffee" in html
    assert f'action="/claim/{card}"' in html
    assert re.findall(r'(?:src|href)="([^"]*)"', html) == [f"/c/{card}/account.png"]
    assert "<script" not in html
    assert len(page.content) + len(picture.content) + heads(page) + heads(picture) < WHOLE_PAGE


def test_the_policy_lets_in_the_pages_own_style_alone(stranger: Any, card: str) -> None:
    page = stranger.get(f"/c/{card}")

    policy = page.headers["Content-Security-Policy"]
    assert policy.startswith("default-src 'none'; style-src 'sha256-")
    assert "unsafe" not in policy
    assert page.headers["Cache-Control"] == "no-store"
    assert page.headers["Referrer-Policy"] == "no-referrer"


def test_every_number_gets_the_same_answer(stranger: Any, card: str) -> None:
    first = stranger.post(f"/claim/{card}", {"number": REAL})
    answers = [
        other().post(f"/claim/{card}", {"number": number})
        for number in (REAL, "1930999999999999999", "E20260601", "1", "你好", "9" * 64, "<b>&\"'")
    ]

    plain = {without_word(each) for each in [first, *answers]}
    assert {each.status_code for each in [first, *answers]} == {200}
    assert len({len(each.content) for each in [first, *answers]}) == 1
    assert len(plain) == 1
    assert REAL not in first.content.decode()


def test_the_same_number_again_gets_the_same_word(stranger: Any, card: str) -> None:
    once = word_of(stranger.post(f"/claim/{card}", {"number": REAL}))
    again = word_of(stranger.post(f"/claim/{card}", {"number": f" {REAL[:6]} {REAL[6:]} "}))
    elsewhere = word_of(other().post(f"/claim/{card}", {"number": REAL}))

    assert once == again
    assert elsewhere != once


@pytest.mark.usefixtures("unhurried")
def test_right_wrong_and_claimed_numbers_take_the_same_time(stranger: Any, card: str) -> None:
    took: dict[str, list[float]] = {"right": [], "wrong": []}
    stranger.post(f"/claim/{card}", {"number": REAL})
    for number in range(60):
        for kind in ("right", "wrong"):
            began = time.perf_counter()
            typed = REAL if kind == "right" else f"1930{number:015d}"
            other().post(f"/claim/{card}", {"number": typed})
            took[kind].append(time.perf_counter() - began)

    right, wrong = (statistics.median(each) for each in took.values())
    assert 0.7 < right / wrong < 1.4


def test_thousands_of_guesses_end_in_a_kind_no_and_fill_nothing(stranger: Any, card: str) -> None:
    seen = [stranger.post(f"/claim/{card}", {"number": f"1930{n:015d}"}) for n in range(1_000)]

    passed = [each for each in seen if each.status_code == 200]
    refused = [each for each in seen if each.status_code == 429]
    assert len(passed) == int(rate.OF_ADDRESS[Act.CLAIM].most)
    assert len(passed) + len(refused) == len(seen)
    assert {len(each.content) for each in refused} == {len(refused[0].content)}
    assert all(1 <= int(each.headers["Retry-After"]) <= 3600 for each in refused)
    assert Claim.objects.count() == len(passed)
    assert Bucket.objects.count() < 10


def test_many_addresses_are_held_by_the_code_and_by_the_whole(stranger: Any, card: str) -> None:
    statuses = [
        stranger.post(
            f"/claim/{card}", {"number": f"1930{n:015d}"}, REMOTE_ADDR=f"10.0.{n % 250}.7"
        )
        for n in range(400)
    ]

    passed = sum(each.status_code == 200 for each in statuses)
    assert passed <= rate.OF_CODE[Act.CLAIM].most + 1
    assert Claim.objects.count() == passed


def test_a_full_shelf_refuses_before_it_grows(
    stranger: Any, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(claims, "MOST_WAITING", 3)

    statuses = [
        other().post(f"/claim/{card}", {"number": f"1930{n:015d}"}).status_code for n in range(6)
    ]

    assert statuses == [200, 200, 200, 429, 429, 429]
    assert Claim.objects.count() == 3


def test_nothing_but_a_small_form_is_read(stranger: Any, card: str) -> None:
    large = stranger.post(f"/claim/{card}", "number=" + "1" * 5_000, content_type=FORM)
    file = stranger.post(f"/claim/{card}", {"number": io.BytesIO(b"x")})
    json = stranger.post(f"/claim/{card}", "{}", content_type="application/json")

    assert [large.status_code, json.status_code] == [400, 400]
    assert b'name="number"' in file.content
    assert Claim.objects.count() == 0
    assert not list(engine_spool())


@pytest.mark.parametrize(
    ("body", "kind"),
    [
        ("a=1&" * (settings.DATA_UPLOAD_MAX_NUMBER_FIELDS + 10), FORM),
        ("number=1", FORM + "; charset=utf-7"),
        ("number=1", "multipart/form-data"),
        ("number=1", "multipart/form-data; boundary="),
    ],
)
def test_a_form_that_is_none_is_refused_kindly(
    stranger: Any, card: str, body: str, kind: str
) -> None:
    stranger.raise_request_exception = False

    assert stranger.post(f"/claim/{card}", body, content_type=kind).status_code == 400
    assert Claim.objects.count() == 0


def test_a_scan_is_one_fact_a_scanner_and_day(stranger: Any, card: str) -> None:
    for _look in range(3):
        stranger.get(f"/c/{card}")
    other().get(f"/c/{card}")
    stranger.head(f"/c/{card}")
    other().get(f"/c/{card}", headers={"sec-purpose": "prefetch"})
    forged = other()
    forged.cookies["xiaohe_scan"] = "anything"
    forged.get(f"/c/{card}")

    scans = facts_of("link.scanned")
    assert len(scans) == 3
    assert len({each["subject"] for each in scans}) == 3
    assert all(f'"code":"{card}"' in each["props"] for each in scans)
    assert all('"entry":"parcel_card"' in each["props"] for each in scans)


def test_the_ledger_never_holds_the_number(stranger: Any, card: str) -> None:
    stranger.post(f"/claim/{card}", {"number": REAL})
    work()

    made = facts_of("claim.made")
    assert len(made) == 1
    assert REAL not in repr(made)
    assert REAL.encode() not in bytes(Claim.objects.get().sealed)


def test_a_retired_or_closed_card_still_says_whom_to_add(stranger: Any, card: str) -> None:
    codes.retire(card, clock.now())

    page = stranger.get(f"/c/{card}")
    posted = stranger.post(f"/claim/{card}", {"number": REAL})

    assert "ahe-coffee" in page.content.decode()
    assert b"<form" not in page.content
    assert posted.status_code == 200
    assert Claim.objects.count() == 0


@pytest.mark.parametrize("path", ["/c/ZZZZZZ", "/c/abc", "/claim/ZZZZZZ", "/c/a/b", "/claim/"])
def test_a_slip_of_the_pen_gets_a_kind_page(stranger: Any, card: str, path: str) -> None:
    page = stranger.get(path)

    assert page.status_code in (200, 404)
    assert b'name="code"' in page.content
    assert b"sign-in" not in page.content


def test_a_code_typed_with_the_usual_slips_is_found(stranger: Any, card: str) -> None:
    typed = card.lower().replace("0", "o").replace("1", "l")

    page = stranger.get("/claim/", {"code": f"{typed[:3]}-{typed[3:]}"})

    assert page.headers["Location"] == f"/c/{card}"


# ---------------------------------------------------------------- the public host


def asked(path: str, host: str, method: str = "GET", **more: str) -> tuple[int, bytes]:
    """Through the door a WSGI server uses."""
    from xiaohe.wsgi import application

    told: list[str] = []
    environ = {
        "REQUEST_METHOD": method, "PATH_INFO": path, "HTTP_HOST": host, "QUERY_STRING": "",
        "SERVER_NAME": "x", "SERVER_PORT": "80", "wsgi.url_scheme": "http", "REMOTE_ADDR": "127.0.0.1",
        "wsgi.input": io.BytesIO(b""), "wsgi.errors": io.StringIO(), **more,
    }  # fmt: skip
    body = b"".join(application(environ, lambda status, head, exc=None: told.append(status)))
    return int(told[0].split()[0]), body


@pytest.mark.parametrize(
    "path",
    ["/", "/sign-in", "/people", "/data", "/entries", "/v1/track", "/hooks/x", "/healthz", "/metrics",
     "/static/web/xiaohe.css", "/sample/", "/c", "//c/x", "/c/../people", "/language"],
)  # fmt: skip
def test_the_public_host_serves_only_the_claim_pages(
    place: Any, card: str, monkeypatch: pytest.MonkeyPatch, settings: Any, path: str
) -> None:
    monkeypatch.setenv("XIAOHE_PUBLIC_URL", "https://cards.example.com")
    settings.ALLOWED_HOSTS = ["cards.example.com", "127.0.0.1"]

    status, body = asked(path, "Cards.Example.com:443")
    public, _page = asked(f"/c/{card}", "cards.example.com")

    assert status == 404
    assert b"csrf" not in body
    assert b"sign-in" not in body
    assert public == 200


def test_a_host_that_is_no_address_reaches_nothing(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XIAOHE_PUBLIC_URL", "https://cards.example.com")

    assert asked("/sign-in", "[cards.example.com]")[0] == 400


def test_the_console_is_where_it_was(
    place: Any, monkeypatch: pytest.MonkeyPatch, settings: Any
) -> None:
    monkeypatch.setenv("XIAOHE_PUBLIC_URL", "https://cards.example.com")
    settings.ALLOWED_HOSTS = ["cards.example.com", "127.0.0.1"]

    assert asked("/sign-in", "127.0.0.1:8000")[0] == 200
    assert asked("/healthz", "127.0.0.1:8000")[0] == 200


def test_whoever_asked_too_much_is_answered_from_memory(
    place: Any, card: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for _claim in range(int(rate.OF_ADDRESS[Act.CLAIM].most) + 1):
        asked(f"/claim/{card}", "127.0.0.1:8000", "POST")

    def nobody(*_given: Any, **_more: Any) -> None:
        raise AssertionError("the store was asked")

    monkeypatch.setattr("xiaohe.entries.store.lease_tokens", nobody)
    claim = f"/claim/{card}", "127.0.0.1:8000", "POST"
    statuses = {asked(*claim)[0] for _claim in range(50)}
    forwarded, _page = asked(*claim, HTTP_X_FORWARDED_FOR="203.0.113.9")

    assert statuses == {429}
    # Nobody says for whom he asks unless the owner named him as a proxy.
    assert forwarded == 429


# ---------------------------------------------------------------- small


def other() -> Any:
    from django.test import Client

    return Client()


def told(number: str, *, buyer: int) -> None:
    order = keys.hasher()(Namespace.ORDER, keys.on_platform("taobao", number) or "")
    now = utc_now()
    stream.record(
        [Fact("taobao", f"{number}:paid", "order.paid", now, buyer, order_key=order, amount=100, currency="CNY")],
        now,
    )  # fmt: skip


def word_of(page: Any) -> str:
    return str(re.search(r"小河-([0-9A-Z]{6})", page.content.decode())[1])  # type: ignore[index]


def without_word(page: Any) -> str:
    return page.content.decode().replace(word_of(page), "")


def facts_of(kind: str) -> list[dict[str, Any]]:
    with engine.reading() as read:
        return list(read.run(read.facts.filter(read.facts.type == kind)).to_pylist())


def work() -> None:
    jobs.discover()
    jobs.run_pending(until_empty=True)


def heads(page: Any) -> int:
    return sum(len(name) + len(value) + 4 for name, value in page.headers.items()) + 300


def engine_spool() -> Any:
    from xiaohe.kernel import workspace

    return workspace.current().spool.glob("*")


def noisy_picture() -> bytes:
    """As large as a photographed QR code gets."""
    import random

    drawn = random.Random(7)
    picture = Image.new("L", (900, 900), 255)
    for x in range(45):
        for y in range(45):
            if drawn.random() < 0.5:
                picture.paste(0, (x * 20, y * 20, x * 20 + 20, y * 20 + 20))
    out = io.BytesIO()
    picture.save(out, "JPEG", quality=80)
    return out.getvalue()


@pytest.mark.parametrize("verb", ["put", "delete", "patch"])
def test_other_verbs_hear_that_they_are_not_for_here(card: str, verb: str) -> None:
    checking = Client(enforce_csrf_checks=True)
    for address in (f"/c/{card}", f"/c/{card}/account.png", f"/claim/{card}", "/claim/"):
        assert getattr(checking, verb)(address).status_code == 405
