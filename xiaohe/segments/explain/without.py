"""One person as they would be without one of their facts: what is folded from it is folded again.

    the fact's order, without it ─► orders ─► rhythm
    links, without it ───────────► spells ─► sources
                                                └─► evidence and attributes by `days`, beside those of its instants

The shop's pace and cuts stay as they are. With all of their facts the same has to come out as what is known of the
person; where it does not (lines that other orders take back, groups of goods …) it is not believed, and what hangs on
it is unknown without the fact.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from xiaohe.ledger import engine
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.people import came_from
from xiaohe.people import spells as people_spells
from xiaohe.segments.attributes import evidence
from xiaohe.segments.attributes.referrals import REFERRED
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain import rhythm
from xiaohe.segments.explain.hanging import OF_REFERRALS, OF_RHYTHM, OF_SOURCES
from xiaohe.segments.explain.person import Person, seen_at
from xiaohe.segments.query.world import World
from xiaohe.segments.records.purchases import FOLDED_TYPES
from xiaohe.segments.records.spells import FOLDED_TYPES as LINKS
from xiaohe.shop.taxonomy import UNKNOWN
from xiaohe.traits import coming
from xiaohe.traits.orders import folded

Row = dict[str, Any]
# Of an order what it is compared by with what is known.
SAME = ("at", "on", "net", "paid", "refunded", "platform", "valid", "was_paid")


_NO_RHYTHM: Row = dict.fromkeys(evidence.OF_RHYTHM)


@dataclass(frozen=True)
class Less:
    """Without the fact `key`: orders (whatever became of them) and spells as they would be, and evidence that is folded
    from these (`told`); other evidence is asked of the facts. `unsure`: attributes of which nothing can be told.
    """

    key: int
    type: str
    orders: Sequence[Row]
    spells: Sequence[Row]
    told: Mapping[str, Any] = field(default_factory=dict)
    unsure: frozenset[str] = frozenset()

    @property
    def parts(self) -> frozenset[str]:
        """Evidence that looks at such facts."""
        return frozenset(part.name for part in evidence.PARTS if self.type in part.reads)


def without(
    whole: World, world: World, of: Person, keys: Iterable[int], fields: Iterable[str]
) -> list[Less]:
    """The person without each of these facts, as far as rules about these attributes want to know; `world` is their own."""
    wanted = set(keys)
    facts = [each for each in of.rows if each["key_hash"] in wanted]
    return _Without(whole, world, of, facts, frozenset(fields)).found()


class _Without:
    def __init__(
        self, whole: World, world: World, of: Person, facts: list[Row], fields: frozenset[str]
    ) -> None:
        self.whole, self.world, self.of, self.facts = whole, world, of, facts
        self.fields = fields
        self.seen = [row for row in of.rows if seen_at(world, row) <= world.at]
        self.orders = {row["order_key"]: row for row in of.every.to_pylist()}
        self.spells = [
            row
            for row in of.tables["spells"].to_pylist()
            if row["started_at"] and row["started_at"] <= world.at
        ]

    def found(self) -> list[Less]:
        if not self.facts:
            return []
        orders = self._orders()
        spells = self._spells()
        sources = self._sources(orders, spells)
        rhythms = self._rhythms(orders)
        found = []
        for fact in self.facts:
            key, kind = fact["key_hash"], fact["type"]
            unsure: frozenset[str] = frozenset()
            told: dict[str, Any] = {}
            if (kind in FOLDED_TYPES and orders[key] is None) or (kind in LINKS and spells is None):
                unsure = frozenset(ATTRIBUTES)
            if kind in FOLDED_TYPES and orders[key] is not None:
                if rhythms is None:
                    unsure |= OF_RHYTHM
                else:
                    told |= rhythms[key]
            if kind in (*FOLDED_TYPES, *LINKS):
                if sources is None:
                    unsure |= OF_SOURCES
                else:
                    told |= sources[key]
            if kind == REFERRED or (kind in FOLDED_TYPES and self.of.referrals.num_rows):
                unsure |= OF_REFERRALS
            rows = orders[key] if orders.get(key) is not None else list(self.orders.values())
            ended = self.spells if spells is None else spells[key]
            found.append(Less(key, kind, rows or [], ended, told, unsure))
        return found

    def _whose(self) -> dict[int, int]:
        """Each fact's number; 0 is the person with all of them."""
        return {fact["key_hash"]: at for at, fact in enumerate(self.facts, start=1)}

    # ------------------------------------------------------------ orders

    def _orders(self) -> dict[int, list[Row] | None]:
        """Of each fact every order without it; None: it cannot be told."""
        of_orders = [fact for fact in self.facts if fact["type"] in FOLDED_TYPES]
        found: dict[int, list[Row] | None] = {
            fact["key_hash"]: list(self.orders.values()) for fact in self.facts
        }
        if not of_orders:
            return found
        about = {fact["order_key"] for fact in of_orders}
        told: dict[int, list[Row]] = {order: [] for order in about if order is not None}
        for row in self.seen:
            if row["type"] in FOLDED_TYPES and row["order_key"] in told:
                told[row["order_key"]].append(row)
        # A folded order stands for each fact it is without, and once for none.
        copies: list[tuple[int, int | None]] = [(order, None) for order in told]
        copies += [
            (fact["order_key"], fact["key_hash"])
            for fact in of_orders
            if fact["order_key"] is not None
        ]
        rows = [
            {**row, "order_key": at, "subject": at if row["subject"] == order else row["subject"]}
            for at, (order, without) in enumerate(copies, start=1)
            for row in told[order]
            if row["key_hash"] != without
        ]
        table = self.world.read.register(
            "facts_of_less", pa.Table.from_pylist(rows, schema=FACT_SCHEMA)
        )
        answer = self.world.read.run(
            folded(table, calendar=self.world.calendar, currency=self.world.currency)
        )
        again = {row["order_key"]: row for row in answer.to_pylist()}
        sure = {
            order
            for at, (order, without) in enumerate(copies, start=1)
            if without is None and _is_same(again.get(at), self.orders.get(order))
        }
        for fact in of_orders:
            if fact["order_key"] not in sure:
                found[fact["key_hash"]] = None
        for at, (order, without) in enumerate(copies, start=1):
            if without is not None and order in sure:
                found[without] = self._with(order, again.get(at))
        return found

    def _with(self, order: int, again: Row | None) -> list[Row]:
        others = [row for key, row in self.orders.items() if key != order]
        if again is None or again["subject"] is None:
            return others
        held = self.orders[order]
        return [*others, {**held, **{name: again[name] for name in held.keys() & again.keys() if name not in ("order_key", "person")}}]  # fmt: skip

    def _rhythms(self, orders: Mapping[int, list[Row] | None]) -> dict[int, Row] | None:
        """Of each fact the rhythm without it; None: it cannot be told."""
        if not self.fields & OF_RHYTHM:
            return None
        shop = rhythm.pace(self.whole)
        known = self.of.tables["rhythm"].to_pylist() or [{"value": None, **_NO_RHYTHM}]
        on = self.world.on
        now = rhythm.Bought.of(list(self.orders.values()), on)
        if shop is None:
            return None
        group = now.group(known[0]["value"])
        told = rhythm.told(now, shop, group, on)
        exact = ("occasions", "last_on", "shop_last_on", "due_on", "basis")
        if any(told[name] != known[0][name] for name in exact):
            return None
        if abs((told["cycle"] or 0) - (known[0]["cycle"] or 0)) > 1e-6:
            return None
        return {
            key: rhythm.told(rhythm.Bought.of(rows, on), shop, group, on)
            for key, rows in orders.items()
            if rows is not None
        }

    # ------------------------------------------------------------ links and sources

    def _spells(self) -> dict[int, list[Row]] | None:
        """Of each fact the spells without it; None: they cannot be told."""
        if not any(fact["type"] in LINKS for fact in self.facts):
            return {fact["key_hash"]: self.spells for fact in self.facts}
        read, facts, persons = self._copies(LINKS)
        begun = people_spells.folded(read, facts, persons)  # type: ignore[arg-type]
        heard = coming.told(facts, persons, self.world.calendar, self.world.at)
        whole = came_from.sourced(coming.with_days(begun, self.world.calendar), heard)
        told: dict[int, list[Row]] = {at: [] for at in range(len(self.facts) + 1)}
        for row in read.run(whole).to_pylist():
            at = row["person"] - 1
            subject = self.names.back[row["subject"]]
            told[at].append({**row, "person": self.of.id, "subject": subject})
        if sorted(map(_spelt, told[0])) != sorted(map(_spelt, self.spells)):
            return None
        return {key: told[at] for key, at in self._whose().items()}

    def _sources(
        self, orders: Mapping[int, list[Row] | None], spells: Mapping[int, list[Row]] | None
    ) -> dict[int, Row] | None:
        """Of each fact where they came from without it; None: it cannot be told."""
        if not self.fields & OF_SOURCES or spells is None:
            return None
        read, facts, persons = self._copies(coming.OF_PEOPLE)
        heard = coming.told(facts, persons, self.world.calendar, self.world.at)
        every = [(0, list(self.orders.values()), self.spells)]
        every += [(at, orders.get(key) or [], spells[key]) for key, at in self._whose().items()]
        bought = [{**row, "person": at + 1} for at, rows, _spells in every for row in rows]
        begun = [{**row, "person": at + 1} for at, _rows, some in every for row in some]
        links = read.register(
            "spells_of_less", pa.Table.from_pylist(begun, schema=self.of.tables["spells"].schema)
        )
        paid = read.register(
            "orders_of_less", pa.Table.from_pylist(bought, schema=self.of.every.schema)
        )
        came = came_from.came_from(
            came_from.statements(
                came_from.of_orders(paid), links.mutate(at=links.started_at), heard
            )
        )
        told = {row["person"] - 1: _came(row) for row in read.run(came).to_pylist()}
        nothing: Row = dict.fromkeys(_came({}))
        known = self.of.tables["came"].to_pylist()
        if told.get(0, nothing) != (_came(known[0]) if known else nothing):
            return None
        return {key: told.get(at, nothing) for key, at in self._whose().items()}

    def _copies(self, types: Iterable[str]) -> tuple[engine.Reading, Any, Any]:
        """The person's facts of some types once for everybody: with all of them, and without each."""
        names = self.names = Names()
        types = frozenset(types)
        rows = [
            {**row, "subject": names.subject(at, row["subject"])}
            for at, without in enumerate([None, *(fact["key_hash"] for fact in self.facts)])
            for row in self.seen
            if row["type"] in types and row["key_hash"] != without
        ]
        read = engine.over({}, threads=1, timeout=None)
        facts = read.register("facts_of_copies", pa.Table.from_pylist(rows, schema=FACT_SCHEMA))
        persons = pa.table(
            {"subject": list(names.subjects), "person": list(names.subjects.values())},
            schema=self.of.tables["persons"].schema,
        )
        return read, facts, read.register("persons_of_copies", persons)


