"""Goods: what files state of them is learned, what the merchant says of them stays.

facts ──learn()──► title, lines, last_sold_on
the merchant ──name() · keep() · tell() · confirm_stock()──► spoken name, group, margin, launch, stock
                              └──► today's sentences say the spoken name, never a listing's title
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import blake2b
from typing import Any

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput, NotFound
from xiaohe.shop.selling import LONGEST_SPOKEN, LONGEST_TITLE, Goods, GoodsGroup
from xiaohe.shop.spoken import NOT_SPOKEN

# Asked once, of the goods that most sentences are about.
ASKED_FIRST = 20
# Rows per transaction: a slice stays well under 50 ms.
SLICE = 500
SHORTEST_CYCLE, LONGEST_CYCLE = 3, 730


@dataclass(frozen=True, slots=True)
class Stated:
    """What facts say of one article: its newest title, on how many order lines it stands, when last."""

    item_key: int
    title: str
    lines: int
    last_sold_on: date | None


def learn(stated: Iterable[Stated]) -> int:
    """Make the table say what all facts together state; returns how many rows changed. Safe to run twice.

    Goods nobody states any more are forgotten, unless the merchant said something of them: then only what was
    stated is.
    """
    wanted = {each.item_key: each for each in stated}
    known = {each.pk: each for each in Goods.objects.all()}
    fresh = [_fresh(each) for key, each in wanted.items() if key not in known]
    changed, gone = [], []
    for key, row in known.items():
        told = wanted.get(key)
        if told is None and not row.is_touched:
            gone.append(key)
        elif _learned(row, told):
            changed.append(row)
    for some in _slices(fresh):
        with store.write():
            Goods.objects.bulk_create(some, ignore_conflicts=True)
    for some in _slices(changed):
        with store.write():
            Goods.objects.bulk_update(some, ["title", "lines", "last_sold_on"])
    for keys in _slices(gone):
        with store.write():
            # Named in the meantime: it stays, and what was stated goes with the next run.
            Goods.objects.filter(pk__in=keys).filter(_UNTOUCHED).delete()
    return len(fresh) + len(changed) + len(gone)


_UNTOUCHED = Q(
    spoken="",
    named_at=None,
    group=None,
    margin=None,
    launched_on=None,
    stock_confirmed_on=None,
)


def _fresh(told: Stated) -> Goods:
    row = Goods(item_key=told.item_key)
    _learned(row, told)
    return row


def _learned(row: Goods, told: Stated | None) -> bool:
    """Put what is stated into the row; whether that changed it."""
    before = (row.title, row.lines, row.last_sold_on)
    row.title = told.title[:LONGEST_TITLE] if told else ""
    row.lines = told.lines if told else 0
    row.last_sold_on = told.last_sold_on if told else None
    return before != (row.title, row.lines, row.last_sold_on)


def _slices(items: Sequence[Any]) -> Iterable[Sequence[Any]]:
    return (items[start : start + SLICE] for start in range(0, len(items), SLICE))


# ---------------------------------------------------------------- the merchant's word


def name(item_key: int, spoken: str, now: datetime) -> Goods:
    """Say how an article is called; an empty name takes it back, and it may be asked for again."""
    spoken = " ".join(spoken.split())
    if len(spoken) > LONGEST_SPOKEN:
        raise BadInput(
            "long_name",
            _("A spoken name has at most %(most)d characters."),
            most=LONGEST_SPOKEN,
        )
    if NOT_SPOKEN & set(spoken):
        raise BadInput("not_spoken", _("Brackets and signs are not spoken; leave them out."))
    return _change(item_key, spoken=spoken, named_at=now if spoken else None)


def keep(item_key: int, now: datetime) -> Goods:
    """No name for it: answered all the same, and sentences go without a name."""
    return _change(item_key, spoken="", named_at=now)


def tell(
    item_key: int,
    *,
    group_id: int | None,
    margin: float | None,
    launched_on: date | None,
) -> Goods:
    """Group, margin and launch of an article; what is None is not known."""
    if margin is not None and not -1 <= margin <= 1:
        raise BadInput("bad_margin", _("A margin lies between −100 and 100 percent."))
    if group_id is not None:
        group(group_id)
    return _change(item_key, group_id=group_id, margin=margin, launched_on=launched_on)


def confirm_stock(item_key: int, on: date | None) -> Goods:
    """It is in stock on that day, as somebody saw; None takes it back. Tomorrow it counts no more."""
    return _change(item_key, stock_confirmed_on=on)


def _change(item_key: int, **fields: object) -> Goods:
    with store.write():
        row = one(item_key)
        for field, value in fields.items():
            setattr(row, field, value)
        row.save(update_fields=list(fields))
    return row


# ---------------------------------------------------------------- groups


def add_group(
    name: str, *, cycle_days: int | None = None, is_consumable: bool = False
) -> GoodsGroup:
    """A new group of goods, or the one of that name with these terms."""
    name = _group_name(name)
    _check_cycle(cycle_days)
    with store.write():
        row, _created = GoodsGroup.objects.update_or_create(
            name=name, defaults={"cycle_days": cycle_days, "is_consumable": is_consumable}
        )
    return row


def change_group(
    group_id: int, name: str, *, cycle_days: int | None, is_consumable: bool
) -> GoodsGroup:
    """Rename a group or change its terms."""
    name = _group_name(name)
    _check_cycle(cycle_days)
    with store.write():
        row = group(group_id)
        if GoodsGroup.objects.filter(name=name).exclude(pk=group_id).exists():
            raise BadInput("group_taken", _("There is a group of this name already."))
        row.name, row.cycle_days, row.is_consumable = name, cycle_days, is_consumable
        row.save()
    return row


def drop_group(group_id: int) -> tuple[int, ...]:
    """Take a group away; its goods, which are returned, are in no group then."""
    with store.write():
        row = group(group_id)
        members = tuple(Goods.objects.filter(group=row).values_list("pk", flat=True))
        Goods.objects.filter(group=row).update(group=None)
        row.delete()
    return members


def put_in_group(item_keys: Sequence[int], group_id: int | None) -> None:
    """Put several goods into one group, or into none."""
    if group_id is not None:
        group(group_id)
    with store.write():
        Goods.objects.filter(pk__in=item_keys).update(group=group_id)


def group(group_id: int) -> GoodsGroup:
    found = GoodsGroup.objects.filter(pk=group_id).first()
    if found is None:
        raise NotFound("no_such_group", _("There is no such group of goods."))
    return found


def group_named(name: str) -> GoodsGroup | None:
    return GoodsGroup.objects.filter(name=" ".join(name.split())).first()


def groups() -> list[GoodsGroup]:
    return list(GoodsGroup.objects.order_by("name"))


def _group_name(name: str) -> str:
    name = " ".join(name.split())
    if not 0 < len(name) <= 40:
        raise BadInput("bad_group", _("A group needs a name of at most 40 characters."))
    return name


def _check_cycle(days: int | None) -> None:
    if days is not None and not SHORTEST_CYCLE <= days <= LONGEST_CYCLE:
        raise BadInput("bad_cycle", _("A rhythm lies between 3 and 730 days."))


# ---------------------------------------------------------------- reads


def one(item_key: int) -> Goods:
    found = Goods.objects.select_related("group").filter(pk=item_key).first()
    if found is None:
        raise NotFound("no_such_goods", _("There are no such goods."))
    return found


def most_sold(limit: int = ASKED_FIRST) -> list[Goods]:
    """What is sold most often, by order lines; ties by key, so that a page stays as it is."""
    sold = Goods.objects.select_related("group").filter(lines__gt=0)
    return list(sold.order_by("-lines", "item_key")[:limit])


def to_ask(limit: int = ASKED_FIRST) -> list[Goods]:
    """Of the most sold, those whose spoken name nobody was asked for yet."""
    return [each for each in most_sold(limit) if each.named_at is None]


def spoken_names(item_keys: Iterable[int]) -> Mapping[int, str]:
    """Spoken names of these goods, of those that have one."""
    named = Goods.objects.filter(pk__in=set(item_keys)).exclude(spoken="")
    return dict(named.values_list("item_key", "spoken"))


def spoken_of(titles: Iterable[str]) -> Mapping[str, str]:
    """Spoken names by the title a file states, of those that have one."""
    known = {title[:LONGEST_TITLE]: title for title in titles}
    named = Goods.objects.filter(title__in=known).exclude(spoken="").order_by("item_key")
    return {known[title]: spoken for title, spoken in named.values_list("title", "spoken")}


def words_stamp(on: date) -> str:
    """Another one whenever sentences of day `on` may name goods otherwise, or speak of stock otherwise."""
    said = Goods.objects.exclude(spoken="").order_by("item_key").values_list("item_key", "spoken")
    seen = Goods.objects.filter(stock_confirmed_on=on).order_by("item_key")
    told = repr((list(said), list(seen.values_list("item_key", flat=True))))
    return blake2b(told.encode(), digest_size=6).hexdigest()


def stock_confirmed(item_keys: Iterable[int], on: date) -> frozenset[int]:
    """Of these goods, those that somebody saw in stock on that very day."""
    seen = Goods.objects.filter(pk__in=set(item_keys), stock_confirmed_on=on)
    return frozenset(seen.values_list("item_key", flat=True))


@dataclass(frozen=True)
class Groups:
    """The groups as whoever counts rhythms needs them: which goods are in which, and each group's terms."""

    of_item: Mapping[int, int]
    preset_days: Mapping[int, float]
    consumable: frozenset[int]


def grouping() -> Groups | None:
    """None while no goods are in a group: then the whole shop is one."""
    members = Goods.objects.exclude(group=None).order_by("item_key")
    of_item = dict(members.values_list("item_key", "group_id"))
    if not of_item:
        return None
    known = GoodsGroup.objects.filter(pk__in=set(of_item.values()))
    return Groups(
        of_item,
        {each.pk: float(each.cycle_days) for each in known if each.cycle_days is not None},
        frozenset(each.pk for each in known if each.is_consumable),
    )
