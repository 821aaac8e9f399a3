"""A job that somebody watches: what is done, how far it is, and where to go if it fails."""

from __future__ import annotations

from dataclasses import dataclass

from xiaohe.segments.saved import Saved


@dataclass(frozen=True)
class Work:
    """`here` is asked again until it is done; `again` is where to begin once more, if it `failed` (in words)."""

    saved: Saved
    title: str
    said: str
    here: str
    again: str
    failed: str = ""
    # Where to go meanwhile: an address and what its button is called.
    meanwhile: tuple[str, str] = ("", "")
    # Of how many how many are done; None where nobody knows.
    part: tuple[int, int] | None = None