def _is_same(again: Row | None, known: Row | None) -> bool:
    if again is None or known is None:
        return again is known
    return all(again[name] == known[name] for name in SAME)


def _spelt(row: Row) -> tuple[str, ...]:
    names = ("account_id", "kind", "started_at", "ended_at", "on", "off", *people_spells.SOURCE)
    return tuple(str(row[name]) for name in names)


def _came(row: Row) -> Row:
    """Columns of evidence of a row of the state's `came`, as `evidence.PARTS` makes them."""
    parts: Row = {"source_first_on": row.get("first_on")}
    for end in ("first", "last"):
        for name in people_spells.SOURCE:
            said = row.get(f"{end}_{name}")
            parts[f"{end}_{name}"] = None if said == ("" if name == "code" else UNKNOWN) else said
    return parts


class Names:
    """Numbers of what belongs to one copy of a person alone, above every number of a copy."""

    FIRST = 1_000_000

    def __init__(self) -> None:
        self.known: dict[tuple[int, int], int] = {}
        self.back: dict[int, int] = {}
        # Subject → the copy it is of.
        self.subjects: dict[int, int] = {}

    def of(self, at: int, key: int | None) -> int | None:
        if key is None:
            return None
        named = self.known.setdefault((at, key), self.FIRST + len(self.known))
        self.back[named] = key
        return named

    def subject(self, at: int, key: int) -> int:
        named = self.of(at, key)
        assert named is not None
        self.subjects[named] = at + 1
        return named


__all__ = ["Less", "Names", "without"]
