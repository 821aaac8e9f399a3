"""The only door between an intention and a person: `decide` answers allow, defer until, or suppress because.

Pure: dataclasses in, dataclasses out. The rules are asked in the order in which they stand in `decide`; the
first that objects names itself, so a person always has one reason and the same one everywhere.

    for ever        opted_out · not_linked · complaint_open
    this cycle      just_bought · already_ordered · skipped_this_cycle · asked_twice · resting
    the data        data_too_old
    for now         postponed · complaint_recent · spoken_today · asked_recently · cap_week · cap_month · caps
                    of promotion · reduced
    the comparison  held_out · waiting
    the hour        quiet_hours
    the list        mix · daily_limit                      (told by autopilot.compose, not here)

Service touches (an answer, an order's facts, care of somebody drifting) pass the data's age and the comparison;
what the customer started passes the caps. Nothing passes an opt-out.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from math import ceil

from xiaohe.stats.holdout import Arm


class Rule(StrEnum):
    """Every reason the governor can give; published, so a name is never reused for another meaning."""

    CLEAR = "clear"
    NOT_LINKED = "not_linked"
    OPTED_OUT = "opted_out"
    COMPLAINT_OPEN = "complaint_open"
    COMPLAINT_RECENT = "complaint_recent"
    REDUCED = "reduced"
    RESTING = "resting"
    ASKED_TWICE = "asked_twice"
    ASKED_RECENTLY = "asked_recently"
    ALREADY_TOUCHED = "already_touched"
    CAP_WEEK = "cap_week"
    CAP_MONTH = "cap_month"
    CAP_PROMOTION = "cap_promotion"
    SPOKEN_TODAY = "spoken_today"
    QUIET_HOURS = "quiet_hours"
    HELD_OUT = "held_out"
    WAITING = "waiting"
    DATA_TOO_OLD = "data_too_old"
    POSTPONED = "postponed"
    SKIPPED_THIS_CYCLE = "skipped_this_cycle"
    JUST_BOUGHT = "just_bought"
    ALREADY_ORDERED = "already_ordered"
    MIX = "mix"
    DAILY_LIMIT = "daily_limit"


class Kind(StrEnum):
    ALLOW = "allow"
    DEFER = "defer"
    SUPPRESS = "suppress"
    HELD_OUT = "held_out"
    WAITING = "waiting"


@dataclass(frozen=True, slots=True)
class Rules:
    """What a shop may set; the defaults stand in docs/definitions.md."""

    quiet_from: time = time(21, 30)
    quiet_to: time = time(9, 0)
    week_cap: int = 1
    month_cap: int = 3
    promotion_cap: int = 2
    asks_per_cycle: int = 2
    ask_gap_days: int = 7
    ask_gap_share: float = 0.25  # of the person's own cycle
    unanswered_before_rest: int = 2
    complaint_quiet_days: int = 14
    reduced_factor: int = 4  # "less" leaves one quarter of the caps: the windows grow fourfold
    questions_only_after_days: int = 7
    closes_after_days: int = 21


@dataclass(frozen=True, slots=True)
class Intent:
    """One intention to reach one person on `on`, at the shop's local time `at`."""

    program: str
    on: date
    at: time
    asks: bool = False  # a due ask: counted per cycle, compared with people left alone
    question: bool = False  # does not offer goods
    service: bool = False  # care or service: no comparison, stays when the data is old
    promotional: bool = False
    first_words: bool = False  # a greeting: pointless once anything was said
    proactive: bool = True  # False: an answer, welcome on day 0, facts of an order
    cycle_days: float | None = None
    cycle_start: date | None = None
    data_age_days: int = 0


