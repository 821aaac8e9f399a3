"""The friends of the sample shop's last Sunday, as a second contact export: what a join must ask about or leave to the owner.

| who | what comes of it |
|---|---|
| three who sent the word of their claim | joined with the order they claimed |
| two who look like a regular: name, town, what they buy | a question |
| two who name one and the same order | a conflict |
| one that a colleague made to try things out | marked, and left out everywhere |
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from xiaohe.simulator import people
from xiaohe.simulator.orders import Kind, Placed
from xiaohe.simulator.plan import TODAY, Plan
from xiaohe.simulator.wecom_file import Friend

SUNDAY = datetime.combine(TODAY - timedelta(days=1), datetime.min.time())
CLAIMED, ALIKE = 3, 2
TRIAL_NAME = "测试号 别发"
_CALLED = ("老{name}", "{name}姐", "{name}哥")
_BUYS = ("猫粮", "咖啡豆", "花茶")


@dataclass(frozen=True)
class Chosen:
    """Orders that somebody speaks of: claimed ones, and the one that two friends name."""

    claimed: tuple[Placed, ...]
    twice: Placed | None
    # Regulars nobody has in WeChat, whose parcels hide name and phone.
    regulars: tuple[int, ...]


def chosen(plan: Plan, placed: Iterable[Placed]) -> Chosen:
    """Take them from people who are nobody's friend yet; the same every time."""
    linked = set(plan.linked)
    late = [
        one
        for one in placed
        if one.kind is Kind.VALID and one.person not in linked and one.person not in plan.chains
    ][: 40 + CLAIMED + 1]
    masked = [one for one in late if not people.buyer(plan.seed, one.person).shows_phone]
    return Chosen(
        tuple(masked[:CLAIMED]),
        masked[CLAIMED] if len(masked) > CLAIMED else None,
        tuple(_regulars(plan, linked)),
    )


def friends(plan: Plan, of: Chosen, words: Sequence[str] = ()) -> list[Friend]:
    """All of them, newest first; `words`: what the claim page gave to those who claimed."""
    made: list[Friend] = []

    def add(name: str, description: str, tag: str = "包裹卡") -> None:
        staff, minutes = len(made) % 2, 9 * 60 + 41 * len(made)
        at = SUNDAY + timedelta(minutes=minutes, seconds=7 * len(made))
        made.append(Friend(name, description, staff, at, "扫描二维码", "", tag, ""))

    for place, one in enumerate(of.claimed):
        name = people.buyer(plan.seed, one.person).receiver[0] + ("姐", "哥", "女士")[place % 3]
        add(name, words[place] if place < len(words) else "扫卡来的")
    for place, person in enumerate(of.regulars):
        buyer = people.buyer(plan.seed, person)
        city = buyer.address.split()[1].removesuffix("市")
        called = _CALLED[place % len(_CALLED)].format(name=buyer.receiver[0])
        add(f"{called} {city}", f"{_BUYS[buyer.shelf]} 老客")
    if of.twice is not None:
        add("晓晓", f"订单 {of.twice.number}")
        add("晓晓的同事", f"帮同事问 {of.twice.number}")
    add(TRIAL_NAME, "", "未知")
    return made[::-1]


def _regulars(plan: Plan, linked: set[int]) -> list[int]:
    """Those who came most often, of surnames and towns few others share."""
    alone = sorted(
        (person for person in plan.chains if person not in linked),
        key=lambda person: (-len(plan.chains[person].gaps), person),
    )
    hidden = [one for one in alone if not people.buyer(plan.seed, one).shows_phone]
    return hidden[:ALIKE]
