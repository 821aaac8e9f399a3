"""What the words of a rule mean, with the values at which they begin: `“good customer”: net spending of … or more`.

The numbers are those of the code and of the shop's own state, so that what is said cannot differ from what is reckoned.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from xiaohe.kernel.money import spoken
from xiaohe.segments.rules.tree import Been, Compare, Rank, Rule, leaves
from xiaohe.segments.sentence import words
from xiaohe.segments.sentence.comparing import listed
from xiaohe.stats import readiness, stages

# Cut values of the shop by name, ascending; money in minor units (attributes/cuts.py).
Cuts = Mapping[str, Sequence[float]]
_NUMBERS = {
    "risk": stages.RISK_RATIO,
    "risk_days": stages.DAYS_TO_RISK,
    "dormant": stages.DORMANT_RATIO,
    "dormant_regular": stages.DORMANT_RATIO_REGULAR,
    "dormant_days": stages.DAYS_TO_DORMANT,
    "lost": stages.LOST_RATIO,
    "lost_regular": stages.LOST_RATIO_REGULAR,
    "lost_days": stages.DAYS_TO_LOST,
    "chance": stages.LOST_BELOW_CHANCE * 100,
    "new_to": stages.NEW_UP_TO,
    "risk_to": stages.RISK_UP_TO,
    "dormant_to": stages.DORMANT_UP_TO,
    "signal": stages.SIGNAL_DAYS,
    "heavy": stages.HEAVY_PURCHASE_DAYS,
    "rhythm": readiness.RHYTHM_POINTS,
}
STAGES = {
    "prospect": gettext_lazy("never bought, but linked with us or active within %(signal)s days"),
    "new": gettext_lazy("bought on one day, and not late yet: less than %(risk)s own cycles ago, or less than the cycle and %(risk_days)s days; without a cycle within %(new_to)s days"),
    "growing": gettext_lazy("bought on two days, and not late yet: less than %(risk)s own cycles ago, or less than the cycle and %(risk_days)s days"),
    "regular": gettext_lazy("bought on three days or more, and not late yet: less than %(risk)s own cycles ago, or less than the cycle and %(risk_days)s days"),
    "at_risk": gettext_lazy("bought, but %(risk)s own cycles or more have passed since, and at least the cycle and %(risk_days)s days; without a cycle %(new_to)s to %(risk_to)s days"),
    "dormant": gettext_lazy("bought, but %(dormant)s own cycles or more have passed since (from three purchases on %(dormant_regular)s), and at least the cycle and %(dormant_days)s days; without a cycle %(risk_to)s to %(dormant_to)s days"),
    "lost": gettext_lazy("bought, but %(lost)s own cycles or more have passed since (from three purchases on %(lost_regular)s), and at least the cycle and %(lost_days)s days, and fewer than %(chance)s%% of such people were seen to come back; without a cycle more than %(dormant_to)s days"),
    "passer_by": gettext_lazy("never bought, not linked with us, and no sign of life within %(signal)s days"),
}  # fmt: skip
TIERS = {
    "heavy": gettext_lazy("%(heavy)s purchase days or more within 365 days, and in the shop’s upper fifth by purchase days or by net spending"),
    "buyer": gettext_lazy("bought at some time, and is no heavy user"),
    "potential": gettext_lazy("never bought, but asked, looked at goods or wished for some within %(signal)s days"),
    "follower": gettext_lazy("linked with us, and none of the other three"),
}  # fmt: skip
VALUES = {
    "high": gettext_lazy("in the upper fifth of the year’s buyers by net spending"),
    "mid": gettext_lazy("in the upper half of the year’s buyers by net spending, below the upper fifth"),
    "low": gettext_lazy("a buyer below the middle of the year’s buyers by net spending"),
}  # fmt: skip
HOURS = {
    "morning": gettext_lazy("most of their purchases of 180 days between 5 and 11 o’clock, of two or more"),
    "noon": gettext_lazy("most of their purchases of 180 days between 11 and 17 o’clock, of two or more"),
    "evening": gettext_lazy("most of their purchases of 180 days between 17 and 22 o’clock, of two or more"),
    "night": gettext_lazy("most of their purchases of 180 days between 22 and 5 o’clock, of two or more"),
}  # fmt: skip
CHOICES: Mapping[str, Mapping[str, Any]] = {
    "stage": STAGES,
    "tier": TIERS,
    "value": VALUES,
    "hour_habit": HOURS,
}
PLAIN: Mapping[str, Any] = {
    "vip": gettext_lazy("among the top 5%% of the year’s buyers by net spending"),
    "promoter": gettext_lazy("somebody they brought bought within 180 days"),
    "muted": gettext_lazy("their latest word is that they want fewer messages or none"),
    "bargain_hunter": gettext_lazy("a suspicion: three orders or more in 180 days, at least 80%% of them with a coupon or discount, and either more than 30%% of them with money back or in the shop’s lowest fifth by usual spending"),
    "due": gettext_lazy("0.9 to 1.5 own cycles have passed since the latest purchase"),
    "ratio": gettext_lazy("days since the latest purchase, divided by the person’s own cycle"),
    "trust": gettext_lazy("0 to 100 points: for days linked, replies, good reviews and people brought; less for complaints and poor reviews"),
    "need": gettext_lazy("0 to 100 points: up to %(rhythm)s for the own rhythm, highest from 0.9 to 1.5 cycles; for goods looked at in 30 days and open wishes"),
    "means": gettext_lazy("0 to 100 points: how many of a hundred buyers spend less per purchase; less for buying on offer"),
    "weakest": gettext_lazy("the lowest of the three scores trust, need and means; it says what to do next"),
    "recency_score": gettext_lazy("1 to 5 by days since the latest purchase, 5 the latest fifth of the year’s buyers"),
    "frequency_score": gettext_lazy("1 to 5 by purchase days in 365 days, 5 the upper fifth of the year’s buyers"),
    "money_score": gettext_lazy("1 to 5 by net spending in 365 days, 5 the upper fifth of the year’s buyers"),
    "rfm": gettext_lazy("the three scores beside each other: how lately, how often, how much"),
    "promo_share": gettext_lazy("share of their orders of 180 days with a coupon or a discount"),
    "refund_share": gettext_lazy("share of their orders of 180 days of which money went back"),
    "occasions": gettext_lazy("days on which they bought, bulk orders left out"),
    "last_signal_on": gettext_lazy("their latest purchase, message, claim, click or look at goods"),
}  # fmt: skip
# Name ► cuts that are said beside it, and how.
_MONEY, _DAYS = "money", "days"
OWN: Mapping[str, tuple[tuple[str, int, str], ...]] = {
    "tier:heavy": (("heavy_days", 0, _DAYS), ("heavy_net", 0, _MONEY)),
    "value:high": (("worth", 1, _MONEY),),
    "value:mid": (("worth", 0, _MONEY),),
    "vip": (("vip", 0, _MONEY),),
}
SCORES = {"recency_score": "recency", "frequency_score": "frequency", "money_score": "money"}


@dataclass(frozen=True)
class Meaning:
    """`name` as the sentence calls it, what it means, and where it begins in this shop now (empty: nowhere, or unknown)."""

    name: str
    means: str
    here: str


def meanings(rule: Rule, cuts: Cuts | None = None, currency: str = "CNY") -> list[Meaning]:
    """Of every word in the rule that has a definition, each once, in the order of the rule."""
    found: dict[str, Meaning] = {}
    for name, choice in _named(rule):
        key = f"{name}:{choice}" if choice else name
        told = CHOICES.get(name, {}).get(choice) if choice else PLAIN.get(name)
        if told is not None and key not in found:
            label = (words.choice(name, choice) if choice else None) or words.attribute(name)
            here = _here(name, key, cuts or {}, currency)
            found[key] = Meaning(label, str(told) % _said_numbers(), here)
    return list(found.values())


def _named(rule: Rule) -> Iterator[tuple[str, str]]:
    for leaf in leaves(rule):
        inner = leaf.rule if isinstance(leaf, Been) else leaf
        if isinstance(inner, Rank):
            yield inner.field, ""
        elif isinstance(inner, Compare):
            yield inner.field, ""
            for value in inner.test.values:
                if isinstance(value, str):
                    yield inner.field, value


def _here(name: str, key: str, cuts: Cuts, currency: str) -> str:
    if name in SCORES and len(cuts.get(SCORES[name], ())) == 4:
        kind = _MONEY if name == "money_score" else _DAYS
        values = listed([_value(each, kind, currency) for each in cuts[SCORES[name]]])
        return _("In this shop now cut at %(values)s.") % {"values": values}
    told = [
        _value(cuts[cut][place], kind, currency)
        for cut, place, kind in OWN.get(key, ())
        if len(cuts.get(cut, ())) > place
    ]
    if not told:
        return ""
    if len(told) > 1:
        return _("In this shop now from %(one)s or %(other)s on.") % {
            "one": told[0],
            "other": told[1],
        }
    return _("In this shop now from %(value)s on.") % {"value": told[0]}


def _value(value: float, kind: str, currency: str) -> str:
    if kind == _MONEY:
        return spoken(round(value), currency)
    number = Decimal(str(round(value, 1)))
    shown = f"{number.normalize():f}"
    return _("%(count)s days") % {"count": shown}


def _said_numbers() -> Mapping[str, str]:
    return {name: f"{number:g}" for name, number in _NUMBERS.items()}
