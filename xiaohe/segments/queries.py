"""Reads: what rules may name in this shop, and the segments it has, those of the library among them."""

from __future__ import annotations

from collections.abc import Iterable, Mapping

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import NotFound
from xiaohe.segments import library, resolve
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.library import Shipped
from xiaohe.segments.models import Kind, Segment, SegmentVersion
from xiaohe.segments.rules import jsonform
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.segments.saved import Saved, Version
from xiaohe.segments.seen import Records
from xiaohe.segments.sentence.spellings import called
from xiaohe.shop.queries import the_shop


class NoSuchSegment(NotFound):
    def __init__(self, slug: str, meant: str = "") -> None:
        told = _("There is no segment “%(slug)s”.")
        if meant:
            told = _("There is no segment “%(slug)s”. Did you mean “%(meant)s”?")
        super().__init__("no_such_segment", told, slug=slug, meant=meant)


def vocabulary() -> Vocabulary:
    """Everything a rule of this shop may name now."""
    return vocabulary_with(segments())


def segments(*, archived: bool = False) -> list[Saved]:
    """Every segment, the library's first and in its order, then the shop's by name; of those put away none or only them."""
    rows = {row.slug: row for row in Segment.objects.all()}
    shipped = library.shipped()
    found = [saved_of(rows.get(each.slug), each) for each in shipped.values()]
    own = [saved_of(row) for slug, row in rows.items() if slug not in shipped]
    found += sorted(own, key=lambda each: (each.name.casefold(), each.slug))
    return [each for each in found if (each.archived_at is not None) == archived]


def segment(slug: str) -> Saved:
    """One segment by its slug, put away or not; raises NoSuchSegment, with what may have been meant."""
    row = Segment.objects.filter(slug=slug).first()
    shipped = library.shipped().get(slug)
    if row is None and shipped is None:
        raise NoSuchSegment(slug, resolve.like(slug, {each.slug: each.name for each in segments()}))
    return saved_of(row, shipped)


def rules() -> Mapping[str, Rule]:
    """The rule of every segment that is not put away, by slug."""
    return {each.slug: each.rule for each in segments()}


def used_by(slug: str) -> list[Saved]:
    """The segments whose rule names this one."""
    every = segments()
    users = set(resolve.used_by(slug, {each.slug: each.rule for each in every}))
    return [each for each in every if each.slug in users]


def versions(slug: str) -> list[Version]:
    """Everything it ever was, latest first; empty while nobody changed what ships."""
    rows = SegmentVersion.objects.filter(slug=slug).order_by("-version")
    return [
        Version(
            row.version,
            row.act,
            row.name,
            row.text,
            row.is_archived,
            row.saved_at,
            row.saved_by,
        )
        for row in rows
    ]


def vocabulary_with(known: Iterable[Saved]) -> Vocabulary:
    return Vocabulary(
        attributes=ATTRIBUTES,
        records=Records(),
        segments=frozenset(each.slug for each in known),
        currency=the_shop().currency,
        called=called(),
    )


def saved_of(row: Segment | None, shipped: Shipped | None = None) -> Saved:
    """One segment of its row, of what ships, or of both."""
    if row is None:
        assert shipped is not None
        return Saved(
            shipped.slug,
            shipped.name,
            shipped.rule,
            shipped.text,
            shipped.kind,
            salt=shipped.slug,
            as_shipped=True,
            shipped=shipped.text,
            why=shipped.why,
            todo=shipped.todo,
            waits=shipped.waits,
        )
    holds = shipped if row.as_shipped else None
    return Saved(
        slug=row.slug,
        name=row.name or (shipped.name if shipped else row.slug),
        rule=holds.rule if holds else jsonform.remembered(row.tree),
        text=holds.text if holds else row.text,
        kind=Kind(row.kind),
        version=row.version,
        salt=row.salt,
        as_shipped=holds is not None,
        shipped=shipped.text if shipped else "",
        why=shipped.why if shipped else "",
        todo=shipped.todo if shipped else "",
        waits=holds.waits if holds else "",
        edited_at=row.edited_at,
        edited_by=row.edited_by,
        archived_at=row.archived_at,
    )
