"""Buyers of two platforms who share a complete phone, or a whole name and address: one person, or a family?

    phone held by one buyer of each platform      ─┐
    whole name at one address, where no account is ─┴► levels ─► weight ─► chance (each pair for itself)

| field | 1 | 2 | 3 |
|-------|---|---|---|
| shared | a phone, one of several they gave | the only phone of both | name and address |
| name   | the surname, the rest hidden or unsaid | and one more character | the whole name |
| city   | the same | | |

A key that two named buyers of one platform hold is a family's or an office's and is not asked about. Nothing here joins.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from xiaohe.kernel.ids import mix
from xiaohe.people import keys
from xiaohe.people.keys import Namespace
from xiaohe.people.likely.comparing import Floats, name_level
from xiaohe.people.likely.records import Buyers, Ints
from xiaohe.people.likely.said import Said
from xiaohe.people.overlay import Overlay
from xiaohe.stats import fellegi_sunter as fs
from xiaohe.stats.fellegi_sunter import MISSING, Field, Levels

# More holders than this is no person, whatever the platforms.
MOST_HOLDERS = 8
MOST_PAIRS = 50_000
LEAST_CHANCE = 0.02
# Of a hundred buyers so many also buy on a second platform; a choice, until answers say otherwise.
SHARE = 0.3
# For one buyer, how many others share what the level says and yet are somebody else: a household's one phone, two of
# one name at one address. Choices. Divided by the number of buyers they are chances among random pairs.
HOUSEHOLD = (0.06, 0.05, 0.004)
SHARED, NAME, CITY = 0, 1, 2
FIELDS = ("shared", "name", "city")
PHONE_OF_SEVERAL, ONLY_PHONE, BY_ADDRESS = 1, 2, 3
# Two of one household share names and cities far more often than strangers do: u is that of households.
_NAME = Field("name", (0.08, 0.30, 0.10, 0.52), (0.70, 0.12, 0.05, 0.13))
_CITY = Field("city", (0.10, 0.90), (0.30, 0.70))
_SHARED_M = (0.05, 0.20, 0.60, 0.15)
FEWEST_BUYERS = 10


@dataclass(frozen=True)
class Pairs:
    """Rows of buyers to ask about; the left one is the earlier row."""

    left: Ints
    right: Ints
    by_address: np.ndarray

    def __len__(self) -> int:
        return len(self.left)


@dataclass(frozen=True)
class Weighed:
    pairs: Pairs
    levels: Levels
    weight: Floats
    chance: Floats


def presets(buyers: int) -> tuple[Field, ...]:
    """Chances before answers teach better, for a shop of so many buyers."""
    several = [each / max(buyers, FEWEST_BUYERS) for each in HOUSEHOLD]
    return Field("shared", _SHARED_M, (1 - sum(several), *several)), _NAME, _CITY


def weigh(buyers: Buyers, found: Pairs, same: Levels, other: Levels) -> Weighed:
    """How likely each pair is one person; `same` and `other` are levels of pairs the owner told of."""
    fields = fs.learn_m(fs.learn_u(presets(len(buyers)), other), same)
    # Which key is shared is why they were asked at all: answers say nothing of how frequent it is.
    fields[SHARED] = presets(len(buyers))[SHARED]
    levels = compare(buyers, found)
    weight = fs.weights(fields, levels)
    prior = SHARE / max(len(buyers), FEWEST_BUYERS)
    told = np.concatenate([same, other])
    offset = fs.offset_from_answers(
        fs.chance(fs.weights(fields, told), prior), np.arange(len(told)) < len(same)
    )
    chance = fs.shifted(fs.chance(weight, prior), offset)
    kept = np.flatnonzero(chance >= LEAST_CHANCE)
    kept = kept[np.argsort(-chance[kept], kind="stable")]
    chosen = Pairs(found.left[kept], found.right[kept], found.by_address[kept])
    return Weighed(chosen, levels[kept], weight[kept], chance[kept])


def codes(levels: Levels) -> list[tuple[str, ...]]:
    """Why each pair looks like one person; never a value."""
    shared = {PHONE_OF_SEVERAL: "shared1", ONLY_PHONE: "shared2", BY_ADDRESS: "shared3"}
    return [
        tuple(
            filter(
                None,
                (
                    shared.get(row[SHARED], ""),
                    f"name{row[NAME]}" if row[NAME] > 0 else "",
                    "city1" if row[CITY] > 0 else "",
                ),
            )
        )
        for row in levels.tolist()
    ]


# ---------------------------------------------------------------- who is compared


def candidates(buyers: Buyers, own: Ints, said: Said, overlay: Overlay) -> Pairs:
    """Pairs of different platforms that share a key; `own`: hashes of keys that stand for nobody."""
    nobody = frozenset(own.tolist())
    hashed = keys.hasher()
    pairs: dict[tuple[int, int], bool] = {}
    for phone, rows in _groups(*_flat(buyers.phones)):
        key = hashed(Namespace.PHONE, f"{phone:011d}")
        if key not in nobody:
            for pair in _across(buyers, rows):
                if not _is_parted(buyers, pair, key, said, overlay):
                    pairs[pair] = False
    for _key, rows in _groups(*_at_one_address(buyers, own)):
        # Who has an account, or left a phone, is known by these.
        if not buyers.has_member[rows].all():
            for pair in _across(buyers, rows):
                if not _is_parted(buyers, pair, 0, said, overlay):
                    pairs.setdefault(pair, True)
        if len(pairs) >= MOST_PAIRS:
            break
    ends = np.array(list(pairs), np.int64).reshape(-1, 2)[:MOST_PAIRS]
    by_address = np.array(list(pairs.values()), np.bool_)[:MOST_PAIRS]
    return Pairs(ends[:, 0], ends[:, 1], by_address)


def compare(buyers: Buyers, pairs: Pairs) -> Levels:
    levels = np.full((len(pairs), len(FIELDS)), MISSING, np.int8)
    left, right = pairs.left, pairs.right
    a, b = buyers.phones[left], buyers.phones[right]
    alone = (a[:, 1] == 0) & (b[:, 1] == 0)
    levels[:, SHARED] = np.where(
        pairs.by_address, BY_ADDRESS, np.where(alone, ONLY_PHONE, PHONE_OF_SEVERAL)
    )
    for ours in range(buyers.names.shape[1]):
        for theirs in range(buyers.names.shape[1]):
            found = name_level(buyers.names[left, ours], buyers.names[right, theirs])
            levels[:, NAME] = np.maximum(levels[:, NAME], found)
    a, b = buyers.cities[left], buyers.cities[right]
    told = (a[:, 0] > 0) & (b[:, 0] > 0)
    same = ((a[:, :, None] == b[:, None, :]) & (a[:, :, None] > 0)).any(axis=(1, 2))
    levels[:, CITY] = np.where(told, same * 1, MISSING)
    # What chose a pair cannot speak for it once more.
    levels[pairs.by_address, NAME] = levels[pairs.by_address, CITY] = MISSING
    return levels


def _flat(cells: Ints) -> tuple[Ints, Ints]:
    rows, columns = np.nonzero(cells)
    return cells[rows, columns], rows


def _at_one_address(buyers: Buyers, own: Ints) -> tuple[Ints, Ints]:
    """Each whole name and address of each row as one number."""
    values, rows = [], []
    for at in range(buyers.addresses.shape[1]):
        for name in range(buyers.names.shape[1]):
            told = buyers.names[:, name]
            here = (buyers.addresses[:, at] != 0) & (told[:, 0] > 0) & (told[:, 1] > 0)
            here &= (told[:, 2] != 0) & ~np.isin(buyers.addresses[:, at], own)
            row = np.flatnonzero(here)
            whole = mix(mix(told[row, 0] + 1, told[row, 1]), told[row, 2])
            values.append(mix(whole, buyers.addresses[row, at]))
            rows.append(row)
    return np.concatenate(values), np.concatenate(rows)


def _groups(values: Ints, rows: Ints) -> Iterator[tuple[int, Ints]]:
    """Each value that a few rows share, with these; by sorting, so the work is near-linear."""
    if not len(values):
        return
    held = np.unique(np.stack([values, rows], axis=1), axis=0)
    starts = np.flatnonzero(np.append(True, held[1:, 0] != held[:-1, 0]))
    sizes = np.diff(np.append(starts, len(held)))
    for at in np.flatnonzero((sizes > 1) & (sizes <= MOST_HOLDERS)).tolist():
        start = starts[at]
        yield int(held[start, 0]), held[start : start + sizes[at], 1]


def _across(buyers: Buyers, rows: Ints) -> list[tuple[int, int]]:
    """Pairs of different platforms; none where two named buyers of one platform hold the key."""
    seen = 0
    for row in rows[buyers.has_member[rows]].tolist():
        platforms = int(buyers.platforms[row])
        if seen & platforms:
            return []
        seen |= platforms
    return [
        (left, right)
        for left, right in combinations(rows.tolist(), 2)
        if not int(buyers.platforms[left]) & int(buyers.platforms[right])
    ]


def _is_parted(
    buyers: Buyers, pair: tuple[int, int], key: int, said: Said, overlay: Overlay
) -> bool:
    """The owner said that they are two, or that the key is not of one of them."""
    if not said.apart:
        return False
    one, other = (int(buyers.person[row]) for row in pair)
    whose = overlay.person(key)
    return any(said.is_apart(*ends) for ends in ((one, other), (one, whose), (other, whose)))


# ---------------------------------------------------------------- what answers taught


def told(buyers: Buyers, said: Said, overlay: Overlay, own: Ints) -> tuple[Levels, Levels]:
    """Levels of pairs the owner said are one person, and of those said to be two; `buyers` by subject, not by person."""
    found = candidates(buyers, own, Said(frozenset(), frozenset(), {}), overlay)
    ends = [
        (int(buyers.person[left]), int(buyers.person[right]))
        for left, right in zip(found.left, found.right, strict=True)
    ]
    named = {frozenset(pair) for pair in said.together}
    same = np.array([frozenset(pair) in named for pair in ends], np.bool_)
    apart = [said.is_apart(overlay.person(one), overlay.person(other)) for one, other in ends]
    levels = compare(buyers, found)
    return levels[same], levels[np.array(apart, np.bool_)]
