"""Tables that are no known export: how each was confirmed to be read, so that the next one needs no question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.shop import taxonomy
from xiaohe.sources import saved
from xiaohe.sources.mapping import NO_PLATFORM, Mapping


@dataclass(frozen=True)
class Kept:
    """One reading: whose table it is, what its columns mean in words, when it was last used."""

    id: int
    name: str
    reading: str
    headings: str
    used_at: datetime


@dataclass(frozen=True)
class Page:
    sentence: str
    kept: tuple[Kept, ...]


def page() -> Page:
    kept = tuple(
        Kept(row.pk, _name(told), _begun(told.in_words()), _headings(told), row.used_at)
        for row in saved.listing()
        for told in (Mapping.from_json(row.told),)
    )
    return Page(_sentence(len(kept)), kept)


def _sentence(count: int) -> str:
    if not count:
        return _("No table of your own is remembered yet.")
    return ngettext(
        "%(count)d kind of table is read without a question.",
        "%(count)d kinds of tables are read without a question.",
        count,
    ) % {"count": count}


def _name(told: Mapping) -> str:
    if told.platform == NO_PLATFORM:
        return _("A table of your own")
    return _("Table from %(platform)s") % {"platform": taxonomy.platform_name(told.platform)}


def _begun(words: str) -> str:
    """The reading as a sentence of its own."""
    return words[:1].upper() + words[1:]


def _headings(told: Mapping) -> str:
    return " · ".join(heading for heading in told.header if heading.strip())
