"""What ships: segments and auto tags as text rules in files beside this one, G01–G20 of the domain library among them.

    segments.toml · tags.toml      [slug] zh, en, text, and why_, todo_, waits_ in both languages
    hand.toml                      tags that people give, without a rule

`{effective_window_days}` and its like in a text stand for the shop's settings. An entry of tags.toml with `each` becomes one
tag for each category or code of the shop (`segments.made`). A rule whose facts no source states yet is written
against the facts that will carry it; `waits_` says what for. Words stand beside their rule, not in the catalogues of sentences:
who changes a rule reads and changes what is said of it in the same place, in both languages at once.
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
from xiaohe.segments.models import Kind, MadeOf
from xiaohe.segments.records.registry import RECORDS
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.segments.text.printer import quoted
from xiaohe.shop.queries import the_shop

FILES = {Kind.LIBRARY: "segments.toml", Kind.TAG: "tags.toml"}
# As long as the name of a tag may be.
LONGEST_TAG = 40
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
        return str(self.told.get(what + _language(), ""))


@dataclass(frozen=True)
class ByHand:
    """A tag people give; without `tag` a group in which the shop names its own. `days` until it ends; None: it does not."""

    slug: str
    group: str
    tag: str
    days: int | None


def shipped() -> Mapping[str, Shipped]:
    """Every one that ships, by slug, in the order of the files, with the shop's own settings and goods in them."""
    shop = the_shop()
    made = MadeOf.objects.order_by("each", "-people", "value").values_list("slug", "each", "value")
    return _read(shop.currency, tuple(getattr(shop, each) for each in SETTINGS), tuple(made))


def by_hand() -> list[ByHand]:
    """Tags and groups of tags that people give, in the language that is on."""
    ending = _language()
    return [
        ByHand(slug, one[f"group_{ending}"], one.get(ending, ""), one.get("days"))
        for slug, one in _told("hand.toml").items()
    ]


@lru_cache(maxsize=16)
def _read(
    currency: str, settings: tuple[int, ...], made: tuple[tuple[str, str, str], ...]
) -> Mapping[str, Shipped]:
    told = {
        slug: (kind, one)
        for kind, name in FILES.items()
        for slug, one in _each(_told(name), made).items()
    }
    vocabulary = Vocabulary(ATTRIBUTES, RECORDS, frozenset(told), currency)
    filled = dict(zip(SETTINGS, settings, strict=True))
    found = {}
    for slug, (kind, one) in told.items():
        rule = text.parse(_filled(one["text"], filled), vocabulary)
        written = text.print_rule(rule, currency, vocabulary)
        found[slug] = Shipped(slug, kind, written, rule, one)
    return found


def _each(
    told: Mapping[str, dict[str, Any]], made: tuple[tuple[str, str, str], ...]
) -> Mapping[str, dict[str, Any]]:
    """Entries for each thing of the shop in the place of those that say what becomes of one."""
    found: dict[str, dict[str, Any]] = {}
    for slug, one in told.items():
        if "each" not in one:
            found[slug] = one
            continue
        for made_slug, each, value in made:
            if each == one["each"]:
                called = value if len(value) <= LONGEST_TAG else value[: LONGEST_TAG - 1] + "…"
                names = {name: one[name].replace("{value}", called) for name in ("zh", "en")}
                text_ = one["text"].replace("{value}", quoted(value))
                found[made_slug] = {**one, **names, "text": text_}
    return found


@lru_cache
def _told(name: str) -> Mapping[str, dict[str, Any]]:
    return tomllib.loads((files(__name__) / name).read_text("utf-8"))


def _language() -> str:
    return "zh" if (get_language() or "").startswith("zh") else "en"


def _filled(source: str, settings: Mapping[str, int]) -> str:
    for name, value in settings.items():
        source = source.replace(f"{{{name}}}", str(value))
    return source
