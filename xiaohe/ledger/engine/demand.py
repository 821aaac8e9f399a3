"""What one use of facts in a question asks for, and whether a file may hold it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from xiaohe.ledger.store import FileRow


@dataclass(frozen=True)
class Words:
    """A text is one of `exact`, or begins with one of `prefixes`."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def allows(self, word: str) -> bool:
        return word in self.exact or any(word.startswith(each) for each in self.prefixes)

    def both(self, other: Words) -> Words:
        exact = {each for each in self.exact if other.allows(each)}
        exact |= {each for each in other.exact if self.allows(each)}
        longer = {
            max(one, two, key=len)
            for one in self.prefixes
            for two in other.prefixes
            if one.startswith(two) or two.startswith(one)
        }
        return Words(frozenset(exact), frozenset(longer))

    def either(self, other: Words) -> Words:
        return Words(self.exact | other.exact, self.prefixes | other.prefixes)


@dataclass(frozen=True)
class Span:
    """An instant is between these two (microseconds since 1970), ends included; None: no end."""

    low: int | None = None
    high: int | None = None

    def both(self, other: Span) -> Span:
        lows = [each for each in (self.low, other.low) if each is not None]
        highs = [each for each in (self.high, other.high) if each is not None]
        return Span(max(lows, default=None), min(highs, default=None))

    def either(self, other: Span) -> Span:
        return Span(
            None if self.low is None or other.low is None else min(self.low, other.low),
            None if self.high is None or other.high is None else max(self.high, other.high),
        )


class Layout(StrEnum):
    """In which order facts are read, and the name of the table of all of them."""

    BY_TYPE = "facts"
    BY_SUBJECT = "facts_by_subject"


@dataclass(frozen=True)
class Demand:
    """What one use of facts asks for; None: anything."""

    types: Words | None = None
    span: Span | None = None
    layout: Layout = Layout.BY_TYPE

    @property
    def view(self) -> str:
        """A name of its own; that of the whole table for everything."""
        if self.types is None and self.span is None:
            return str(self.layout)
        said = repr(
            (
                self.types and (sorted(self.types.exact), sorted(self.types.prefixes)),
                self.span and (self.span.low, self.span.high),
            )
        )
        return f"{self.layout}_{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    def may_hold(self, file: FileRow) -> bool:
        if self.types is not None and file.type is not None and not self.types.allows(file.type):
            return False
        if self.span is None or file.occurred_min_us is None or file.occurred_max_us is None:
            return True
        low, high = self.span.low, self.span.high
        return (low is None or file.occurred_max_us >= low) and (
            high is None or file.occurred_min_us <= high
        )
