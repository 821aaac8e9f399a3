"""Probabilistic record linkage: how much each agreement says, and how likely a pair is one person.

    weight of a pair   w = Σ over fields of log2( m[level] / u[level] )          Fellegi & Sunter (1969), eq. 9 ff.
    odds of a match    prior odds · 2^w

Per field, m is the chance of a level among matches and u among non-matches. u comes from random pairs, nearly all
of which are non-matches. m comes from pairs known to match; where there are too few, from the EM algorithm over
unlabelled pairs (Winkler 1988; Herzog, Scheuren & Winkler 2007, ch. 9); where even those are too few, from presets,
and the fit says so. A shared rare value says more than a shared common one: `rarity` replaces the u of a level by
the frequency of the value itself (Winkler 2000).

Assumes that fields agree independently, given match or not. Where they do not (a city typed beside a name by the
same hand) weights add up too high and probabilities are overconfident at both ends; the order of pairs suffers less.
A value that is missing on either side says nothing: its weight is 0, which assumes that values are missing by chance.

Fellegi, I. & Sunter, A. (1969). A theory for record linkage. JASA 64, 1183-1210.
Winkler, W. (1988). Using the EM algorithm for weight computation in the Fellegi-Sunter model of record linkage.
  Proc. Section on Survey Research Methods, ASA, 667-671.
Winkler, W. (2000). Frequency-based matching in Fellegi-Sunter model of record linkage. Census Bureau RR2000/06.
Herzog, T., Scheuren, F. & Winkler, W. (2007). Data Quality and Record Linkage Techniques. Springer.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum

import numpy as np
from numpy.typing import NDArray

# In a column of levels: one of the two sides does not say. 0 is disagreement; higher levels agree more.
MISSING = -1
# Fewer labelled pairs than this say too little of a field.
LEAST_PAIRS = 30
# A preset weighs as much as so many labelled pairs, so that a level nobody has seen yet keeps a chance.
PRESET_PAIRS = 4.0
# Nothing is certain here: no level of a field has a chance below this under either hypothesis.
FLOOR = 1e-9

Floats = NDArray[np.float64]
Levels = NDArray[np.int8]


class Learned(StrEnum):
    """Where a field's m comes from."""

    PAIRS = "pairs"  # pairs known to match
    EM = "em"  # unlabelled pairs
    PRESET = "preset"  # too few of either


@dataclass(frozen=True)
class Field:
    """One compared field: the chance of each level among matches and among non-matches."""

    name: str
    m: tuple[float, ...]
    u: tuple[float, ...]
    learned: Learned = Learned.PRESET
    pairs: int = 0

    def __post_init__(self) -> None:
        if len(self.m) != len(self.u) or len(self.m) < 2:
            raise ValueError(f"{self.name}: m and u need the same levels, two or more")
        for chances in (self.m, self.u):
            if min(chances) < 0 or abs(sum(chances) - 1) > 1e-6:
                raise ValueError(f"{self.name}: the chances of all levels add up to 1")

    @property
    def weights(self) -> Floats:
        """log2(m/u) per level, the last entry for MISSING."""
        m, u = (np.maximum(np.asarray(each), FLOOR) for each in (self.m, self.u))
        return np.append(np.log2(m / u), 0.0)


def weights(fields: Sequence[Field], levels: Levels) -> Floats:
    """The weight of each pair; `levels` has one row per pair and one column per field."""
    total = np.zeros(len(levels))
    for at, field in enumerate(fields):
        total += field.weights[levels[:, at]]
    return total


def rarity(field: Field, level: int, frequency: Floats) -> Floats:
    """What to add to a pair's weight because the value both share is that frequent: log2(u / frequency).

    `frequency`: of the value in the file, or NaN where it is not known, which adds nothing.
    """
    u = max(field.u[level], FLOOR)
    known = np.where(np.isnan(frequency), u, np.maximum(frequency, FLOOR))
    found: Floats = np.log2(u / known)
    return found


def chance(weight: Floats, prior: float) -> Floats:
    """P(match) of pairs by their weight, each for itself; `prior`: the share of matches among all pairs compared."""
    log_odds = np.asarray(weight) * np.log(2) + np.log(prior) - np.log1p(-prior)
    found: Floats = 1 / (1 + np.exp(-np.clip(log_odds, -700, 700)))
    return found


