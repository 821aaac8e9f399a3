"""What the shop's own pairs teach: the weights of the fields, and how many contacts are buyers at all.

certain pairs, and those somebody said yes to ─► m         too few: EM over candidates; too few of those: presets
random pairs, and those somebody said no to   ─► u
all answers to questions                      ─► one offset of all chances
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np

from xiaohe.people.likely.comparing import FIELDS, PRESETS, Compared
from xiaohe.stats import fellegi_sunter as fs
from xiaohe.stats.fellegi_sunter import LEAST_PAIRS, MISSING, Field, Floats, Learned, Levels

# Levels on which both sides share one countable value: a rare one says more.
COUNTED = {"name": (1, 3), "member": (1, 2), "city": (1,), "goods": (1,)}
RANDOM_PAIRS = 50_000
MOST_CERTAIN = 20_000
# EM over fewer candidates finds chance, not matches.
LEAST_FOR_EM = 500
# With EM the presets are held like so many pairs: it may lean away from them, not run away.
EM_PSEUDO = 30.0
PHONE = FIELDS.index("phone")


@dataclass(frozen=True)
class Model:
    """Weights of fields, the share of contacts that are buyers, and how far answers moved all chances."""

    fields: tuple[Field, ...]
    share: float
    offset: float = 0.0

    @property
    def is_preset(self) -> bool:
        """Whether the shop's pairs were too few to learn most fields from: shown, never hidden."""
        return sum(field.learned is Learned.PRESET for field in self.fields) * 2 > len(self.fields)

    def as_json(self) -> dict[str, Any]:
        return {
            "share": round(self.share, 4),
            "offset": round(self.offset, 4),
            "preset": self.is_preset,
            "fields": [
                {
                    "name": field.name,
                    "m": [round(each, 6) for each in field.m],
                    "u": [round(each, 6) for each in field.u],
                    "learned": field.learned.value,
                    "pairs": field.pairs,
                }
                for field in self.fields
            ],
        }


def learn(
    certain: Levels, apart: Levels, random: Levels, candidates: Levels, *, contacts: int
) -> tuple[Field, ...]:
    """Fields from labelled pairs, else from the candidates themselves, else as preset.

    `certain` carries MISSING where a field is why the pair is certain: what selected it cannot be learned from it.
    """
    fields = fs.learn_u(PRESETS, np.concatenate([random, apart]))
    # The last four digits are drawn like a lottery: a sample knows less of that than arithmetic (10⁻⁴, and one in
    # ten that the head is the same as well).
    fields[PHONE] = fs.learn_u([PRESETS[PHONE]], apart[:, [PHONE]])[0]
    learned = fs.learn_m(fields, certain)
    if len(certain) >= LEAST_PAIRS or len(candidates) < LEAST_FOR_EM:
        return tuple(learned)
    fit = fs.em(
        learned,
        candidates,
        prior=min(0.3 * contacts / len(candidates), 0.2),
        keep_u=True,
        keep_m=("phone",),
        pseudo=EM_PSEUDO,
        tolerance=1e-7,
    )
    # More matches than contacts: these classes are something else.
    if not fit.converged or fit.prior * len(candidates) > contacts:
        return tuple(learned)
    return fit.fields


def weigh(fields: Sequence[Field], compared: Compared) -> Floats:
    """The weight of each pair, rare values counted for what they are."""
    total = fs.weights(fields, compared.levels)
    for at, field in enumerate(fields):
        for level in COUNTED.get(field.name, ()):
            here = compared.levels[:, at] == level
            total[here] += fs.rarity(field, level, compared.frequency[here, at])
    return total


def with_answers(model: Model, chance: Floats, is_match: np.ndarray) -> Model:
    """The model shifted by how often its chances were right when somebody was asked."""
    return replace(model, offset=fs.offset_from_answers(chance, is_match))


def without_phone(levels: Levels) -> Levels:
    """Levels of pairs that a phone or an order number joined: their phones say nothing new."""
    found = levels.copy()
    found[:, PHONE] = MISSING
    return found


def codes(levels: Levels) -> list[tuple[str, ...]]:
    """Why each pair looks like one person: fields that agree, with their level; never a value."""
    names = [
        [f"{name}{level}" for level in range(len(field.m))]
        for name, field in zip(FIELDS, PRESETS, strict=True)
    ]
    return [
        tuple(names[at][level] for at, level in enumerate(row) if level > 0)
        for row in levels.tolist()
    ]
