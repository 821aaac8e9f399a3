"""Leaves of every sort, generated: each fold of each kind of records, each comparison, steps, logs and lists."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from decimal import Decimal
from itertools import count
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tests.parity.shop import NOW, ON
from xiaohe.ledger import engine
from xiaohe.segments import tagged
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.attributes.table import evidence
from xiaohe.segments.query.compile import leaf_table
from xiaohe.segments.query.world import at_moment
from xiaohe.segments.records import RECORDS
from xiaohe.segments.rules.kinds import LOGGED, OPERATORS, ORDERING, WITHOUT_FIELD, result
from xiaohe.segments.rules.tree import (
    Been,
    Compare,
    Fold,
    InSegment,
    Leaf,
    Listed,
    Measure,
    Money,
    Op,
    Rank,
    Records,
    Rule,
    Sequence,
    Share,
    Test,
)
from xiaohe.segments.rules.vocabulary import Field, Kind
from xiaohe.segments.rules.windows import EVER, Ago, Calendar, Last, Period, Unit, Window
from xiaohe.segments.state import building
from xiaohe.segments.state.asking import groups_of
from xiaohe.web.pages.segments import moving

# One kind for each way in which records are made: folded orders, their lines, links, tags, facts of one type and of several.
KINDS = ("purchase", "purchase.item", "link", "tag", "signal")
FOLDED = ("purchase.item", "signal")
WINDOWS: tuple[Window, ...] = (
    EVER, Last(90, Unit.DAYS), Last(12, Unit.MONTHS), Last(400, Unit.HOURS), Last(2, Unit.CYCLES), Ago(60, 10),
    Calendar(Period.MONTH, -1),
)  # fmt: skip
SLUGS: dict[str, Rule] = {
    "bought": Measure(Fold.COUNT, Records("purchase"), Test(Op.AT_LEAST, (Decimal(1),)))
}


def leaves(people: list[int]) -> Iterator[Leaf]:
    """Every kind counted, every fold of two of them, each comparison of each kind of value once."""
    windows = (WINDOWS[at % len(WINDOWS)] for at in count())
    some = Test(Op.AT_LEAST, (Decimal(1),))
    asked: dict[Kind, tuple[str, Field]] = {}
    for name in KINDS:
        yield Measure(Fold.COUNT, Records(name, None, next(windows)), some)
        for field in RECORDS[name].fields.values():
            asked.setdefault(field.kind, (name, field))
    for name in FOLDED:
        for fold in Fold:
            fields = [each for each in RECORDS[name].fields.values() if result(fold, each)]
            field = None if fold in WITHOUT_FIELD else fields[0]
            made = result(fold, field)
            assert made is not None
            yield Measure(
                fold,
                Records(name, None, next(windows)),
                next(_tests(made)),
                field.name if field else "",
            )
    for name, field in asked.values():
        for test in _tests(field):
            yield Measure(Fold.COUNT, Records(name, Compare(field.name, test)), some)
    looked, bought = Records("message.out"), Records("purchase")
    yield Sequence((looked, bought), 30, Unit.DAYS, Last(200, Unit.DAYS))
    yield Sequence((bought, bought), 900, Unit.HOURS)
    yield Been(InSegment("bought"), 30)
    yield InSegment("bought")
    yield Share("salt", Decimal(10), Decimal("42.5"))
    yield Listed(tuple(people[:5]))


def _tests(field: Field) -> Iterator[Test]:
    for op in OPERATORS[field.kind]:
        if op is Op.KNOWN or op is Op.TRUE:
            yield Test(op)
        elif op is Op.WITHIN:
            yield Test(op, window=Last(90, Unit.DAYS))
        elif op is Op.MATCHES:
            yield Test(op, ("^[^0-9]+茶|a.b$",))
        else:
            ends = 2 if op is Op.BETWEEN else 1
            yield Test(op, tuple(_value(field, op, end) for end in range(ends)))


def _value(field: Field, op: Op, end: int) -> Any:
    match field.kind:
        case Kind.MONEY:
            return Money(1_000 + 90_000 * end)
        case Kind.NUMBER:
            return Decimal(1 + 4 * end)
        case Kind.TRUTH:
            return bool(end)
        case Kind.DAY:
            return ON - timedelta(days=200 - 190 * end)
        case Kind.CHOICE:
            return field.choices[0]
    return Decimal(end) if op in ORDERING else "ＡBé茶"


def of_attributes() -> Iterator[Leaf]:
    """Each comparison of each kind of attribute, places among others, and what is written down about some."""
    asked: dict[Kind, Field] = {}
    for field in ATTRIBUTES.values():
        asked.setdefault(field.kind, field)
    for field in asked.values():
        for test in _tests(field):
            yield Compare(field.name, test)
    for number in ("days_365", "net_total"):
        yield Rank(number, Decimal("12.5"), Decimal(80))
    yield Rank("days_since", Decimal(0), Decimal(50), "value")
    for name in LOGGED:
        yield Been(Compare(name, next(_tests(ATTRIBUTES[name]))), 10)


def people_as_known(stand: Any) -> Any:
    """Every attribute of everybody with what it was concluded from, and whom each leaf has.

    Asked together is what the state of segments asks together: no question is larger than one of its.
    """
    told = [*leaves(stand.shop.members), *of_attributes()]
    asked = {f"leaf_{at}": leaf for at, leaf in enumerate(told)}
    with engine.reading() as read:
        world = at_moment(read, stand.state, NOW, segment=SLUGS.__getitem__)
        known = read.run(evidence(world))
        world = replace(
            world,
            known_attributes=read.register("known_attributes", known),
            known_population=read.register("known_people", known.select(["person"])),
        )
        found: dict[str, list[int]] = {}
        for some in groups_of(asked):
            answer = read.run(leaf_table(world, some))
            found |= {name: _people(answer, name) for name in some}
    # Leaves that tell nobody apart compare nothing.
    assert sum(0 < len(each) < known.num_rows for each in found.values()) >= 60
    return [sorted(map(repr, known.to_pylist())), found]


def _people(answer: Any, name: str) -> list[int]:
    return sorted(answer.filter(answer[name])["person"].to_pylist())


def whole_base(_stand: Any) -> Any:
    """Every file of a base of all ready segments: people, evidence, attributes, sums, and a column per leaf."""
    made = building.advance(NOW, anew=True)
    assert made is not None
    files = sorted(path for path in made.folder.rglob("*") if path.is_file())
    # When it was made, and what it was called, is its own.
    found = {
        path.relative_to(made.folder).as_posix(): _content(path)
        for path in files
        if path.name != "manifest.json"
    }
    assert len(found) > 50
    return found


def _content(path: Path) -> Any:
    """What a file says: its types and rows. Of the same rows Arrow may write other bytes, with or without a map of nulls."""
    match path.suffix:
        case ".parquet":
            told = pq.read_table(path)
            return [str(told.schema.types), sorted(map(repr, told.to_pylist()))]
        case ".arrow":
            told = pa.ipc.open_file(path).read_all()
            return [str(told.schema.types), told.to_pylist()]
    return path.read_bytes().hex()


def moves_and_tags(stand: Any) -> Any:
    """Who came and went lately, and the facts of one tap on a tag."""
    return [moving.lately("bought", NOW), tagged.at("wish", "tea", NOW)]