# ---------------------------------------------------------------- one record has at most one partner


def chance_among(
    weight: Floats, group: NDArray[np.intp], share: float, others: int, *, missed: float = 0.0
) -> Floats:
    """P(match) where the pairs of one `group` exclude each other: a contact is at most one of `others` buyers.

    A member of a group is somebody among `others` with chance `share`, before anything was compared; `missed` is the
    chance that a true pair was not among those compared (blocking). Then P(pair) is s·2^w/N over
    (1 - s) + s·missed + Σ s·2^w/N: summed over non-matches, 2^w/N comes to the chance of matches, so what was not
    compared weighs `missed`. Groups are numbered from 0.
    """
    if not len(weight):
        return np.zeros(0)
    nobody = np.log1p(-share * (1 - missed))
    # Relative to the best of the group, or to "nobody", whichever is larger: no overflow.
    log_odds = weight * np.log(2) + np.log(share / max(others, 1)) - nobody
    top = np.zeros(int(group.max()) + 1)
    np.maximum.at(top, group, log_odds)
    odds = np.exp(log_odds - top[group])
    total = np.bincount(group, odds, minlength=len(top)) + np.exp(-top)
    found: Floats = odds / total[group]
    return found


def share_among(
    weight: Floats,
    group: NDArray[np.intp],
    groups: int,
    others: int,
    *,
    missed: float = 0.0,
    start: float = 0.3,
) -> float:
    """The share of groups that are somebody among `others`, by EM over `chance_among`; within 0.001 … 0.95.

    Groups without any pair count in `groups`: they are nobody, or were missed.
    """
    share = start
    for _round in range(100):
        compared = float(chance_among(weight, group, share, others, missed=missed).sum())
        # Of those that matched nothing compared, some are somebody whose pair was missed.
        hidden = share * missed / (1 - share * (1 - missed))
        found = (compared + (groups - compared) * hidden) / max(groups, 1)
        found = min(max(found, 0.001), 0.95)
        if abs(found - share) < 1e-5:
            return found
        share = found
    return share


def entropy(p: Floats) -> Floats:
    """Uncertainty of a yes/no answer in bits: 1 at p = ½, 0 where it is known."""
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    found: Floats = -(inside * np.log2(inside) + (1 - inside) * np.log2(1 - inside))
    return found


# ---------------------------------------------------------------- learning


def learn_u(
    fields: Sequence[Field], levels: Levels, *, pseudo: float = PRESET_PAIRS
) -> list[Field]:
    """Fields with u from pairs that do not match: random ones, and those somebody said are two people.

    A level none of them reached counts as half a pair (Jeffreys): a thousand pairs cannot show a chance of a millionth.
    """
    return [
        replace(field, u=_shares(levels[:, at], field.u, pseudo, least=0.5))
        for at, field in enumerate(fields)
    ]


def learn_m(
    fields: Sequence[Field], levels: Levels, *, pseudo: float = PRESET_PAIRS
) -> list[Field]:
    """Fields with m from pairs known to match; a field with fewer than LEAST_PAIRS of them stays flagged."""
    learned = []
    for at, field in enumerate(fields):
        said = int((levels[:, at] != MISSING).sum())
        m = _shares(levels[:, at], field.m, pseudo)
        how = Learned.PAIRS if said >= LEAST_PAIRS else field.learned
        learned.append(replace(field, m=m, learned=how, pairs=said))
    return learned


def _shares(
    column: Levels, preset: Sequence[float], pseudo: float, *, least: float = 0.0
) -> tuple[float, ...]:
    """Shares of levels, with the preset counted as `pseudo` pairs, and at least `least` pairs of each level."""
    said = column[column != MISSING]
    if not len(said):
        return tuple(preset)
    counts = np.bincount(said, minlength=len(preset))
    counts = counts + np.maximum(pseudo * np.asarray(preset), least)
    return tuple((counts / counts.sum()).tolist())


