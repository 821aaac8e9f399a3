"""Attributes of people from plain lists of facts, written a second time from the book alone (docs/segments.md, calculations).

    known = Known(shop, before)      known.of(person)["stage"]

`shop` holds every fact of the moment, `before` those that the derived state of its day was built from: rhythms and the
shop's cuts are as of that. What the book says with other people's chances (`chance`, `ev`, readiness) is not told here, nor
what comes from where links came from (first and latest source), nor what hangs on which platforms tell of discounts.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from fractions import Fraction
from functools import cached_property
from math import floor
from typing import Any

from tests.twin.orders import Order
from tests.twin.recurring import around
from tests.twin.rhythm import Shop as Settings
from tests.twin.rhythm import Standing, mark_bulk, picture_of
from tests.twin.segment_records import Fact, Told
from tests.twin.standing import stage

# As the dictionary calls what "any act of the customer" and "signs of need" are.
SIGNALS = {"order.paid", "message.in", "content.clicked", "content.shared", "claim.made", "member.joined"}  # fmt: skip
SIGNAL_AREAS = ("page.", "screen.", "product.", "cart.", "checkout.", "voucher.")
NEEDS = {
    "message.in", "product.searched", "product.clicked", "product.viewed", "cart.added", "product.wished",
    "checkout.started", "voucher.entered", "voucher.applied",
}  # fmt: skip
FIFTHS = tuple(Fraction(part, 5) for part in (1, 2, 3, 4))
NOTHING: dict[str, Any] = {
    "occasions": 0, "days_365": 0, "referrals": 0, "chain_depth": 0,
    **dict.fromkeys(("linked", "friend", "in_group", "follows", "ever_linked", "due", "vip", "muted", "was_referred",
                     "promoter"), False),
    **dict.fromkeys((
        "tier", "days_since", "cycle", "ratio", "basis", "usual_net", "net_total", "net_365", "first_on", "last_on", "due_on",
        "value", "recency_score", "frequency_score", "money_score", "rfm", "refund_share", "link_days", "linked_since",
        "account", "ended_by", "store", "consent", "last_signal_on", "category_1", "category_2", "hour_habit", "birthday",
        "birthday_before",
    )),
}  # fmt: skip
TOLD = ("stage", *NOTHING)


class Bought(Order):
    """An order as the twin of rhythms takes it, of a day and an instant that are known already."""

    on: date
    instant: Any

    @property
    def at(self) -> Any:
        return self.instant

    def day(self, starts: timedelta) -> date:
        return self.on


@dataclass
class Known:
    """What is known of each person of `shop`."""

    shop: Told
    before: list[Fact]

    @cached_property
    def state(self) -> Told:
        """What was known as the day began."""
        on = self.shop.on
        facts = [each for each in self.before if self.shop.day(each) < on]
        return replace(self.shop, facts=facts)

    def everybody(self) -> dict[int, dict[str, Any]]:
        return {person: self.of(person) for person in self.shop.population}

    def of(self, person: int) -> dict[str, Any]:
        found = dict(NOTHING)
        found |= self._linked(person)
        found |= self._said(person)
        found |= self._brought(person)
        found |= self._bought(person)
        found["stage"] = self._stage(person, found)
        found["tier"] = self._tier(person, found)
        stores = [place["store"] for place in self._orders(person) if place["store"] is not None]
        found["store"] = stores[-1] if stores else None
        return found

    # ------------------------------------------------------------ purchases

    def _orders(self, person: int) -> list[Mapping[str, Any]]:
        """Fields of purchases of the days before D, oldest first."""
        rows = [each for each, _key in self.shop.purchases(person) if each.on < self.shop.on]
        rows.sort(key=lambda each: (each.place[0], each.fields["store"] or ""))
        return [each.fields for each in rows]

    @cached_property
    def rhythm(self) -> dict[int, Standing]:
        return {int(name): each for name, each in self._picture.people.items()}

    @cached_property
    def _picture(self) -> Any:
        told, orders = self.state, []
        facts: dict[int, list[Fact]] = defaultdict(list)
        for each in told.seen:
            if each.type == "order.item" and each.order_key is not None:
                facts[each.order_key].append(each)
        for key, person, record in told.valid_orders:
            if person in told.left_out:
                continue
            pieces = [each.quantity for each in facts[key] if each.quantity is not None]
            order = Bought(str(key), person=None if person is None else str(person))
            order.on, order.instant = record.on, record.place[0]
            order.paid, order.refunded = [record.fields["paid"]], record.fields["refunded"]
            order.states = {"paid"}
            order.quantity = sum(round(each * 1000) for each in pieces) / 1000 if pieces else None
            orders.append(order)
        return picture_of(orders, mark_bulk(orders), told.on, Settings())

    @cached_property
    def year(self) -> dict[int, dict[str, Any]]:
        """The year's buyers as the day began: purchase days, net, days since the latest."""
        found, told = {}, self.state
        for person in told.all_purchases:
            rows = [each for each, _key in told.purchases(person) if each.on < told.on]
            year = [each for each in rows if each.on >= told.on - timedelta(365)]
            if year:
                found[person] = {
                    "days": len({each.on for each in year}),
                    "net": sum(each.fields["net"] for each in year),
                    "since": (told.on - max(each.on for each in rows)).days,
                }
        return found

    def _cuts(self, column: str, *shares: Fraction) -> list[Fraction]:
        """Linearly interpolated; of nobody none."""
        values = sorted(each[column] for each in self.year.values())
        found = []
        for share in shares if values else ():
            place = (len(values) - 1) * share
            low = floor(place)
            high = min(low + 1, len(values) - 1)
            found.append(values[low] + (place - low) * (values[high] - values[low]))
        return found

    def _bought(self, person: int) -> dict[str, Any]:
        on, orders = self.shop.on, self._orders(person)
        found: dict[str, Any] = {"refund_share": self._refunds.get(person)}
        if not orders:
            return found
        year = [each for each in orders if each["on"] >= on - timedelta(365)]
        latest = max(each["on"] for each in orders)
        found |= {
            "first_on": min(each["on"] for each in orders),
            "net_total": sum(each["net"] for each in orders),
            "net_365": sum(each["net"] for each in year) if year else None,
            "days_365": len({each["on"] for each in year}),
            "hour_habit": self._hours(orders),
            **self._categories(person),
        }
        own = self.rhythm.get(person)
        last = latest if own is None else own.last_on or own.last_of_all
        found |= {"last_on": last, "days_since": (on - last).days}
        if own is not None:
            found |= {"occasions": own.occasions, "cycle": own.cycle, "basis": own.basis, "usual_net": own.m}  # fmt: skip
            found |= {"due_on": own.due_on, "ratio": (on - last).days / own.cycle if own.cycle else None}  # fmt: skip
            found["due"] = found["ratio"] is not None and 0.9 <= found["ratio"] < 1.5
        found |= self._scores(found, (on - latest).days)
        return found

    def _scores(self, found: Mapping[str, Any], since: int) -> dict[str, Any]:
        net, days = found["net_365"] or 0, found["days_365"]
        recency, frequency, money = (
            [value > cut for cut in self._cuts(column, *FIFTHS)]
            for column, value in (("since", since), ("days", days), ("net", net))
        )
        if not self.year:
            return {"value": "low"}
        middle, top = self._cuts("net", Fraction(1, 2), Fraction(4, 5))
        scores = (5 - sum(recency), 1 + sum(frequency), 1 + sum(money))
        ranked = sorted((each["net"] for each in self.year.values()), reverse=True)
        most = len(ranked) // 20
        within = ranked[:most]
        # Equal people at the edge stay out together.
        inside = [each for each in within if ranked.count(each) == within.count(each)]
        return {
            "value": "high" if net >= top else "mid" if net >= middle else "low",
            **dict(zip(("recency_score", "frequency_score", "money_score"), scores, strict=True)),
            "rfm": "".join(map(str, scores)),
            "vip": days > 0 and bool(inside) and net >= min(inside),
        }

    @cached_property
    def _refunds(self) -> dict[int, float]:
        """Of the orders paid in 180 days, whatever became of them, the share of which money went back."""
        shop, on = self.shop, self.shop.on
        found: dict[int, list[bool]] = defaultdict(list)
        of: dict[int, list[Fact]] = defaultdict(list)
        for each in shop.seen:
            if each.order_key is not None and each.type.startswith("order."):
                of[each.order_key].append(each)
        for key, facts in of.items():
            buyers = [each.subject for each in facts if each.subject != key]
            paid = [each for each in facts if each.type == "order.paid"]
            if not buyers or not paid:
                continue
            person = shop.person_of.get(min(buyers), min(buyers))
            day = shop.day(min(paid, key=lambda each: each.at))
            if on - timedelta(180) <= day < on and person not in shop.left_out:
                back = [each.amount or 0 for each in facts if each.type == "order.refunded"]
                found[person].append(max(back, default=0) > 0)
        return {person: sum(each) / len(each) for person, each in found.items()}

    def _hours(self, orders: Iterable[Mapping[str, Any]]) -> str | None:
        half = self.shop.on - timedelta(180)
        timed = [each for each in orders if each["on"] >= half and each["hour"] is not None]
        if len(timed) < 2:
            return None
        times, last = Counter(), {}
        for each in timed:
            hour = each["hour"]
            part = "morning" if 5 <= hour < 11 else "noon" if 11 <= hour < 17 else "evening" if 17 <= hour < 22 else "night"  # fmt: skip
            times[part] += 1
            last[part] = max(last.get(part, date.min), each["on"])
        parts = ("morning", "noon", "evening", "night")
        return max(times, key=lambda part: (times[part], last[part], -parts.index(part)))

    def _categories(self, person: int) -> dict[str, Any]:
        on = self.shop.on
        times: dict[str, set[Any]] = defaultdict(set)
        last: dict[str, date] = {}
        for line in self.shop.lines(person):
            called = line.fields["group"] or line.fields["category"]
            if called and on - timedelta(365) <= line.on < on:
                times[called].add(line.times)
                last[called] = max(last.get(called, date.min), line.on)
        ranked = sorted(times, key=lambda each: (-len(times[each]), -last[each].toordinal(), each))
        return dict(zip(("category_1", "category_2"), [*ranked, None, None][:2], strict=True))

    # ------------------------------------------------------------ stage, tier

    def _stage(self, person: int, found: Mapping[str, Any]) -> str:
        on = self.shop.on
        if found["first_on"] is not None:
            own = self.rhythm.get(person)
            if own is not None:
                return stage(own, on)
            bare = Standing(
                str(person),
                0,
                0,
                None,
                None,
                None,
                False,
                None,
                None,
                None,
                None,
                0,
                0,
                found["last_on"],
            )
            return stage(bare, on)
        last = found["last_signal_on"]
        heard = last is not None and last >= on - timedelta(90)
        return "prospect" if found["linked"] or heard else "passer_by"

    def _tier(self, person: int, found: Mapping[str, Any]) -> str | None:
        on, days = self.shop.on, found["days_365"]
        if found["first_on"] is not None:
            tops = [*self._cuts("days", Fraction(4, 5)), *self._cuts("net", Fraction(4, 5))]
            often = bool(tops) and (days >= tops[0] or (found["net_365"] or 0) >= tops[1])
            return "heavy" if days >= 3 and often else "buyer"
        needs = [self.shop.day(each) for each in self.shop.facts_of(person) if each.type in NEEDS]
        if needs and max(needs) >= on - timedelta(90):
            return "potential"
        return "follower" if found["linked"] else None

    # ------------------------------------------------------------ what they said and did

    def _linked(self, person: int) -> dict[str, Any]:
        on, spells = self.shop.on, self.shop.links(person)
        live = [each for each in spells if each.fields["live"]]
        ours = [each for each in live if each.fields["private"]]
        kinds = {each.fields["kind"] for each in live}
        found: dict[str, Any] = {
            "linked": bool(ours),
            "friend": "friend" in kinds,
            "in_group": "group" in kinds,
            "follows": "follow" in kinds,
            "ever_linked": any(each.fields["private"] for each in spells),
        }
        if ours:
            began = min(each.on for each in ours)
            newest = min(ours, key=lambda each: (-each.place[0].timestamp(), each.place[1:]))
            found |= {
                "linked_since": began,
                "link_days": (on - began).days,
                "account": newest.fields["account"],
            }
        over = [each for each in spells if each.fields["private"] and not each.fields["live"]]
        if over and not ours:
            last = min(over, key=lambda each: (-each.fields["ended_on"].toordinal(), -each.place[0].timestamp(), each.place[1:]))  # fmt: skip
            found["ended_by"] = last.fields["ended_by"]
        return found

    def _said(self, person: int) -> dict[str, Any]:
        facts = sorted(self.shop.facts_of(person), key=lambda each: each.place)
        found: dict[str, Any] = {}
        days = [
            self.shop.day(each)
            for each in facts
            if each.type in SIGNALS or each.type.startswith(SIGNAL_AREAS)
        ]
        days += [each["on"] for each in self._orders(person)]
        found["last_signal_on"] = max(days, default=None)
        words = [each.type for each in facts if each.type.startswith("consent.")]
        if words:
            found["consent"] = words[-1].removeprefix("consent.")
            found["muted"] = found["consent"] in ("reduced", "withdrawn")
        told = [
            each
            for each in facts
            if each.type == "date.told" and each.props.get("name") == "birthday"
        ]
        if told:
            found["birthday_before"], found["birthday"] = around(told[-1].props, self.shop.on)
        return found

    def _brought(self, person: int) -> dict[str, Any]:
        brought = {who: days for (by, who), days in self._pairs.items() if by == person}
        found: dict[str, Any] = {"referrals": len(brought)}
        if brought:
            last = max(max(days) for days in brought.values())
            found["promoter"] = (self.shop.on - last).days <= 180
        found["was_referred"] = person in self._first_by
        seen, at = {person}, self._first_by.get(person)
        while at is not None and at not in seen:
            seen.add(at)
            at = self._first_by.get(at)
        found["chain_depth"] = len(seen) - 1
        return found

    @cached_property
    def _pairs(self) -> dict[tuple[int, int], list[date]]:
        """Who brought whom, and the days on which those bought."""
        shop, found = self.shop, defaultdict(list)
        bought = {
            key: (who, each.on) for who in shop.all_purchases for each, key in shop.purchases(who)
        }
        for facts in shop.by_person.values():
            for each in facts:
                if (
                    each.type == "order.referred"
                    and each.other is not None
                    and each.order_key in bought
                ):
                    by = shop.person_of.get(each.other, each.other)
                    who, on = bought[each.order_key]
                    if by != who and by in shop.population:
                        found[by, who].append(on)
        return found

    @cached_property
    def _first_by(self) -> dict[int, int]:
        """The first who brought each."""
        found: dict[int, tuple[date, int]] = {}
        for (by, who), days in self._pairs.items():
            found[who] = min(found.get(who, (date.max, 0)), (min(days), by))
        return {who: by for who, (_on, by) in found.items()}
