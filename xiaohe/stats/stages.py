"""Exactly one lifecycle stage per person and day, and one of four tiers.

          r < 1.5            r ≥ 1.5, ≥ C+7 d     r ≥ 2.5 (3), ≥ C+14 d    r ≥ 4 (6), ≥ C+30 d
    new · growing · regular ──────► at_risk ────────────► dormant ─────────────────► lost

The figures in brackets are for people with three occasions or more. Where r has passed a line but the days
have not, the stage before it holds: a coffee drinker with a three-day cycle is not lost after two weeks.
Reference: domain, 3.3; calculations, "Stages without holes".
"""

from __future__ import annotations

from enum import StrEnum

DAYS_TO_RISK, DAYS_TO_DORMANT, DAYS_TO_LOST = 7, 14, 30
RISK_RATIO = 1.5
# Short histories are given up sooner than those of regulars.
DORMANT_RATIO, DORMANT_RATIO_REGULAR = 2.5, 3.0
LOST_RATIO, LOST_RATIO_REGULAR = 4.0, 6.0
LOST_BELOW_CHANCE = 0.05
# Buyers without a cycle, days since their last purchase, both ends included.
NEW_UP_TO, RISK_UP_TO, DORMANT_UP_TO = 90, 180, 365
SIGNAL_DAYS = 90
HEAVY_PURCHASE_DAYS = 3


class Stage(StrEnum):
    PROSPECT = "prospect"
    NEW = "new"
    GROWING = "growing"
    REGULAR = "regular"
    AT_RISK = "at_risk"
    DORMANT = "dormant"
    LOST = "lost"
    PASSER_BY = "passer_by"


class Tier(StrEnum):
    HEAVY = "heavy"
    BUYER = "buyer"
    POTENTIAL = "potential"
    FOLLOWER = "follower"
    NONE = "none"


def stage_of_buyer(
    occasions: int, days_since: int, cycle: float | None, *, return_chance: float | None = None
) -> Stage:
    """The stage of a person with at least one occasion, `days_since` the last one (whole shop days).

    `return_chance`: the shop's own measured chance to return within one further cycle at this standing, or
    None while too few cases allow one; somebody still likely (≥ 5 %) to return is dormant, not lost.
    """
    if occasions < 1:
        raise ValueError("a buyer has at least one occasion")
    if cycle is None:
        return _stage_without_cycle(days_since)
    ratio, beyond = days_since / cycle, days_since - cycle
    regular = occasions >= 3
    given_up = return_chance is None or return_chance < LOST_BELOW_CHANCE
    if (
        ratio >= (LOST_RATIO_REGULAR if regular else LOST_RATIO)
        and beyond >= DAYS_TO_LOST
        and given_up
    ):
        return Stage.LOST
    if ratio >= (DORMANT_RATIO_REGULAR if regular else DORMANT_RATIO) and beyond >= DAYS_TO_DORMANT:
        return Stage.DORMANT
    if ratio >= RISK_RATIO and beyond >= DAYS_TO_RISK:
        return Stage.AT_RISK
    return (Stage.NEW, Stage.GROWING, Stage.REGULAR)[min(occasions, 3) - 1]


def _stage_without_cycle(days_since: int) -> Stage:
    if days_since <= NEW_UP_TO:
        return Stage.NEW
    if days_since <= RISK_UP_TO:
        return Stage.AT_RISK
    return Stage.DORMANT if days_since <= DORMANT_UP_TO else Stage.LOST


def stage_of_other(*, linked: bool, days_since_signal: int | None) -> Stage:
    """The stage of somebody known who never bought: prospect if linked or heard of within 90 days."""
    heard = days_since_signal is not None and days_since_signal <= SIGNAL_DAYS
    return Stage.PROSPECT if linked or heard else Stage.PASSER_BY


def is_heavy(purchase_days: int, net: int, *, purchases_p80: float, net_p80: float) -> bool:
    """≥ 3 purchase days in 365 days and at or above the shop's P80 in purchase days or in net value.

    P80 over the shop's buyers of the same 365 days, linearly interpolated; `net` in minor units.
    """
    if purchase_days < HEAVY_PURCHASE_DAYS:
        return False
    return purchase_days >= purchases_p80 or net >= net_p80


def tier_of(*, has_bought: bool, heavy: bool, need_signal: bool, linked: bool) -> Tier:
    """Heavy, buyer, potential (asked within 90 days), follower (linked), or none of these."""
    if has_bought:
        return Tier.HEAVY if heavy else Tier.BUYER
    if need_signal:
        return Tier.POTENTIAL
    return Tier.FOLLOWER if linked else Tier.NONE
