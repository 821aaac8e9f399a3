"""What an order takes, in points: trust, need and means, 0–100 each, with the reasons that weigh most. Pure.

The tables below are the published ones (docs/segments.md, "How stages, tiers and readiness are reckoned"). They are
choices, not findings: they order people for whoever talks to them, and promise nothing. A line gives the points of its
last step that the value has reached; a value below the first step, or unknown, gives none. A score is the sum of its
lines, never below 0 nor above 100.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from xiaohe.stats.value import BAND_EDGES

LEAST, MOST = 0, 100
REASONS = 3
# What the rhythm alone may give; the shop's own curve is scaled to it.
RHYTHM_POINTS = 60
PERCENTILE_STEP = 5
Step = tuple[float, int]


@dataclass(frozen=True)
class Line:
    """Points for one kind of evidence; `steps` are (from this value on, points), ascending."""

    code: str
    steps: tuple[Step, ...]


TRUST = (
    # Whole days since the link began, for whoever is linked.
    Line("link_days", ((0, 10), (7, 20), (30, 30), (180, 40))),
    # Messages of theirs in 180 days.
    Line("replies", ((1, 10), (2, 15), (5, 20))),
    # Reviews of 365 days with four stars or more, or without a rating; and with two stars or fewer.
    Line("good_reviews", ((1, 15), (3, 20))),
    Line("poor_reviews", ((1, -10), (3, -20))),
    # People they ever brought who bought.
    Line("referrals", ((1, 15), (3, 20))),
    # Complaints of 180 days that are settled; and whether one is open.
    Line("complaints", ((1, -15), (2, -25))),
    Line("complaint_open", ((1, -40),)),
)
RHYTHM = Line("ratio", ((0, 5), (0.5, 25), (0.9, RHYTHM_POINTS), (1.5, 35), (2.5, 15), (4, 5)))
NEED = (
    RHYTHM,
    # Goods looked at, searched or put into the cart in 30 days; and goods still on their wish list.
    Line("looks", ((1, 15), (3, 20), (6, 25))),
    Line("wishes", ((1, 15),)),
)
# How many of a hundred buyers somebody's purchase is worth at least as much as, in steps of five; and five more.
PERCENTILE = Line(
    "percentile", tuple((p, p + PERCENTILE_STEP) for p in range(0, MOST, PERCENTILE_STEP))
)
MEANS = (
    PERCENTILE,
    # Share of their orders of 180 days with a coupon or a discount.
    Line("promo_share", ((0.2, -10), (0.6, -20))),
)
SCORES: Mapping[str, tuple[Line, ...]] = {"trust": TRUST, "need": NEED, "means": MEANS}
# Without it there is no score: nobody knows the means of somebody who never bought.
NEEDED = {"means": "percentile"}


@dataclass(frozen=True)
class Reason:
    """One line that gave points: its code, the value, and how many."""

    code: str
    value: float
    points: int


@dataclass(frozen=True)
class Score:
    points: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True)
class Ready:
    """The scores by name, None where nobody can know, and the weakest of those known."""

    scores: Mapping[str, Score | None]
    weakest: str


def points(line: Line, value: float | None) -> int:
    reached = [given for begins, given in line.steps if value is not None and value >= begins]
    return reached[-1] if reached else 0


def score(lines: Sequence[Line], evidence: Mapping[str, float | None]) -> Score:
    """The sum within bounds, and the three lines that weigh most; of equal weight, in the table's order."""
    told = [(line.code, evidence.get(line.code)) for line in lines]
    given = [
        Reason(code, value, points(line, value))
        for line, (code, value) in zip(lines, told, strict=True)
        if value is not None
    ]
    weighty = sorted((each for each in given if each.points), key=lambda each: -abs(each.points))
    total = sum(each.points for each in given)
    return Score(min(max(total, LEAST), MOST), tuple(weighty[:REASONS]))


def ready(evidence: Mapping[str, float | None], curve: Line = RHYTHM) -> Ready:
    """All three; `curve` stands in for the rhythm's line where the shop has one of its own (`own_curve`)."""
    scores: dict[str, Score | None] = {}
    for name, lines in SCORES.items():
        needed = NEEDED.get(name)
        if needed is not None and evidence.get(needed) is None:
            scores[name] = None
            continue
        scores[name] = score(with_curve(lines, curve), evidence)
    known = [(each.points, name) for name, each in scores.items() if each is not None]
    least = min(given for given, _ in known)
    return Ready(scores, next(name for given, name in known if given == least))


def with_curve(lines: Sequence[Line], curve: Line) -> tuple[Line, ...]:
    return tuple(curve if line is RHYTHM else line for line in lines)


def own_curve(shares: Sequence[float | None]) -> Line | None:
    """The rhythm's line from the shop's own shares who bought within 14 days, per band of r (`stats.value`).

    The best band gives 60 points, others in proportion. None unless every band has its share (30 cases or more).
    """
    if len(shares) != len(BAND_EDGES) + 1 or any(share is None for share in shares):
        return None
    known = [share for share in shares if share is not None]
    most = max(known)
    if most <= 0:
        return None
    begins = (0.0, *BAND_EDGES)
    steps = tuple(
        (edge, int(RHYTHM_POINTS * share / most + 0.5))
        for edge, share in zip(begins, known, strict=True)
    )
    return Line(RHYTHM.code, steps)
