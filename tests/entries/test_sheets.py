"""Sheets as a printer sees them: the code scans, the words are Chinese wherever they are opened, and they lie where they are cut."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pypdfium2
import pytest
import segno

from xiaohe.entries import cards, codes
from xiaohe.entries.paper import sheets, type
from xiaohe.entries.paper.faces import Face
from xiaohe.entries.paper.sheets import LAYOUTS, Paper
from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.ledger import engine, stream
from xiaohe.shop import actions, clock

MM = 72 / 25.4
FACE = Face(
    "https://cards.example.com/c/K7Q2MX", "cards.example.com/c/K7Q2MX",
    "东西不合适、不会用，扫一扫直接问我。", "阿禾的咖啡豆", "小周", "微信号：ahe-coffee",
)  # fmt: skip


@pytest.mark.parametrize("paper", list(Paper))
def test_every_face_has_its_words_its_code_and_its_size(paper: Paper) -> None:
    sheet = pypdfium2.PdfDocument(sheets.made(paper, FACE, 1))

    text = sheet[0].get_textpage().get_text_range()
    plain = "".join(text.split())
    assert sheet[0].get_size() == pytest.approx(LAYOUTS[paper].page)
    assert plain.count("cards.example.com/c/K7Q2MX") == LAYOUTS[paper].on_a_page
    assert plain.count("东西不合适、不会用，扫一扫直接问我。") == LAYOUTS[paper].on_a_page
    assert plain.count("阿禾的咖啡豆") == LAYOUTS[paper].on_a_page


def test_the_font_is_inside_and_only_what_is_used_of_it() -> None:
    pdf = sheets.made(Paper.CARD, FACE, 10)

    assert b"/FontFile2" in pdf
    assert b"XiaohePrint" in pdf
    assert len(pdf) < 40_000


def test_the_printed_squares_are_those_of_the_code() -> None:
    page = pypdfium2.PdfDocument(sheets.made(Paper.STAND_A6, FACE, 1))[0]
    scale = 4
    image = page.render(scale=scale, grayscale=True).to_pil()
    wanted = [
        [bool(dark) for dark in row]
        for row in segno.make(FACE.address, error="q", micro=False, boost_error=False).matrix
    ]

    left, top, side = found_square(image)
    step = side / len(wanted)
    seen = [
        [
            image.getpixel((left + (column + 0.5) * step, top + (row + 0.5) * step)) < 128
            for column in range(len(wanted))
        ]
        for row in range(len(wanted))
    ]
    assert seen == wanted
    # On the smallest card a square is wide enough for an old phone.
    assert side / scale / MM > 45


def test_marks_to_cut_along_stand_outside_every_card() -> None:
    image = (
        pypdfium2.PdfDocument(sheets.made(Paper.CARD, FACE, 10))[0]
        .render(scale=2, grayscale=True)
        .to_pil()
    )
    edge_x, edge_y = int(15 * MM * 2), int(13.5 * MM * 2)

    margin = image.crop((0, 0, image.width, edge_y))
    gutter = image.crop(
        (image.width // 2 - 3, edge_y + 8, image.width // 2 + 3, image.height - edge_y - 8)
    )

    assert margin.getextrema()[0] < 200
    assert gutter.getextrema()[0] > 240
    assert image.crop((0, 0, edge_x, image.height)).getextrema()[0] < 200


def test_long_words_get_smaller_and_never_leave_the_card() -> None:
    long = Face(
        FACE.address,
        FACE.typed,
        "好" * 80,
        "很长的店名" * 12,
        "名字很长的员工" * 5,
        "微信号：" + "a" * 60,
    )
    for paper in Paper:
        layout = LAYOUTS[paper]
        page = pypdfium2.PdfDocument(sheets.made(paper, long, 1))[0]
        boxes = [
            page.get_textpage().get_charbox(n) for n in range(page.get_textpage().count_chars())
        ]
        assert (
            min(box[0] for box in boxes) >= (layout.page[0] - layout.columns * layout.face[0]) / 2
        )
        assert (
            max(box[2] for box in boxes) <= (layout.page[0] + layout.columns * layout.face[0]) / 2
        )


@pytest.mark.parametrize(
    "text",
    [
        "东西不合适、不会用，扫一扫直接问我。",
        "Something not right, or not sure how to use it? Ask.",
        "（括号）和“引号”也在。",
    ],
)
def test_no_line_begins_with_a_comma_or_loses_a_character(text: str) -> None:
    for wide in range(40, 240, 12):
        lines = type.broken(text, wide=wide, size=12)
        assert "".join("".join(lines).split()) == "".join(text.split())
        assert all(line[0] not in type.NOT_FIRST for line in lines)


def test_what_the_font_lacks_is_named() -> None:
    assert type.unprintable("阿禾囍喆 龍鳳 Café 😀𠮷😀") == "😀𠮷"


# ---------------------------------------------------------------- what is noted


@pytest.fixture
def code(place: Any) -> Any:
    actions.update_shop(name="阿禾")
    return codes.make("parcel_card", clock.now(), platform="taobao")


def test_a_sheet_counts_as_printed_and_a_proof_does_not(
    code: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    proof = cards.sheet(code, clock.now(), count=25, fallback="http://127.0.0.1:8000")
    monkeypatch.setenv("XIAOHE_PUBLIC_URL", "https://cards.example.com/")
    real = cards.sheet(code, clock.now(), count=25)

    assert (proof.fact, proof.cards) == (None, 30)
    assert real.fact is not None
    assert len(pypdfium2.PdfDocument(real.pdf)) == 3
    assert quantities("card.printed") == [30.0]


@pytest.mark.parametrize(
    "address",
    [
        "http://127.0.0.1:8000",
        "http://192.168.1.7",
        "http://localhost",
        "http://shop.local",
        "http://[fd00::1]",
    ],
)
def test_an_address_no_phone_finds_makes_a_proof(
    code: Any, monkeypatch: pytest.MonkeyPatch, address: str
) -> None:
    monkeypatch.setenv("XIAOHE_PUBLIC_URL", address)

    assert cards.sheet(code, clock.now()).fact is None


def test_shipped_cards_are_noted_by_day_and_taken_back(code: Any) -> None:
    now = clock.now()
    fact = cards.shipped(code, 120, (now - timedelta(days=1)).date(), now)
    noted = quantities("card.shipped")
    stream.take_back(fact, now)

    assert noted == [120.0]
    assert quantities("card.shipped") == []
    with pytest.raises(BadInput):
        cards.shipped(code, 1, (now + timedelta(days=3)).date(), now)


def test_a_retired_code_is_not_printed(code: Any) -> None:
    codes.retire(code.code, clock.now())

    with pytest.raises(Conflict):
        cards.sheet(codes.one(code.code), clock.now())


def quantities(kind: str) -> list[float]:
    with engine.reading() as read:
        return list(read.run(read.facts.filter(read.facts.type == kind))["quantity"].to_pylist())


def found_square(image: Any) -> tuple[float, float, float]:
    """Where the code is: the widest run of rows whose ink lies in the middle, between the sentence and the foot."""
    dark = image.point(lambda value: 255 if value < 128 else 0)
    middle = dark.crop((0, int(image.height * 0.30), image.width, int(image.height * 0.80)))
    box = middle.crop((0, 0, image.width, image.height)).getbbox()
    strip = dark.crop((0, int(image.height * 0.5), image.width, int(image.height * 0.55)))
    left, _top, right, _foot = strip.getbbox()
    side = right - left
    # From the middle up to the first row without ink of the finder patterns' width.
    column = dark.crop((left, 0, left + 4, image.height))
    rows = [y for y in range(column.height) if column.crop((0, y, 4, y + 1)).getbbox()]
    top = next(y for y in rows if y > box[1] and y > image.height * 0.25)
    return float(left), float(top), float(side)