@dataclass(frozen=True, slots=True)
class Standing:
    """What lies between us and one person: the end of a contact history, as days of the shop."""

    linked: bool = True
    opted_out: bool = False
    reduced: bool = False
    complaint_open: bool = False
    complaint_closed_on: date | None = None
    touched_on: tuple[date, ...] = ()  # proactive one-to-one touches, each task once
    promoted_on: tuple[date, ...] = ()
    asked_on: tuple[date, ...] = ()  # due asks, of any cycle
    unanswered: int = 0  # sent touches in a row without an answer within 7 days
    last_act_on: date | None = None  # the person's last reply, order or report
    programs_touched: tuple[tuple[str, date], ...] = ()
    postponed_until: date | None = None
    skipped: tuple[tuple[str, bool, date], ...] = ()  # program, whether it asks, day
    just_bought_on: date | None = None
    ordered_on: date | None = None
    spoken_today_by: str | None = None
    arm: Arm | None = None
    waits_until: date | None = None
    last_unanswered_on: date | None = None


@dataclass(frozen=True, slots=True)
class Decision:
    kind: Kind
    rule: Rule
    until: date | datetime | None = None


ALLOW = Decision(Kind.ALLOW, Rule.CLEAR)


def decide(intent: Intent, standing: Standing, rules: Rules | None = None) -> Decision:
    """Whether this touch may be made now; the first rule that objects answers."""
    rules = rules or Rules()
    return (
        _for_ever(standing)
        or _this_cycle(intent, standing, rules)
        or _data(intent, rules)
        or _for_now(intent, standing, rules)
        or _comparison(intent, standing)
        or _hour(intent, rules)
        or ALLOW
    )


def _for_ever(standing: Standing) -> Decision | None:
    if standing.opted_out:
        return Decision(Kind.SUPPRESS, Rule.OPTED_OUT)
    if not standing.linked:
        return Decision(Kind.SUPPRESS, Rule.NOT_LINKED)
    if standing.complaint_open:
        return Decision(Kind.SUPPRESS, Rule.COMPLAINT_OPEN)
    return None


def _this_cycle(intent: Intent, standing: Standing, rules: Rules) -> Decision | None:
    start = intent.cycle_start
    for bought_on, rule in (
        (standing.just_bought_on, Rule.JUST_BOUGHT),
        (standing.ordered_on, Rule.ALREADY_ORDERED),
    ):
        again = _cycle_restarts(bought_on, intent)
        if again is not None and intent.on < again:
            return Decision(Kind.SUPPRESS, rule, again)
    for program, asked, day in standing.skipped:
        # "Not this time" to one ask is an answer to every ask of the cycle, not to a greeting.
        same = (asked and intent.asks) or program == intent.program
        if same and _in_cycle(day, start):
            return Decision(Kind.SUPPRESS, Rule.SKIPPED_THIS_CYCLE)
    if not intent.proactive:
        return None
    if intent.asks and len(asks_in_cycle(standing, start)) >= rules.asks_per_cycle:
        return Decision(Kind.SUPPRESS, Rule.ASKED_TWICE)
    spoken = [program for program, day in standing.programs_touched if _in_cycle(day, start)]
    if not intent.asks and (intent.program in spoken or (intent.first_words and spoken)):
        return Decision(Kind.SUPPRESS, Rule.ALREADY_TOUCHED)
    # Two unanswered in a row rest until the person acts or buys again (a purchase starts the next cycle).
    rests = standing.unanswered >= rules.unanswered_before_rest
    if rests and standing.last_unanswered_on and _in_cycle(standing.last_unanswered_on, start):
        return Decision(Kind.SUPPRESS, Rule.RESTING)
    return None


def _in_cycle(day: date, cycle_start: date | None) -> bool:
    """Days of the purchase itself belong to the cycle it starts."""
    return cycle_start is None or day >= cycle_start


def asks_in_cycle(standing: Standing, cycle_start: date | None) -> list[date]:
    return [day for day in standing.asked_on if _in_cycle(day, cycle_start)]


def _cycle_restarts(bought_on: date | None, intent: Intent) -> date | None:
    """When a reported purchase makes the person due again, unless their orders have already told it."""
    if bought_on is None:
        return None
    if intent.cycle_start is not None and bought_on <= intent.cycle_start:
        return None
    # Somebody without a rhythm of their own is left alone for the default cycle's length.
    return bought_on + timedelta(days=ceil(0.9 * (intent.cycle_days or 30.0)))