@dataclass(frozen=True)
class Fit:
    """What EM found: fields, and the share of matches among the pairs it saw."""

    fields: tuple[Field, ...]
    prior: float
    rounds: int
    converged: bool


def em(
    fields: Sequence[Field],
    levels: Levels,
    *,
    prior: float,
    keep_u: bool = False,
    keep_m: Sequence[str] = (),
    pseudo: float = 0.0,
    tolerance: float = 1e-5,
    most_rounds: int = 500,
) -> Fit:
    """m, u and the share of matches from unlabelled pairs; starts at the given fields and prior.

    `keep_u`: only m and the prior move, for u is better known from random pairs; `keep_m`: fields whose m stays as it
    is. With `pseudo`, starting chances count as so many pairs. Stops when the squares of all changes of agreement
    chances add up to less than `tolerance`. Where few pairs match, or all fields agree together, it may settle on
    classes that are not matches and non-matches: compare the prior with what is plausible.
    """
    patterns, counts = np.unique(levels, axis=0, return_counts=True)
    start = list(fields)
    current, p = list(fields), prior
    converged = False
    rounds = 0
    while rounds < most_rounds:
        rounds += 1
        match = counts * _posterior(current, patterns, p)
        other = counts - match
        p = float(match.sum() / counts.sum())
        former = current
        current = [
            replace(
                field,
                m=field.m
                if field.name in keep_m
                else _expected(patterns[:, at], match, field.m, start[at].m, pseudo),
                u=field.u
                if keep_u
                else _expected(patterns[:, at], other, field.u, start[at].u, pseudo),
            )
            for at, field in enumerate(current)
        ]
        if _moved(former, current) < tolerance:
            converged = True
            break
    p = float((counts * _posterior(current, patterns, p)).sum() / counts.sum())
    learned = [
        field
        if field.name in keep_m
        else replace(field, learned=Learned.EM, pairs=int((levels[:, at] != MISSING).sum()))
        for at, field in enumerate(current)
    ]
    return Fit(tuple(learned), p, rounds, converged)


def _posterior(fields: Sequence[Field], patterns: Levels, prior: float) -> Floats:
    if prior <= 0 or prior >= 1:
        return np.full(len(patterns), float(prior >= 1))
    return chance(weights(fields, patterns), prior)


def _expected(
    column: Levels, mass: Floats, current: Sequence[float], preset: Sequence[float], pseudo: float
) -> tuple[float, ...]:
    said = column != MISSING
    counts: Floats = np.asarray(
        np.bincount(column[said], mass[said], minlength=len(current)), np.float64
    ) + pseudo * np.asarray(preset)
    total = counts.sum()
    return tuple((counts / total).tolist()) if total > 0 else tuple(current)


def _moved(former: Sequence[Field], current: Sequence[Field]) -> float:
    return sum(
        (a - b) ** 2
        for old, new in zip(former, current, strict=True)
        for before, after in ((old.m, new.m), (old.u, new.u))
        for a, b in zip(before[1:], after[1:], strict=True)
    )


def offset_from_answers(p: Floats, is_match: NDArray[np.bool_], *, spread: float = 1.0) -> float:
    """How far log odds were too high or too low, by answers to pairs whose chance was `p`.

    The maximum of the posterior of an intercept b in logit(p) + b with a normal prior of this `spread` (natural
    logarithm): without answers 0, and a few answers move it a little. By Newton's method; the posterior is concave.
    """
    if not len(p):
        return 0.0
    inside = np.clip(p, 1e-6, 1 - 1e-6)
    logit = np.log(inside / (1 - inside))
    b = 0.0
    for _round in range(50):
        shifted = 1 / (1 + np.exp(-(logit + b)))
        slope = float((is_match - shifted).sum()) - b / spread**2
        curve = -float((shifted * (1 - shifted)).sum()) - 1 / spread**2
        step = slope / curve
        b -= step
        if abs(step) < 1e-9:
            break
    return b


def shifted(p: Floats, offset: float) -> Floats:
    """Chances with `offset` added to their log odds."""
    inside = np.clip(p, 1e-12, 1 - 1e-12)
    found: Floats = 1 / (1 + np.exp(-(np.log(inside / (1 - inside)) + offset)))
    return found
