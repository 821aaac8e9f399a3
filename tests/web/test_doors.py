"""Who gets in, in which language, into which workspace; and what a refusal looks like."""

from __future__ import annotations

from typing import Any

import pytest

from xiaohe.kernel import workspace
from xiaohe.kernel.clock import utc_now
from xiaohe.shop import signin


def test_a_stranger_is_sent_to_the_sign_in_page(stranger: Any) -> None:
    response = stranger.get("/people")
    assert response.status_code == 302
    assert response.headers["Location"] == "/sign-in?next=%2Fpeople"


def test_looking_at_a_sign_in_link_does_not_use_it_up(stranger: Any) -> None:
    token = signin.new_link_token(utc_now())
    for _preview in range(2):
        assert stranger.get(f"/sign-in?token={token}").status_code == 200
    response = stranger.post("/sign-in", {"token": token, "next": "/people"})
    assert response.status_code == 302
    assert response.headers["Location"] == "/people"
    assert stranger.get("/start").status_code == 200


def test_a_link_works_once(stranger: Any) -> None:
    token = signin.new_link_token(utc_now())
    stranger.post("/sign-in", {"token": token})
    stranger.post("/sign-out")
    response = stranger.post("/sign-in", {"token": token})
    assert response.status_code == 403
    assert b"xiaohe open" in response.content
    assert stranger.get("/start").status_code == 302


def test_a_sign_in_never_leads_to_another_site(stranger: Any) -> None:
    token = signin.new_link_token(utc_now())
    response = stranger.post("/sign-in", {"token": token, "next": "//elsewhere.example/"})
    assert response.headers["Location"] == "/"


@pytest.mark.parametrize(
    ("asked", "language"),
    [
        ("zh-CN,zh;q=0.9,en;q=0.8", "zh-hans"),
        ("zh-TW", "zh-hans"),
        ("de,en;q=0.5", "en"),
        ("", "en"),
    ],
)
def test_chinese_where_the_browser_asks_for_it_else_english(
    owner: Any, asked: str, language: str
) -> None:
    response = owner.get("/start", headers={"Accept-Language": asked})
    assert response.headers["Content-Language"] == language


def test_the_language_switch_beats_the_browser(owner: Any) -> None:
    owner.post("/language", {"language": "zh-hans", "next": "/start"})
    response = owner.get("/start", headers={"Accept-Language": "en"})
    assert "把你手上的表拖进来" in response.content.decode()


def test_the_sample_addresses_lead_home_while_there_is_no_sample_shop(owner: Any) -> None:
    response = owner.get("/sample/people")
    assert response.status_code == 302
    assert response.headers["Location"] == "/"
    assert not workspace.workspace(workspace.SAMPLE).exists()


def test_the_policy_allows_no_inline_script_or_style(owner: Any) -> None:
    response = owner.get("/start")
    policy = response.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "unsafe" not in policy
    page = response.content.decode()
    assert "<style" not in page
    assert " style=" not in page
    assert "onclick" not in page


def test_an_unknown_address_is_a_page_in_the_readers_language(owner: Any) -> None:
    response = owner.get("/nowhere", headers={"Accept-Language": "zh"})
    assert response.status_code == 404
    assert "这里什么都没有" in response.content.decode()


def test_a_refusal_reaches_htmx_as_one_line(owner: Any) -> None:
    response = owner.post("/imports/77/undo", headers={"HX-Request": "true"})
    assert response.status_code == 404
    assert response.content.decode().startswith('<div class="toast-line"')