def _data(intent: Intent, rules: Rules) -> Decision | None:
    if intent.service:
        return None
    if intent.data_age_days > rules.closes_after_days:
        return Decision(Kind.SUPPRESS, Rule.DATA_TOO_OLD)
    if intent.data_age_days > rules.questions_only_after_days and not intent.question:
        return Decision(Kind.SUPPRESS, Rule.DATA_TOO_OLD)
    return None


def _for_now(intent: Intent, standing: Standing, rules: Rules) -> Decision | None:
    if standing.postponed_until is not None and intent.on < standing.postponed_until:
        return Decision(Kind.DEFER, Rule.POSTPONED, standing.postponed_until)
    if standing.complaint_closed_on is not None:
        calm = standing.complaint_closed_on + timedelta(days=rules.complaint_quiet_days)
        if intent.on < calm:
            return Decision(Kind.DEFER, Rule.COMPLAINT_RECENT, calm)
    if not intent.proactive:
        return None
    if standing.spoken_today_by is not None:
        return Decision(Kind.DEFER, Rule.SPOKEN_TODAY, intent.on + timedelta(days=1))
    return _asked_recently(intent, standing, rules) or _caps(intent, standing, rules)


def _asked_recently(intent: Intent, standing: Standing, rules: Rules) -> Decision | None:
    asks = asks_in_cycle(standing, intent.cycle_start)
    if not intent.asks or not asks:
        return None
    gap = max(float(rules.ask_gap_days), rules.ask_gap_share * (intent.cycle_days or 0.0))
    again = max(asks) + timedelta(days=ceil(gap))
    return Decision(Kind.DEFER, Rule.ASKED_RECENTLY, again) if intent.on < again else None


def _caps(intent: Intent, standing: Standing, rules: Rules) -> Decision | None:
    factor = rules.reduced_factor if standing.reduced else 1
    checks = [
        (standing.touched_on, rules.week_cap, 7, Rule.CAP_WEEK),
        (standing.touched_on, rules.month_cap, 30, Rule.CAP_MONTH),
    ]
    if intent.promotional:
        checks.append((standing.promoted_on, rules.promotion_cap, 30, Rule.CAP_PROMOTION))
    for days, cap, window, rule in checks:
        again = _free_on(days, cap, window, intent.on)
        if again is not None:
            return Decision(Kind.DEFER, rule, again)
        # Only the longer window of "less" objects: say that, not the ordinary cap.
        again = _free_on(days, cap, window * factor, intent.on)
        if again is not None:
            return Decision(Kind.DEFER, Rule.REDUCED, again)
    return None


def _free_on(days: tuple[date, ...], cap: int, window: int, on: date) -> date | None:
    """First day with fewer than `cap` touches in the `window` days up to it; None if that is already so."""
    recent = sorted(day for day in days if timedelta() <= on - day < timedelta(days=window))
    if len(recent) < cap:
        return None
    if cap <= 0:
        return on + timedelta(days=1)
    return recent[-cap] + timedelta(days=window)


def _comparison(intent: Intent, standing: Standing) -> Decision | None:
    if intent.service or not intent.asks:
        return None
    if standing.arm is Arm.HELD_OUT:
        return Decision(Kind.HELD_OUT, Rule.HELD_OUT)
    waits = standing.arm is Arm.WAITING and standing.waits_until is not None
    if waits and standing.waits_until is not None and intent.on < standing.waits_until:
        return Decision(Kind.WAITING, Rule.WAITING, standing.waits_until)
    return None


def _hour(intent: Intent, rules: Rules) -> Decision | None:
    if not intent.proactive or not is_quiet(intent.at, rules):
        return None
    evening = rules.quiet_from > rules.quiet_to and intent.at >= rules.quiet_from
    day = intent.on + timedelta(days=1) if evening else intent.on
    return Decision(Kind.DEFER, Rule.QUIET_HOURS, datetime.combine(day, rules.quiet_to))


def is_quiet(at: time, rules: Rules) -> bool:
    """Whether a local time lies in the quiet hours, which may cross midnight."""
    start, end = rules.quiet_from, rules.quiet_to
    return start <= at < end if start <= end else at >= start or at < end
