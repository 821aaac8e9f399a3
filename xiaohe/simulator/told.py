"""What people of the sample shop did beside buying: looked at things, wrote and were written to, complained, had enough.

a mini programme's events      sources.segment, as its SDK would send them
messages, complaints, consent  the stream door, as the taps of the pages state them
notes, a tie, a mark           the doors of a person's page
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.ledger import stream
from xiaohe.ledger.stream import Fact
from xiaohe.people import keys, marks, notes, ties
from xiaohe.people.keys import Namespace, contact_value
from xiaohe.people.marks import As, On
from xiaohe.people.ties import TieKind
from xiaohe.shop.models import Account, AccountKind
from xiaohe.simulator import newest_friends, people
from xiaohe.simulator.dice import Dice
from xiaohe.simulator.goods import SHELVES
from xiaohe.simulator.items_file import CODES
from xiaohe.simulator.plan import TODAY, Plan
from xiaohe.simulator.visits_file import visitors
from xiaohe.simulator.wecom_file import STAFF, Friend
from xiaohe.sources import writekeys
from xiaohe.sources.models import SourceKind
from xiaohe.sources.segment import taking
from xiaohe.touch.facts import draft

PLATFORM = "taobao"
MINI = "小程序"
# Looked at, and of those clicked, in a thousand.
_CLICKS = 420
_BANNERS = (("summer-tea", "夏天喝的茶"), ("cat-birthday", "猫生日礼"), ("cold-brew", "冷萃上新"))
_WRITTEN, _ANSWER_PER_THOUSAND, _WROTE_FIRST = 84, 450, 26
_OPEN, _SETTLED, _HAD_ENOUGH = 4, 6, 5
_NOTES = (
    "两只猫，一只挑嘴；不吃鱼",
    "小号猫窝（灰）到货叫她",
    "只喝浅烘，磨手冲粗细",
    "送人的茶要礼盒，别放价格单",
)


@dataclass(frozen=True)
class Tells:
    """One seed's stories, by the shop's own clock."""

    plan: Plan
    calendar: ShopCalendar
    now: datetime

    def everything(self, friends: Sequence[Friend]) -> None:
        """All of it; `friends`: the newest ones, of whom one is no customer."""
        self._looked_at_things()
        stream.record([*self._messages(), *self._complaints(), *self._enough()], self.now)
        regulars = sorted(
            (one for one in self.plan.chains if one in set(self.plan.linked)),
            key=lambda one: (-len(self.plan.chains[one].gaps), one),
        )
        for person, text in zip(regulars, _NOTES, strict=False):
            notes.write(self._buyer(person), text, now=self.now, user_id=None)
        if len(regulars) > 1:
            one, other = map(self._buyer, regulars[:2])
            ties.tie(one, other, TieKind.FAMILY, "一起养猫", now=self.now, user_id=None)
        for trial in friends:
            if trial.name == newest_friends.TRIAL_NAME:
                marks.mark(self._contact(trial), As.TEST, On.PERSON, self.now)

    # ------------------------------------------------------------ a mini programme

    def _looked_at_things(self) -> None:
        source, _key = writekeys.add(SourceKind.SEGMENT.value, MINI, self.now)
        taking.take(list(self._events()), writekeys.writer_for(source), self.now)

    def _events(self) -> Iterator[dict[str, Any]]:
        for person, _store, _dice in visitors(self.plan):
            buyer = people.buyer(self.plan.seed, person)
            dice = Dice(self.plan.seed, 22, person)
            user = f"mini-{person}"
            yield self._event(
                dice, "identify", user, 90, traits={"phone": buyer.phone, "name": buyer.receiver}
            )
            for _look in range(dice.below(4)):
                goods = dice.one_of(SHELVES[buyer.shelf])
                told = {
                    "product_id": CODES[goods.title],
                    "name": goods.title,
                    "price": goods.price / 100,
                }
                yield self._event(dice, "track", user, 60, event="Product Viewed", properties=told)
            if dice.happens(600):
                id_, name = dice.one_of(_BANNERS)
                told = {"promotion_id": id_, "name": name, "position": "首页"}
                yield self._event(
                    dice, "track", user, 45, event="Promotion Viewed", properties=told
                )
                if dice.happens(_CLICKS):
                    yield self._event(
                        dice, "track", user, 45, event="Promotion Clicked", properties=told
                    )

    def _event(
        self, dice: Dice, kind: str, user: str, within_days: int, **told: Any
    ) -> dict[str, Any]:
        at = self._at(dice, 1 + dice.below(within_days))
        stamp = at.isoformat(timespec="milliseconds")
        return {"type": kind, "userId": user, "timestamp": stamp, **told}

    # ------------------------------------------------------------ words

    def _messages(self) -> Iterator[Fact]:
        dice, accounts = Dice(self.plan.seed, 23), self._accounts()
        linked = sorted(self.plan.linked)
        for number in range(min(_WRITTEN, len(linked))):
            person, account = linked[number * len(linked) // _WRITTEN], accounts[number % 2]
            # Long enough ago that nobody is spared today for it.
            at = self._at(dice, 38 + dice.below(70))
            yield self._fact("message.out", f"out:{number}", person, at, account, {"how": "sent"})
            if dice.happens(_ANSWER_PER_THOUSAND):
                later = at + timedelta(minutes=4 + dice.below(300))
                yield self._fact("message.in", f"in:{number}", person, later, account, {})
        for number in range(_WROTE_FIRST):
            person, account = dice.one_of(linked or [0]), accounts[number % 2]
            at = self._at(dice, 1 + dice.below(28))
            yield self._fact("message.in", f"first:{number}", person, at, account, {})

    def _complaints(self) -> Iterator[Fact]:
        dice, quiet = Dice(self.plan.seed, 24), self._quiet()
        for number, person in enumerate(quiet[: _OPEN + _SETTLED]):
            opened = self._at(dice, 20 + dice.below(60) if number >= _OPEN else 2 + dice.below(9))
            told = {"severity": 1 + dice.below(3)}
            yield self._fact("complaint.opened", f"opened:{number}", person, opened, None, told)
            if number >= _OPEN:
                settled = opened + timedelta(days=1 + dice.below(3))
                yield self._fact("complaint.closed", f"closed:{number}", person, settled, None, {})

    def _enough(self) -> Iterator[Fact]:
        dice = Dice(self.plan.seed, 25)
        for number, person in enumerate(self._quiet()[_OPEN + _SETTLED :][:_HAD_ENOUGH]):
            at = self._at(dice, 10 + dice.below(80))
            yield self._fact("consent.withdrawn", f"enough:{number}", person, at, None, {})

    def _quiet(self) -> list[int]:
        """Friends who are long gone or came once: today's list is not about them."""
        chains = self.plan.chains
        return sorted(
            one for one in self.plan.linked if one not in chains or chains[one].bucket == "gone"
        )

    # ------------------------------------------------------------ how it is said

    def _fact(
        self,
        type_: str,
        key: str,
        person: int,
        at: datetime,
        account: int | None,
        props: dict[str, Any],
    ) -> Fact:
        return draft(
            type_,
            key=f"sample:{key}",
            subject=self._buyer(person),
            at=at,
            account_id=account,
            props=props,
        )

    def _at(self, dice: Dice, days_ago: int) -> datetime:
        on = TODAY - timedelta(days=days_ago)
        return self.calendar.start_of(on) + timedelta(hours=5 + dice.below(12), minutes=dice.below(60))  # fmt: skip

    def _buyer(self, person: int) -> int:
        member = keys.on_platform(PLATFORM, people.buyer(self.plan.seed, person).member)
        return keys.hasher()(Namespace.MEMBER, member or "")

    def _contact(self, friend: Friend) -> int:
        value = contact_value(STAFF[friend.staff][1], friend.added_at)
        return keys.hasher()(Namespace.CONTACT, value)

    def _accounts(self) -> tuple[int, int]:
        known = Account.objects.filter(kind=AccountKind.WECOM.value)
        by_name = dict(known.values_list("name", "pk"))
        return by_name[STAFF[0][1]], by_name[STAFF[1][1]]
