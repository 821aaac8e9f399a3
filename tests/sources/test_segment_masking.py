"""No direct identifier that somebody planted in an event survives in the lake, the store, the log or a job."""

from __future__ import annotations

import json
import logging
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, engine
from xiaohe.people.masking import MASK, masked, masked_text, names_an_identifier
from xiaohe.sources import writekeys
from xiaohe.sources.segment import taking

NOW = datetime(2026, 11, 20, 8, tzinfo=UTC)

digits = st.text("0123456789", min_size=8, max_size=8)
phones = st.builds(lambda tail: "139" + tail, digits)
emails = st.builds(lambda tail: f"wang.{tail}@mail.example.com", digits)
id_cards = st.builds(lambda tail: f"44010119900101{tail[:3]}X", digits)
cards = st.builds(lambda tail: "62284804" + tail, digits)
planted = st.one_of(phones, emails, id_cards, cards)
wrappings = st.sampled_from(
    ["{}", "call {} now", "电话{}。", "a/{}/b", '{{"x": "{}"}}', "https://x.cn/p?q={}", "tel:{},"]
)
keys = st.sampled_from(
    ["note", "product_name", "备注", "x", "level", "phone", "email", "姓名", "contactAddress"]
)


def nested(leaf: Any) -> Any:
    return st.recursive(
        leaf,
        lambda inner: st.one_of(
            st.lists(inner, max_size=3), st.dictionaries(keys, inner, max_size=3)
        ),
        max_leaves=6,
    )


@settings(max_examples=400, deadline=None)
@given(planted, st.data())
def test_a_planted_identifier_does_not_survive_at_any_depth(
    secret: str, data: st.DataObject
) -> None:
    leaf = st.builds(lambda wrap: wrap.format(secret), wrappings)
    if secret.isdigit():
        leaf = st.one_of(
            leaf, st.just(int(secret)), st.just("".join(chr(ord(c) + 0xFEE0) for c in secret))
        )
    value = data.draw(nested(leaf))

    kept = orjson.dumps(masked({"a": value, secret: 1})).decode()

    assert secret not in kept
    assert "".join(chr(ord(c) + 0xFEE0) for c in secret) not in kept


@pytest.mark.parametrize(
    ("told", "kept"),
    [
        ("ring 138 0013 8000 now", f"ring {MASK} now"),
        ("+86-138-0013-8000", MASK),
        ("+44 20 7946 0958", MASK),
        ("020-83310000", MASK),
        ("6228 4804 0256 4890 018", MASK),
        ("https://x.cn/p/1?tel=1#a", "https://x.cn/p/1"),
        ("/p/1?tel=1", "/p/1"),
        # What is none stays as it is.
        ("2026-11-22T08:30:00.000Z", "2026-11-22T08:30:00.000Z"),
        ("1763800000000", "1763800000000"),
        ("3 for 2", "3 for 2"),
        ("绿茶 500g", "绿茶 500g"),
        ("v1.20.300", "v1.20.300"),
    ],
)  # fmt: skip
def test_what_is_masked_in_a_text_and_what_is_not(told: str, kept: str) -> None:
    assert masked_text(told) == kept


def test_names_of_properties_that_say_so_are_masked_whole() -> None:
    yes = [
        "phone",
        "userPhone",
        "E-Mail",
        "name",
        "first_name",
        "shippingAddress",
        "收货人",
        "wechat_id",
        "ip",
    ]
    no = ["product_name", "planName", "campaign", "description", "level", "coupon_name", "brand"]

    assert [each for each in yes if not names_an_identifier(each)] == []
    assert [each for each in no if names_an_identifier(each)] == []
    assert masked({"contact": {"tel": "1"}, "phone": None}) == {"contact": MASK, "phone": None}


PHONE, EMAIL, CARD, NAME = (
    "13912345678",
    "wang@mail.example.com",
    "440101199001011234",
    "王小明小明",
)


def test_nothing_planted_in_any_call_is_in_plain_on_disk(
    place: Workspace, caplog: pytest.LogCaptureFixture
) -> None:
    caplog.set_level(logging.DEBUG)
    source, _key = writekeys.add("segment", "site", NOW)
    writer = writekeys.writer_for(source)
    person = {
        "phone": PHONE,
        "email": EMAIL,
        "name": NAME,
        "idCard": CARD,
        "address": {"street": NAME},
    }
    context = {
        "ip": "10.1.2.3", "userAgent": NAME, "traits": person, "page": {"path": f"/u/{PHONE}", "url": f"https://x.cn/?{EMAIL}"},
        "campaign": {"name": EMAIL},
    }  # fmt: skip
    base = {
        "userId": f"user {NAME}",
        "anonymousId": "d1",
        "context": context,
        "timestamp": NOW.isoformat(),
    }
    batch = [
        {**base, "type": "identify", "traits": {**person, "firstName": NAME}},
        {**base, "type": "track", "event": f"Called {PHONE}", "properties": {**person, "note": f"x {EMAIL}", PHONE: 1}},
        {**base, "type": "track", "event": "Product Viewed", "properties": {"name": f"tea {PHONE}", "sku": int(PHONE)}},
        {**base, "type": "track", "event": "Order Completed",
         "properties": {"order_id": "9", "total": 1, "coupon": EMAIL, "products": [{"name": PHONE, "sku": CARD}], "buyer": NAME}},
        {**base, "type": "page", "name": EMAIL, "properties": {"search": PHONE, "path": f"/x?{PHONE}", "title": PHONE}},
        {**base, "type": "group", "groupId": PHONE, "traits": person},
        {**base, "type": "alias", "previousId": EMAIL},
        {**base, "type": "track", "event": "Order Completed", "properties": {"note": EMAIL, "total": PHONE}},
    ]  # fmt: skip

    taken = taking.take(
        [{**each, "messageId": f"m{n}"} for n, each in enumerate(batch)], writer, NOW
    )
    with engine.reading() as read:
        told = json.dumps(read.run(read.facts).to_pylist(), default=str, ensure_ascii=False)
    drain.drain(NOW, force=True)

    assert taken.unreadable == 1
    assert [secret for secret in (PHONE, EMAIL, CARD, NAME, "10.1.2.3") if secret in told] == []
    everything = b"".join(file.read_bytes() for file in _files(place.home)) + caplog.text.encode()
    for secret in (PHONE, EMAIL, CARD, NAME):
        assert secret.encode() not in everything


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]
