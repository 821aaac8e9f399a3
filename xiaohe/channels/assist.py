"""The channel that needs no credentials: what is delivered is text a human copies and sends.

Later channels declare the same few things; which of them can do what is data, not code.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Protocol


@dataclass(frozen=True)
class Capabilities:
    """What a channel can do by itself, and what it can know afterwards."""

    sends_itself: bool
    knows_sent: bool
    knows_replied: bool
    carries_pictures: bool
    max_characters: int


@dataclass(frozen=True)
class Ready:
    """A delivery waiting for a human: whom to look for, from which account, and what to paste."""

    account: str
    search_for: str
    text: str


class Channel(Protocol):
    """A way to reach people."""

    name: str
    capabilities: Capabilities

    def deliver(self, *, account: str, search_for: str, text: str) -> Ready: ...


class Assist:
    """Copy the name, search, copy the words, send: works in every chat program."""

    name = "assist"
    capabilities = Capabilities(
        sends_itself=False,
        knows_sent=False,
        knows_replied=False,
        carries_pictures=False,
        max_characters=2000,
    )

    def deliver(self, *, account: str, search_for: str, text: str) -> Ready:
        """Nothing leaves the building; the person who copies says what became of it."""
        return Ready(account, search_for, text)
