"""What ships: segments and auto tags as text rules in files beside this one, G01–G20 of the domain library among them.

    segments.toml · tags.toml      [slug] zh, en, text, why_zh, why_en, todo_zh, todo_en, waits

`{effective_days}` and its like in a text stand for the shop's settings. A rule whose facts no source states yet is written
against the facts that will carry it; `waits` says what for.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from importlib.resources import files
from typing import Any

from django.utils.translation import get_language

from xiaohe.segments import text
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.models import Kind
from xiaohe.segments.records.registry import RECORDS
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.shop.queries import the_shop

FILES = {Kind.LIBRARY: "segments.toml", Kind.TAG: "tags.toml"}
# What of the shop's settings a text may name.
SETTINGS = ("effective_window_days", "cap_proactive_week", "cap_proactive_month")


@dataclass(frozen=True)
class Shipped:
    """One that ships, its words in the language that is on. Tags: `group`, `tag` and the `days` they last."""

    slug: str
    kind: Kind
    text: str
    rule: Rule
    told: Mapping[str, Any]

    @property
    def name(self) -> str:
        return self._said("")

    @property
    def why(self) -> str:
        return self._said("why_")

    @property
    def todo(self) -> str:
        return self._said("todo_")

    @property
    def waits(self) -> str:
        return self._said("waits_")

    @property
    def days(self) -> int | None:
        found: int | None = self.told.get("days")
        return found

    @property
    def group(self) -> str:
        return self._said("group_")

    def _said(self, what: str) -> str:
        language = "zh" if (get_language() or "").startswith("zh") else "en"
        return str(self.told.get(what + language, ""))


def shipped() -> Mapping[str, Shipped]:
    """Every one that ships, by slug, in the order of the files, with the shop's own settings in them."""
    shop = the_shop()
    return _read(shop.currency, tuple(getattr(shop, each) for each in SETTINGS))


@lru_cache(maxsize=16)
def _read(currency: str, settings: tuple[int, ...]) -> Mapping[str, Shipped]:
    told = {
        slug: (kind, one)
        for kind, name in FILES.items()
        for slug, one in tomllib.loads((files(__name__) / name).read_text("utf-8")).items()
    }
    vocabulary = Vocabulary(ATTRIBUTES, RECORDS, frozenset(told), currency)
    filled = dict(zip(SETTINGS, settings, strict=True))
    found = {}
    for slug, (kind, one) in told.items():
        rule = text.parse(_filled(one["text"], filled), vocabulary)
        written = text.print_rule(rule, currency, vocabulary)
        found[slug] = Shipped(slug, kind, written, rule, one)
    return found


def _filled(source: str, settings: Mapping[str, int]) -> str:
    for name, value in settings.items():
        source = source.replace(f"{{{name}}}", str(value))
    return source
