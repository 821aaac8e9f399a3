"""Codes: letters nobody misreads, words that promise nothing, and nothing that is out there ever deleted."""

from __future__ import annotations

import io
import re
from datetime import timedelta
from typing import Any

import pytest
from django.utils import translation
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image

from xiaohe.entries import codes, kinds, notices, words
from xiaohe.entries.models import Code
from xiaohe.entries.pictures import LARGEST, account_picture
from xiaohe.kernel.errors import BadInput
from xiaohe.people import evidence
from xiaohe.shop import actions, clock
from xiaohe.shop.taxonomy import Entry

drawn = st.text(words.ALPHABET, min_size=5, max_size=5)


@given(drawn, st.integers(0, 5), st.sampled_from(words.ALPHABET))
def test_one_wrong_letter_is_never_another_code(text: str, place: int, letter: str) -> None:
    code = text + words.check_letter(text)
    wrong = code[:place] + letter + code[place + 1 :]

    assert words.code_of(code) == code
    assert words.code_of(wrong) == (code if wrong == code else None)


@given(drawn, st.integers(0, 4))
def test_two_neighbours_swapped_are_seen(text: str, place: int) -> None:
    code = text + words.check_letter(text)
    swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]

    if swapped != code and {code[place], code[place + 1]} != {"0", "Z"}:
        assert words.code_of(swapped) is None


@given(drawn)
def test_a_code_is_read_however_it_is_typed(text: str) -> None:
    code = text + words.check_letter(text)
    typed = f" {code[:3].lower()}-{code[3:].lower()} ".replace("0", "o").replace("1", "l")

    assert words.code_of(typed.replace("v", "u")) == code


def test_what_the_page_gives_is_what_a_remark_is_read_for() -> None:
    for _again in range(200):
        word = words.new_claim_word()
        assert evidence.claim_words(f"王姐 {words.said(word)} 咖啡") == [word]


def test_a_new_code_is_neutral_in_the_shops_own_language(place: Any) -> None:
    actions.update_shop(language="zh-hans")

    made = [codes.make(entry, clock.now()) for entry in kinds.KINDS]

    assert [each.entry for each in made] == [entry.value for entry in kinds.KINDS]
    assert made[0].offer == "东西不合适、不会用，扫一扫直接问我。"
    for each in made:
        assert words.code_of(each.code) == each.code
        assert not set("返现券折奖好评") & set(each.offer + each.gift_text)


def test_the_next_code_has_the_account_of_the_last(place: Any) -> None:
    first = codes.make("parcel_card", clock.now(), account_said="ahe", platform="taobao")
    codes.set_picture(first.code, picture("PNG"))

    second = codes.make("parcel_card", clock.now())

    assert (second.account_said, second.platform) == ("ahe", "taobao")
    assert bytes(second.picture or b"") == bytes(codes.one(first.code).picture or b"")


def test_a_retired_code_stays_and_comes_back(any_place: Any) -> None:
    now = clock.now()
    made = codes.make("store_code", now, closes_on=now.date())

    codes.retire(made.code, now)
    retired = codes.is_open(codes.one(made.code), now.date())
    codes.restore(made.code)

    assert not retired
    assert codes.is_open(codes.one(made.code), now.date())
    assert not codes.is_open(codes.one(made.code), now.date() + timedelta(days=1))
    assert Code.objects.count() == 1


@pytest.mark.parametrize(
    ("said", "code"),
    [
        ({"offer": "好" * 81}, "long_offer"),
        ({"gift_link": "javascript:alert(1)"}, "bad_link"),
        ({"account_id": 99}, "no_such_account"),
        ({"gift": "money"}, "bad_gift"),
        ({"name": " "}, "no_name"),
    ],
)
def test_what_makes_no_sense_changes_nothing(place: Any, said: dict[str, Any], code: str) -> None:
    made = codes.make("store_code", clock.now())
    before = Code.objects.values().get()

    with pytest.raises(BadInput) as refused:
        codes.change(made.code, **said)

    assert refused.value.code == code
    assert Code.objects.values().get() == before


def test_words_of_ours_follow_what_is_given_and_written_ones_stay(place: Any) -> None:
    made = codes.make("store_code", clock.now())

    ours = codes.change(made.code, gift="warranty").gift_text
    codes.change(made.code, gift_text="Ask at the counter.")
    theirs = codes.change(made.code, gift="gift").gift_text

    assert ours == kinds.gift_text_of(kinds.Gift.WARRANTY, "zh-hans")
    assert theirs == "Ask at the counter."


@pytest.mark.parametrize(
    "platform", ["taobao", "jd", "pinduoduo", "douyin", "xiaohongshu", "meituan"]
)
def test_each_platform_is_warned_of_by_name(place: Any, platform: str) -> None:
    from xiaohe.shop import taxonomy

    told = notices.notices(Entry.PARCEL_CARD, platform)

    assert taxonomy.platform_name(platform) in told[0]
    assert "may" in told[0]


def test_a_parcel_of_no_known_platform_is_warned_too(place: Any) -> None:
    assert len(notices.notices(Entry.PARCEL_CARD, "")) == 3
    assert len(notices.notices(Entry.TABLE_CODE, "")) == 2


# ---------------------------------------------------------------- the picture


def test_a_photo_leaves_everything_but_its_dots_behind() -> None:
    png = account_picture(picture("JPEG", exif=True))

    with Image.open(io.BytesIO(png)) as kept:
        assert kept.format == "PNG"
        assert not kept.getexif()
        assert max(kept.size) <= 360
    assert len(png) <= LARGEST
    assert b"secret place" not in png


@pytest.mark.parametrize(
    "body", [b"", b"not a picture", b"<svg/>", b"\x89PNG\r\n\x1a\n" + b"0" * 64]
)
def test_what_is_no_picture_is_refused(body: bytes) -> None:
    with pytest.raises(BadInput):
        account_picture(body)


def picture(kind: str, *, exif: bool = False) -> bytes:
    drawn = Image.effect_noise((500, 700), 90).convert("RGB")
    told = Image.Exif()
    told[0x010E] = "secret place"
    out = io.BytesIO()
    drawn.save(out, kind, **({"exif": told} if exif else {}))
    return out.getvalue()


def test_a_new_code_is_called_by_the_shops_language_whoever_makes_it(place: object) -> None:
    actions.update_shop(language="zh-hans")
    with translation.override("en"):
        made = codes.make(Entry.PARCEL_CARD, clock.now())

    assert re.fullmatch(r"第 ?1 ?批", made.name)
