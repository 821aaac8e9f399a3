"""Kaplan–Meier median: how long until half of the first-time buyers are back.

Whoever has not returned yet is censored, not dropped: dropping them would make a shop where most people
buy once look as if everybody came back soon.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

MIN_OBSERVED = 30


@dataclass(frozen=True)
class MedianTime:
    """Half of the people are back after `days`; `people` looked at, `observed` of them came back."""

    days: int
    people: int
    observed: int


@dataclass(frozen=True)
class NotReached:
    """Fewer than half ever come back as far as can be seen; `still_away` is the share at the end."""

    still_away: float
    people: int
    observed: int


@dataclass(frozen=True)
class TooFew:
    """Too few returns to say anything."""

    observed: int
    needed: int = MIN_OBSERVED


def median_time(
    durations: Sequence[int], returned: Sequence[bool]
) -> MedianTime | NotReached | TooFew:
    """The smallest t with S(t) ≤ 0.5, in whole days; needs at least 30 observed returns.

    S(t) = Π over event days tᵢ ≤ t of (1 − dᵢ ÷ nᵢ), dᵢ returns on that day among nᵢ still away and under
    observation; on one day returns come before censorings. Kaplan & Meier, "Nonparametric Estimation from
    Incomplete Observations", JASA 53 (1958), eq. 2b. Assumes that when somebody bought first says nothing
    about how fast they return; a seasonal rush of first-time buyers breaks that.
    `durations`: days to the second occasion if `returned`, else days watched so far.
    """
    if len(durations) != len(returned):
        raise ValueError("one flag per duration")
    events = Counter(days for days, came in zip(durations, returned, strict=True) if came)
    leaving = Counter(durations)
    observed = sum(events.values())
    if observed < MIN_OBSERVED:
        return TooFew(observed)
    # The product of (n − d) ÷ n telescopes only without censoring, so it is carried as a float.
    at_risk, still_away = len(durations), 1.0
    for day in sorted(leaving):
        still_away *= 1 - events[day] / at_risk
        if events[day] and still_away <= 0.5 + 1e-12:
            return MedianTime(day, len(durations), observed)
        at_risk -= leaving[day]
    return NotReached(still_away, len(durations), observed)
