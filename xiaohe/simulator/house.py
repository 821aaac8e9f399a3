"""What the owner of the sample shop has entered by hand: stores, colleagues, goods, and codes with what came of them.

Each through the door its page uses, so that a change of a rule shows here, too. Letters of codes and words of claims
are drawn anew each time, as everywhere; all else follows from the seed.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, time, timedelta

from xiaohe.entries import cards, claims, codes, scans
from xiaohe.entries.models import Code, Gift
from xiaohe.entries.words import said
from xiaohe.people import keys
from xiaohe.shop import goods, stores, team
from xiaohe.shop.models import Account, AccountKind
from xiaohe.shop.queries import calendar
from xiaohe.shop.stores import Stretch
from xiaohe.shop.taxonomy import Entry
from xiaohe.simulator.dice import Dice
from xiaohe.simulator.goods import SHELVES
from xiaohe.simulator.newest_friends import SUNDAY
from xiaohe.simulator.orders import Placed
from xiaohe.simulator.plan import TODAY
from xiaohe.simulator.visits_file import COUNTER, STORES
from xiaohe.simulator.wecom_file import STAFF

DAY = timedelta(days=1)
# Where the sample's cards lead: an example's address, which nobody answers.
ADDRESS = "https://cards.example.com"
GROUPS = (("猫粮", 38, True), ("咖啡", 30, True), ("茶", 45, True), ("零食", None, False))
SPOKEN = (
    ("鸡肉猫粮", "三文鱼猫粮", "金枪鱼罐头", "绿茶猫砂", "鸡胸肉冻干", "猫条"),
    ("小粒咖啡豆", "耶加雪菲", "挂耳咖啡", "冷萃液", "意式拼配豆", "手冲滤纸"),
    ("碧潭飘雪", "寿眉老白茶", "鸭屎香单丛", "滇红", "正山小种", "龙井"),
)
SHELF_TITLES = tuple([each.title for each in shelf] for shelf in SHELVES)
# One of eighteen is still asked for: 平时怎么叫？
_STILL_ASKED = "手冲滤纸"
_OPEN = (Stretch(time(10), time(21)),)
_SCANS, _SCANS_IN_STORE = 46, 17


def open_stores() -> None:
    """Three stores with hours and a colleague each; one has left."""
    by_name = {}
    for shop in STORES:
        store = stores.add(shop.name)
        stores.set_hours(store.pk, [_OPEN] * 7)
        by_name[shop.staff] = team.add(shop.staff, store_id=store.pk)
    for name, account in STAFF:
        # Accounts are named by the file of contacts.
        known = Account.objects.get(kind=AccountKind.WECOM.value, name=account)
        member = by_name[name]
        team.hand_account(known.pk, staff_id=member.pk, store_id=member.store_id)
    stores.close_days(date(2025, 1, 27), date(2025, 2, 3), why="春节")
    team.plan_shift(by_name["阿禾"].pk, TODAY, time(10), time(18))
    team.plan_shift(by_name["小满"].pk, TODAY, time(12), time(21))


def sort_goods(now: datetime) -> None:
    """Groups with their own rhythm, and the names people say; what files state must be learned before."""
    group = {
        name: goods.add_group(name, cycle_days=days, is_consumable=used_up).pk
        for name, days, used_up in GROUPS
    }
    known = {each.title: each.item_key for each in goods.most_sold(200)}
    # In the order of the shelves: cats, coffee, tea.
    for shelf, (name, titles) in enumerate(zip(group, SHELF_TITLES, strict=False)):
        members = [known[title] for title in titles if title in known]
        goods.put_in_group(members, group[name])
        for title, spoken in zip(titles, SPOKEN[shelf], strict=True):
            if title in known and spoken != _STILL_ASKED:
                goods.name(known[title], spoken, now)
    for name in group:
        sold = [each.title for each in COUNTER if each.group == name]
        goods.put_in_group([known[title] for title in sold if title in known], group[name])
    first = known.get(SHELF_TITLES[2][0])
    if first is not None:
        goods.tell(first, group_id=group["茶"], margin=0.42, launched_on=date(2025, 3, 28))
        goods.confirm_stock(first, TODAY)


# ---------------------------------------------------------------- codes


def hand_out_cards(seed: int, claimed: Sequence[Placed]) -> list[str]:
    """A batch of parcel cards and a code on the counter of 东店: printed, sent, scanned, and orders claimed.

    Returns what the claim page told each of them to send.
    """
    account = Account.objects.get(kind=AccountKind.WECOM.value, name=STAFF[0][1])
    june = _instant(date(2025, 6, 2), 9, 30)
    batch = codes.make(
        Entry.PARCEL_CARD, june, name="六月包裹卡", platform="taobao", gift=Gift.GUIDE.value,
        account_id=account.pk, account_said=STAFF[0][1],
    )  # fmt: skip
    counter = codes.make(
        Entry.STORE_CODE, june, name="东店柜台", store=STORES[0].name, account_id=account.pk,
    )  # fmt: skip
    cards.sheet(batch, june, count=200, fallback=ADDRESS)
    for day, count in ((4, 62), (11, 58), (18, 54)):
        on = date(2025, 6, day)
        cards.shipped(batch, count, on, _instant(on, 18, 0))
    _scanned(seed, batch, _SCANS)
    _scanned(seed, counter, _SCANS_IN_STORE)
    words = []
    for place, order in enumerate(claimed):
        at = _instant(SUNDAY.date() - DAY, 12 + place, 5)
        words.append(claims.take(batch, _scanner(seed, batch, place), order.number, at))
    # Somebody mistyped, and somebody claims what another one has claimed already.
    at = _instant(SUNDAY.date(), 9, 20)
    claims.take(batch, _scanner(seed, batch, _SCANS - 1), "1893002210007731002", at)
    if claimed:
        claims.take(batch, _scanner(seed, batch, _SCANS - 2), claimed[0].number, at + DAY / 24)
    return list(map(said, words))


def _scanned(seed: int, code: Code, count: int) -> None:
    dice = Dice(seed, 21, count)
    days = sorted(date(2025, 6, 5) + dice.below(24) * DAY for _scan in range(count))
    for place, on in enumerate(days):
        at = _instant(on, 10 + dice.below(11), dice.below(60))
        scans.record(code, _scanner(seed, code, place), today=on, now=at)


def _scanner(seed: int, code: Code, place: int) -> int:
    return keys.hasher()("scanner", f"sample:{seed}:{code.name}:{place}")


def _instant(on: date, hour: int, minute: int) -> datetime:
    """That time of the shop's own clock."""
    days = calendar()
    return days.start_of(on) - days.start_shift + timedelta(hours=hour, minutes=minute)
