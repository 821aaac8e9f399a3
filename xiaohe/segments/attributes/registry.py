"""What rules may say of a person: every attribute, its kind and its choices. Pure; how each is reckoned: docs/segments.md.

`table(world)` has one column per name, and beside them for each recurring day X also `X_before`:

| kind      | column |
|-----------|--------|
| TEXT      | string |
| CHOICE    | string, one of `choices` |
| NUMBER    | int64 or float64 |
| MONEY     | int64, minor units of the shop's currency |
| TRUTH     | boolean, never null |
| DAY       | date, a shop day |
| RECURRING | date X: the next such day on or after D; `X_before`: the latest one before D. Null where none was told |

Unknown is null and fits no comparison. How often somebody did something (occasions, days_365, referrals, chain_depth) is
0 for whoever never did; money is unknown where nothing was bought, so that a place among others is one among buyers.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum

from xiaohe.segments.rules.vocabulary import Field, Kind
from xiaohe.stats.stages import Stage


class Consent(StrEnum):
    """The latest statement of a person about being written to."""

    GIVEN = "given"
    REDUCED = "reduced"
    WITHDRAWN = "withdrawn"


class Worth(StrEnum):
    """By the shop's P80 and P50 of net 365 d."""

    HIGH = "high"
    MID = "mid"
    LOW = "low"


class Hour(StrEnum):
    """Part of the shop's day in which somebody buys most."""

    MORNING = "morning"
    NOON = "noon"
    EVENING = "evening"
    NIGHT = "night"


class Way(StrEnum):
    ONLINE = "online"
    STORE = "store"
    BOTH = "both"


class Readiness(StrEnum):
    """What an order takes; the weakest of the three names the next action."""

    TRUST = "trust"
    NEED = "need"
    MEANS = "means"


TIERS = ("heavy", "buyer", "potential", "follower")
BASES = ("own", "one_gap", "first_return")
ENDED_BY = ("customer", "staff", "system")


def _fields(kind: Kind, names: str) -> list[Field]:
    return [Field(name, kind) for name in names.split()]


def _choice(name: str, choices: type[StrEnum] | tuple[str, ...]) -> Field:
    return Field(name, Kind.CHOICE, tuple(str(each) for each in choices))


_ALL = (
    # Where somebody stands.
    _choice("stage", Stage),
    _choice("tier", TIERS),
    *_fields(Kind.TRUTH, "vip promoter muted bargain_hunter complaint_open due was_referred"),
    # Readiness, 0–100 each.
    *_fields(Kind.NUMBER, "trust need means"),
    _choice("weakest", Readiness),
    # Buying and the person's own rhythm.
    *_fields(Kind.NUMBER, "occasions days_365 days_since cycle ratio chance promo_share refund_share"),
    *_fields(Kind.MONEY, "net_total net_365 ev usual_net"),
    *_fields(Kind.DAY, "first_on last_on due_on last_signal_on"),
    _choice("basis", BASES),
    _choice("value", Worth),
    *_fields(Kind.NUMBER, "recency_score frequency_score money_score"),
    *_fields(Kind.TEXT, "rfm category_1 category_2"),
    _choice("hour_habit", Hour),
    _choice("shop_habit", Way),
    # Links: `linked` is a live private one of any kind; `days` are whole shop days.
    *_fields(Kind.TRUTH, "linked friend in_group follows ever_linked"),
    *_fields(Kind.NUMBER, "link_days"),
    *_fields(Kind.DAY, "linked_since"),
    _choice("ended_by", ENDED_BY),
    *_fields(Kind.TEXT, "account staff store"),
    _choice("consent", Consent),
    # Where somebody came from.
    *_fields(Kind.DAY, "source_first_on"),
    *_fields(Kind.TEXT, "first_source_type first_platform first_entry first_code"),
    *_fields(Kind.TEXT, "last_source_type last_platform last_entry last_code"),
    # Whom they brought.
    *_fields(Kind.NUMBER, "referrals chain_depth"),
    # Days that come back.
    *_fields(Kind.RECURRING, "birthday anniversary baby"),
)  # fmt: skip
ATTRIBUTES: Mapping[str, Field] = {each.name: each for each in _ALL}
RECURRING = tuple(each.name for each in _ALL if each.kind is Kind.RECURRING)


def before(name: str) -> str:
    """The column with the latest day before D of the recurring day `name`."""
    return f"{name}_before"
