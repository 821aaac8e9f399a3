"""Tags made of the shop's own data: one for each category of goods and each printed code, the most usual ones.

learn(now) ──► MadeOf rows ──► library.shipped()        `each` of tags.toml says what becomes of a row
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterable
from datetime import date, datetime, timedelta
from hashlib import blake2b

import ibis
import ibis.expr.types as ir

from xiaohe.kernel.store import write
from xiaohe.ledger import engine
from xiaohe.segments.attributes.bought import categories
from xiaohe.segments.models import MadeOf, Segment, SegmentVersion, Tag
from xiaohe.segments.query.world import World, at_moment
from xiaohe.segments.records.spells import came as as_they_came
from xiaohe.shop.queries import calendar as shop_calendar
from xiaohe.traits import state as traits

CATEGORY, CODE = "category", "code"
# Of each: more is no list anybody reads, and each is asked of everybody.
MOST = 20
LONGEST_VALUE = 200
# What nobody had for so long is made no tag of any more, unless somebody did something with it.
FORGOTTEN_AFTER = timedelta(days=90)


def learn(now: datetime) -> bool:
    """See which categories and codes are the most usual now; whether the library changed by it. Safe to run again."""
    today = shop_calendar().day_of(now)
    with engine.reading() as read:
        world = at_moment(read, traits.current(), now)
        found = [
            (each, str(row["value"]), int(row["people"]))
            for each, table in ((CATEGORY, _categories(world)), (CODE, _codes(world)))
            for row in read.run(_most_usual(table)).to_pylist()
            if 0 < len(str(row["value"]).strip()) <= LONGEST_VALUE
        ]
    with write():
        return _keep(found, today)


def slug_of(each: str, value: str) -> str:
    """The same for one spelling of a name and another of the same letters."""
    spelled = unicodedata.normalize("NFKC", value).casefold()
    digest = blake2b(f"{each}:{spelled}".encode(), digest_size=5).hexdigest()
    return f"tag-{'entry' if each == CODE else each}-{digest}"


def _categories(world: World) -> ir.Table:
    each = categories(world)
    first = each.select("person", value=each.category_1)
    return first.union(each.select("person", value=each.category_2))


def _codes(world: World) -> ir.Table:
    came = as_they_came(world)
    return came.select("person", value=came.first_code)


def _most_usual(table: ir.Table) -> ir.Table:
    table = table.filter(table.value.nullif("").notnull())
    counted = table.group_by("value").aggregate(people=table.person.nunique())
    return counted.order_by(ibis.desc("people"), "value").limit(MOST)


def _keep(found: Iterable[tuple[str, str, int]], today: date) -> bool:
    known = {row.slug: row for row in MadeOf.objects.all()}
    before = frozenset(known)
    for each, value, people in found:
        slug = slug_of(each, value)
        row = known.setdefault(slug, MadeOf(slug=slug, each=each, value=value))
        row.people, row.seen_on = people, today
        row.save()
    used = _used()
    for each in (CATEGORY, CODE):
        rows = sorted(
            (row for row in known.values() if row.each == each),
            key=lambda row: (row.seen_on, row.people, row.value),
            reverse=True,
        )
        for place, row in enumerate(rows):
            is_old = row.seen_on < today - FORGOTTEN_AFTER
            if row.slug not in used and (place >= MOST or is_old):
                row.delete()
                known.pop(row.slug)
    return frozenset(known) != before


def _used() -> frozenset[str]:
    """Slugs with which somebody did something, or which a rule names."""
    touched = {
        *Tag.objects.exclude(slug="").values_list("slug", flat=True),
        *SegmentVersion.objects.values_list("slug", flat=True),
    }
    named = Segment.objects.filter(text__contains="tag-").values_list("text", flat=True)
    texts = " ".join(named)
    made = MadeOf.objects.values_list("slug", flat=True)
    return frozenset(touched | {slug for slug in made if slug in texts})
