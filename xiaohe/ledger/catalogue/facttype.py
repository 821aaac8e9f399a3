"""What a type of fact must say of itself before anybody may state one."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput


@dataclass(frozen=True)
class FactType:
    """One kind of thing that happens: its name, its names for people, and the only properties it may carry."""

    name: str
    zh: str
    en: str
    doc: str
    # property → what it says; a property that is not listed here is refused, so no identifier can slip in.
    props: Mapping[str, str] = field(default_factory=dict)

    def unknown_props(self, given: Iterable[str]) -> list[str]:
        return sorted(set(given) - set(self.props))


class UnknownProps(BadInput):
    """A fact carries a property its type does not list; the names are told, never the values."""

    def __init__(self, type_name: str, names: list[str]) -> None:
        super().__init__(
            "unknown_props",
            _("Facts of the type %(type)s have no property named %(names)s."),
            type=type_name,
            names=", ".join(names),
        )


def as_json(props: Mapping[str, Any] | None) -> str | None:
    """The one spelling of properties: sorted, compact, non-ASCII kept; empty is null."""
    if not props:
        return None
    return json.dumps(props, ensure_ascii=False, sort_keys=True, separators=(",", ":"))
