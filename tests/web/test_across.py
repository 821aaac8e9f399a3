"""One phone on two platforms, as an owner sees it: both sides, a tap for each pair, one for the page, and the way back."""

from __future__ import annotations

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Any

import pytest

from xiaohe.people import likely, overlay
from xiaohe.people.likely import building
from xiaohe.shop import clock
from xiaohe.sources import importing
from xiaohe.traits import state

NOW = datetime(2025, 6, 12, 4, tzinfo=UTC)
TAOBAO = "订单编号,买家会员名,买家实际支付金额,订单状态,收货人姓名,收货地址 ,联系手机,订单创建时间,订单付款时间\n"
JD = "订单号,商品ID,商品名称,订购数量,京东价,订单金额,应付金额,下单帐号,订单状态,下单时间,客户姓名,客户地址,联系电话\n"
NAMES = ("王小明", "李建国", "张伟强")


@pytest.fixture
def selling(owner: Any, tmp_path: Any) -> Iterator[Any]:
    """A shop on Taobao and JD that three people bought from on both."""
    taobao, jd = TAOBAO, JD
    for at, name in enumerate(NAMES):
        phone, home = f"1380013800{at}", "浙江省 杭州市 西湖区 文三路 88 号"
        taobao += f"19301234567890123{at},tb{at},88.00,交易成功,{name},{home},{phone},2025-06-01 10:00:00,2025-06-01 10:01:00\n"
        jd += f"30000000000{at},77,猫粮,1,66.00,66.00,66.00,jd_{at},完成,2025-06-0{at + 2} 10:00:00,{name},{home},{phone}\n"
    for file, text in (("taobao.csv", taobao), ("jd.csv", jd)):
        (tmp_path / file).write_text(text, encoding="utf-8")
        importing.run(tmp_path / file, now=NOW, yes=True)
    with clock.set_to(NOW):
        state.refresh(clock.now())
        building.rebuild()
        yield owner


def _apart() -> int:
    """How many of the three are still two people."""
    return likely.across_platforms(20)[1]


def test_the_page_shows_both_sides_with_their_platforms(selling: Any) -> None:
    page = selling.get("/people/questions").content.decode()
    assert "One phone, two platforms" in page
    assert page.count('class="behind"') >= 2 * len(NAMES)
    assert "Taobao" in page
    assert "JD" in page
    assert re.search(r"Is “[^”]+” of (Taobao|JD) this person, too\?", page)
    assert "All 3 of these are one person each" in page


def test_all_of_these_joins_what_stood_there_and_one_undo_takes_it_back(selling: Any) -> None:
    page = selling.get("/people/questions").content.decode()
    asked = re.findall(r'name="question" value="([0-9a-f]+)"', page)
    before = {each.id: (each.left, each.right) for each in likely.across_platforms(20)[0]}
    assert set(asked) == set(before)
    done = selling.post(
        "/people/questions/all-one", {"question": asked[:2]}, follow=True
    ).content.decode()
    assert "2 pairs are one person each" in done
    assert _apart() == 1
    for each in asked[:2]:
        left, right = before[each]
        assert overlay.current().person(left) == overlay.current().person(right)
    undo = re.search(r'"(/undo/[^"]+)"', done)
    assert undo is not None
    selling.post(undo.group(1))
    assert _apart() == 3


def test_nothing_but_what_was_asked_is_joined(selling: Any) -> None:
    selling.post("/people/questions/all-one", {"question": ["1f", "zz"]})
    assert _apart() == 3
