"""What platforms call the states of an order, folded to five; words live in TOML, common ones in `_words.toml`."""

from __future__ import annotations

import re
import tomllib
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path

# Whoever of the two writes the words, commas of either width part them.
_PARTS = re.compile(r"[,;、/()]")
REFUNDED = "refunded"


class Status(StrEnum):
    """How far an order has come, in the platform's words folded to five."""

    UNPAID = "unpaid"
    PAID = "paid"
    SHIPPED = "shipped"
    COMPLETED = "completed"
    CLOSED = "closed"


def fold_word(cell: str) -> str:
    """One spelling of a status: half-width, no blanks, no quotes."""
    folded = unicodedata.normalize("NFKC", cell).strip("\ufeff'\"`= \t").casefold()
    return "".join(folded.split())


@dataclass(frozen=True)
class Words:
    """Folded word → status, and the words that say the money went back."""

    statuses: Mapping[str, Status]
    refunded: frozenset[str]

    def status_of(self, cell: str) -> Status | None:
        """The status behind a platform's words, ASCII or full-width comma alike; None if they are new to us.

        Words nobody listed whole (`已发货，退款成功`) are told by the first part that is known.
        """
        folded = fold_word(cell)
        whole = self.statuses.get(folded)
        if whole is not None or not folded:
            return whole
        parts = (self.statuses.get(part) for part in _PARTS.split(folded))
        return next((part for part in parts if part is not None), None)

    def says_refunded(self, cell: str) -> bool:
        """Whether the cell says that the money went back."""
        folded = fold_word(cell)
        return folded in self.refunded or any(
            part in self.refunded for part in _PARTS.split(folded)
        )

    def with_more(self, told: Mapping[str, Sequence[str]]) -> Words:
        """These words and a format's own, which go before."""
        more = {
            fold_word(word): Status(name)
            for name, words in told.items()
            if name != REFUNDED
            for word in words
        }
        refunded = self.refunded | {fold_word(word) for word in told.get(REFUNDED, ())}
        return Words({**self.statuses, **more}, refunded)


def _common() -> Words:
    file = Path(__file__).with_name("_words.toml")
    return Words({}, frozenset()).with_more(tomllib.loads(file.read_text("utf-8")))


COMMON = _common()


def status_of(cell: str) -> Status | None:
    """The status behind the words any platform uses; for tables that are no known export."""
    return COMMON.status_of(cell)
