"""Ready words: sentences as data (zh.toml, en.toml), chosen and filled so that nobody hears the same twice.

reason ──► its templates ──► those whose slots are filled, not yet used with this person
       ──► an order of their own for each person ──► the first is ready, the rest are 〔another〕
"""

from __future__ import annotations

import tomllib
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from hashlib import blake2b
from importlib.resources import files
from string import Formatter

WAY_OUT_AFTER_DAYS = 3  # calculations: data older than this carries a way out


class Reason(StrEnum):
    """Why we speak; one group of templates each."""

    RESTOCK = "restock"
    RESTOCK_QUESTION = "restock_question"
    ASK = "ask"
    LATE = "late"
    LATE_FIRST = "late_first"
    DRIFTING = "drifting"
    LINKED = "linked"
    LINKED_QUIET = "linked_quiet"
    ARRIVED = "arrived"


@dataclass(frozen=True)
class Template:
    """One sentence; `slots` must all be filled, `way_out` is added when the data is old."""

    id: str
    reason: Reason
    text: str
    way_out: str
    # Facts it states, which somebody must have confirmed today: "stock".
    needs: frozenset[str] = frozenset()

    @property
    def slots(self) -> frozenset[str]:
        return frozenset(name for _, name, _, _ in Formatter().parse(self.text) if name)

    def longest(self, slots: Mapping[str, str]) -> str:
        return self.filled(slots, with_way_out=True)

    def filled(self, slots: Mapping[str, str], *, with_way_out: bool) -> str:
        said = self.text.format_map(slots)
        if not with_way_out or not self.way_out:
            return said
        return said + ("" if ord(said[-1]) > 0x2000 else " ") + self.way_out


@dataclass(frozen=True)
class Sentence:
    """Words ready to copy, and the template they came from."""

    template: str
    text: str


LANGUAGES = ("zh", "en")
# Characters, way out included: a long spoken name picks another sentence. English needs about three letters where
# Chinese needs one character.
LONGEST = {"zh": 60, "en": 170}


def language_of(code: str) -> str:
    """The language of the words for a shop's language code; Chinese unless it is English."""
    return "en" if code.lower().startswith("en") else "zh"


@cache
def templates(language: str) -> dict[Reason, tuple[Template, ...]]:
    """All templates of a language by reason."""
    raw = tomllib.loads(files(__package__).joinpath(f"{language}.toml").read_text("utf-8"))
    return {
        reason: tuple(
            Template(
                entry["id"],
                reason,
                entry["text"],
                entry.get("out", ""),
                frozenset(entry.get("needs", ())),
            )
            for entry in raw.get(reason.value, [])
        )
        for reason in Reason
    }


def choose(
    reason: Reason,
    *,
    person: int,
    language: str,
    used: Collection[str] = (),
    slots: Mapping[str, str] | None = None,
    confirmed: Collection[str] = (),
    data_age_days: int = 0,
) -> list[Sentence]:
    """Every sentence this person may still hear for this reason, the best first; empty if all are used up.

    The order differs from person to person, so that two customers comparing their phones read different
    words, and stays the same for one person, so that a reloaded page shows what was there before.
    """
    filled = {name: text for name, text in (slots or {}).items() if text}
    fitting = [
        template
        for template in templates(language)[reason]
        if template.id not in used
        and template.slots <= filled.keys()
        and template.needs <= set(confirmed)
        and len(template.longest(filled)) <= LONGEST[language]
    ]
    fitting.sort(key=lambda template: (-len(template.slots), _turn(person, template.id)))
    old = data_age_days > WAY_OUT_AFTER_DAYS
    return [Sentence(t.id, t.filled(filled, with_way_out=old)) for t in fitting]


def _turn(person: int, template: str) -> bytes:
    return blake2b(f"{person}:{template}".encode(), digest_size=8).digest()


def reason_of(template_id: str) -> Reason:
    """The reason a template speaks for; ids are `<reason>.<number>`."""
    return Reason(template_id.rsplit(".", 1)[0])


ASKING = frozenset(
    {Reason.RESTOCK, Reason.RESTOCK_QUESTION, Reason.ASK, Reason.LATE, Reason.LATE_FIRST}
)
