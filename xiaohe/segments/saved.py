"""A saved segment as everything else sees it, be it one of the library nobody has touched or one of the shop's own."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from xiaohe.segments.models import Kind
from xiaohe.segments.rules.tree import Rule


@dataclass(frozen=True)
class Saved:
    """`text` and `rule` say the same; `version` 1 of an untouched one of the library is the one that ships."""

    slug: str
    name: str
    rule: Rule
    text: str
    kind: Kind
    version: int = 1
    salt: str = ""
    # Of the library: as it ships, or another rule by now; `shipped` is then what it can be put back to.
    as_shipped: bool = False
    shipped: str = ""
    # Why one looks at these people, what to do about them, and what the rule still waits for.
    why: str = ""
    todo: str = ""
    waits: str = ""
    edited_at: datetime | None = None
    edited_by: int | None = None
    archived_at: datetime | None = None


@dataclass(frozen=True)
class Version:
    """What a segment was after one change."""

    version: int
    act: str
    name: str
    text: str
    is_archived: bool
    at: datetime
    by: int | None


@dataclass(frozen=True)
class Done:
    """A change, as it is now; `version` is what `actions.undo` asks for, 0 if nothing was changed."""

    saved: Saved
    version: int
