"""What a shop calls its own things, so that sentences can say it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Names:
    """`segments`: names by slug; `currency`: of the shop's money."""

    segments: Mapping[str, str] = field(default_factory=dict)
    currency: str = "CNY"
