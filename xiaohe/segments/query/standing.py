"""Leaves about a person among others: places by a number, random shares, explicit lists."""

from __future__ import annotations

import hashlib
import hmac
import math
from collections.abc import Iterable
from decimal import Decimal
from fractions import Fraction
from typing import TYPE_CHECKING

import ibis
import ibis.expr.types as ir
import numpy as np
import pyarrow as pa

from xiaohe.kernel import workspace
from xiaohe.segments.rules.tree import Rank, Share
from xiaohe.traits.people import persons_of, without

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

PEOPLE = pa.schema([("person", pa.int64())])


def ranked(world: World, leaf: Rank) -> ir.Table:
    """(person) of those whose place is within the bounds, ends included; among everybody, whoever is asked about."""
    attributes = world.everybody().attributes()
    group = {"per": attributes[leaf.per]} if leaf.per else {}
    known = attributes.select("person", value=attributes[leaf.field], **group)
    known = known.filter(*(known[each].notnull() for each in ("value", *group)))
    per = [known.per] if leaf.per else []
    ordered = ibis.window(group_by=per, order_by=known.value)
    same = ibis.window(group_by=[*per, known.value])
    whole = ibis.window(group_by=per) if per else ibis.window()
    placed = known.mutate(
        less=ibis.rank().over(ordered).cast("int64"),
        same=known.person.count().over(same).cast("int64"),
        everyone=known.person.count().over(whole).cast("int64"),
    )
    # 100 × (less + same ÷ 2) ÷ all, in whole numbers.
    scale = 10 ** max(_decimals(leaf.low), _decimals(leaf.high))
    place = (placed.less * 2 + placed.same) * (100 * scale)
    bound = placed.everyone * 2
    low, high = int(leaf.low * scale), int(leaf.high * scale)
    found = placed.filter(place >= bound * low, place <= bound * high)
    return world.whose(found.select("person"))


def _decimals(number: Decimal) -> int:
    exponent = number.as_tuple().exponent
    return max(0, -exponent) if isinstance(exponent, int) else 0


def listed(world: World, people: Iterable[int]) -> ir.Table:
    """(person) of these ids, each as the person it is now."""
    ids = np.array(sorted(set(people)), np.int64)
    told = world.read.register(f"listed_{_name(ids.tobytes())}", pa.table({"subject": ids}))
    found = persons_of(told, world.table("persons")).select("person")
    return without(found, world.read.table("state_left_out"))


def drawn(world: World, leaf: Share) -> ir.Table:
    """(person) of those whose draw lies in the share, its lower end included."""
    whose = "all" if world.people is None else world.people.get_name()
    whose += str(world.share or "")
    name = f"drawn_{_name(repr(leaf).encode(), whose.encode(), str(world.at).encode())}"
    if name not in world.kept:
        everyone = world.read.run(world.population().select("person"))["person"].to_numpy()
        chosen = within(workspace.current().secret("salt"), leaf, everyone.tolist())
        table = pa.table([pa.array(chosen, pa.int64())], schema=PEOPLE)
        world.kept[name] = world.read.register(name, table)
    found: ir.Table = world.kept[name]
    return found


def within(key: bytes, leaf: Share, people: Iterable[int]) -> list[int]:
    """Those of `people` whose draw is at least `low` and below `high` percent.

    The draw of `stats.holdout` with the share's salt in the place of a day: HMAC-SHA256(key, "<person>|<salt>"), the
    first 8 bytes as a fraction of 2⁶⁴.
    """
    low, high = (math.ceil(Fraction(each) * 2**64 / 100) for each in (leaf.low, leaf.high))
    salt = f"|{leaf.salt}".encode()
    started = hmac.new(key, digestmod=hashlib.sha256)
    found = []
    for person in people:
        draw = started.copy()
        draw.update(b"%d" % person)
        draw.update(salt)
        if low <= int.from_bytes(draw.digest()[:8], "big") < high:
            found.append(person)
    return found


def _name(*parts: bytes) -> str:
    return hashlib.blake2b(b"|".join(parts), digest_size=8).hexdigest()
