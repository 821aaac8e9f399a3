"""A random shop told through the real doors, and the same facts as plain lists for the twin."""

from __future__ import annotations

import json
import random
from collections.abc import Collection, Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

import pyarrow as pa

from tests.traits.facts import key
from tests.twin.segment_attributes import Known
from tests.twin.segments import Fact, Shop
from xiaohe.kernel import workspace
from xiaohe.ledger import bulk, drain, engine, imports, keys, stream
from xiaohe.ledger.catalogue import as_json
from xiaohe.ledger.schema import STAGED_SCHEMA
from xiaohe.people import actions, marks
from xiaohe.people.joined.own_keys import As, On
from xiaohe.segments.query.world import World, at_moment, at_start_of
from xiaohe.segments.rules.tree import Rule
from xiaohe.shop import queries
from xiaohe.shop.accounts import account_named
from xiaohe.shop.actions import update_shop
from xiaohe.traits import state as states

# Both changes of New York's clocks, and a leap day, lie in the year before.
NOW = datetime(2024, 11, 6, 15, 30, tzinfo=UTC)
PEOPLE = 12
STATED: tuple[Any, ...] = (
    "茶", "ＴＥＡ", "tea", "Tea 茶", "5", "05", 5, 5.5, -3, 0.1, True, False, "true", "false", None, "", "1e2", "NaN", "１２",
    "a\nb", "ﬁn", "10",
)  # fmt: skip
TITLES = ("绿茶 100g", "ＧＲＥＥＮ tea", "杯子", "茶具（大）", "", None)
STORES = ("东店", "西店", "Ｗest", None)
# A leap day, days at the end of months of either length, and one taken back.
DATES = (
    ("solar", 2, 29), ("solar", 12, 31), ("solar", 11, 6), ("solar", 11, 5), ("solar", 4, 30), ("lunar", 12, 30), ("lunar", 1, 1),
    ("lunar", 10, 6), ("lunar", 2, 30), ("lunar", 6, 15), (None, 1, 1), ("solar", None, None),
)  # fmt: skip
SLUGS = ("g01", "g02")
STAGES = ("new", "growing", "regular", "at_risk")


@dataclass
class Made:
    """What was told and still holds, and the worlds that stand on it."""

    facts: list[Fact]
    person_of: dict[int, int]
    left_out: frozenset[int]
    # Told when the derived state had been built.
    late: frozenset[int]


def build(seed: int, zone: str, day_starts_at: str) -> Made:
    """Fill the current workspace; the same for the same seed."""
    dice = random.Random(seed)
    update_shop(time_zone=zone, day_starts_at=time.fromisoformat(day_starts_at))
    accounts = [account_named("wecom", "Li Lei").id, account_named("official_account", "小号").id]
    subjects = [key("segments", seed, number) for number in range(PEOPLE + 4)]
    teller = Teller(dice, subjects, accounts)
    undone = bring(teller.facts(60, "undone"), NOW - timedelta(days=30))
    kept = teller.facts(170, "file")
    bring(kept, NOW - timedelta(days=29))
    imports.undo(undone, now=NOW - timedelta(days=28))
    told = teller.facts(110, "told", source="xiaohe")
    stream.record(
        [streamed(each, teller.names[each.key_hash]) for each in told], now=NOW - timedelta(days=2)
    )
    drain.drain(NOW - timedelta(days=1), force=True)
    for each in told[:6]:
        assert stream.take_back(each.key_hash, now=NOW - timedelta(hours=20))
    actions.join(subjects[0], subjects[1], NOW - timedelta(hours=12))
    parted = actions.join(subjects[2], subjects[3], NOW - timedelta(hours=11))
    actions.undo(parted.facts, NOW - timedelta(hours=10))
    marks.mark(subjects[4], As.TEST, On.PERSON, NOW - timedelta(hours=9))
    states.refresh(NOW - timedelta(hours=3))
    late = teller.facts(40, "late", source="xiaohe")
    stream.record(
        [streamed(each, teller.names[each.key_hash]) for each in late],
        now=NOW - timedelta(hours=1),
    )
    keys = frozenset(each.key_hash for each in late)
    return Made([*kept, *told[6:], *late], _joined(subjects), _left_out(), keys)


def _joined(subjects: list[int]) -> dict[int, int]:
    """The two that were joined are one, under whichever id the product chose; nobody else is."""
    with engine.reading() as read:
        from xiaohe.people import overlay

        told = overlay.overlay_of(read)
    person = told.person(subjects[0])
    assert {told.person(each) for each in subjects[:2]} == {person} <= set(subjects[:2])
    return {subjects[0]: person, subjects[1]: person}


def _left_out() -> frozenset[int]:
    with states.current().reading("persons") as read:
        found = read.register("left_out", states.current().path("left_out"))
        return frozenset(read.run(found)["person"].to_pylist())


@contextmanager
def asked(
    made: Made, on: date | None = None, segments: dict[str, Rule] | None = None
) -> Iterator[tuple[World, Shop]]:
    """The world at NOW, or as `--on` sees day `on`; and the twin of the same moment."""
    rules = segments or {}
    state = states.current() if on is None else states.as_of(on)
    began: dict[str, date | None] = {
        "g01": (NOW - timedelta(days=20)).date(),
        "stage": (NOW - timedelta(days=20)).date(),
    }
    with engine.reading() as read:
        more: dict[str, Any] = {"segment": rules.__getitem__, "logged_from": began.get}
        world = (
            at_moment(read, state, NOW, **more)
            if on is None
            else at_start_of(read, state, on, **more)
        )
        known = read.run(world.attributes())
        world = replace(world, known_attributes=read.register("attributes_known", known))
        told = known.to_pylist()
        rows = {each["key_hash"]: each["row_no"] for each in read.run(read.facts).to_pylist()}
        assert {each.key_hash for each in made.facts} <= rows.keys()
        twin = with_attributes(
            Shop(
                facts=[_with_row(each, rows[each.key_hash]) for each in made.facts],
                now=world.at,
                on=world.on,
                calendar=queries.calendar(),
                population=set(),
                person_of=made.person_of,
                left_out=made.left_out,
                accounts={each.id: each.name for each in _accounts()},
                private=frozenset(each.id for each in _accounts() if each.is_private),
                segments=rules,
                key=workspace.current().secret("salt"),
                logged_from=began.get,
            ),
            told,
            () if on is not None else made.late,
        )
        yield world, twin


def with_attributes(
    shop: Shop, told: Iterable[Mapping[str, Any]], late: Collection[int] = ()
) -> Shop:
    """Whom the shop knows, and what of them: in plain Python, the rest (`told`) from the product.

    `late`: facts of which the derived state did not know.
    """
    shop.population = shop.known_people()
    known = Known(shop, [each for each in shop.facts if each.key_hash not in late])
    rest = {each["person"]: each for each in told}
    shop.attributes = {
        who: {**rest.get(who, {}), **each} for who, each in known.everybody().items()
    }
    shop.cycles = {who: each.cycle for who, each in known.rhythm.items()}
    return shop


def _accounts() -> list[Any]:
    from xiaohe.shop.accounts import register

    return register()


def _with_row(fact: Fact, row: int | None) -> Fact:
    return Fact(**{**fact.__dict__, "row_no": -1 if row is None else row})


# ---------------------------------------------------------------- telling


class Teller:
    """Random facts of some people around `now`."""

    def __init__(
        self, dice: random.Random, subjects: list[int], accounts: list[int], now: datetime = NOW
    ) -> None:
        self.dice, self.subjects, self.accounts, self.now = dice, subjects, accounts, now
        self.told = 0
        self.names: dict[int, str] = {}

    def facts(self, count: int, name: str, source: str = "table") -> list[Fact]:
        found: list[Fact] = []
        kinds = [self.order, self.order, self.look, self.look, self.tag, self.log, self.date]
        if name != "late":
            # Links are as of the state, which a job brings up to date; purchases and facts are of this moment.
            kinds.append(self.link)
        while len(found) < count:
            found += self.dice.choice(kinds)(name, source)
        return found

    def at(self, name: str) -> tuple[datetime, bool]:
        """Often at the very edges of days, hours and windows, or of one instant with others."""
        dice, calendar = self.dice, queries.calendar()
        if name == "late" and dice.random() < 0.6:
            return self.now - timedelta(minutes=dice.randrange(-120, 60 * 20)), False
        back = dice.choice([0, 0, 1, 2, 7, 29, 30, 31, 90, 366, dice.randrange(400)])
        day = calendar.day_of(self.now) - timedelta(back)
        if dice.random() < 0.15:
            return calendar.start_of(day) - calendar.start_shift, True
        edge = calendar.start_of(day) + timedelta(
            seconds=dice.choice([-1, 0, 1, 3600 * 5, dice.randrange(86_400)])
        )
        return edge, False

    def one(
        self, type_: str, name: str, source: str, at: datetime, subject: int, **columns: Any
    ) -> Fact:
        self.told += 1
        known = f"{name}{self.told}"
        hashed = keys.key_hash(source, known)
        self.names[hashed] = known
        return Fact(type_, at, subject, hashed, source=source, **columns)

    def order(self, name: str, source: str) -> list[Fact]:
        dice = self.dice
        at, date_only = self.at(name)
        number = key("order", name, self.told, source)
        buyer = dice.choice(self.subjects) if dice.random() < 0.85 else number
        common: dict[str, Any] = {"order_key": number, "date_only": date_only, "currency": "CNY"}

        def one(type_: str, later: int = 0, **more: Any) -> Fact:
            then = at + timedelta(days=later)
            return self.one(type_, name, source, then, buyer, **{**common, **more})

        created = {"store": dice.choice(STORES), "coupon": dice.choice([None, "８折", "8折"])}
        found = [one("order.created", props=_said(created))]
        amount = dice.choice([0, 500, 1250, 9900])
        if dice.random() < 0.9:
            found.append(one("order.paid", amount=dice.choice([amount, amount, None])))
        for _line in range(dice.randrange(3)):
            item = {"title": dice.choice(TITLES), "category": dice.choice(["茶", "cup"])}
            found.append(
                one("order.item", amount=dice.choice([500, 1250]), quantity=dice.choice([1.0, 0.35, 2.0]),
                    item_key=7 + dice.randrange(2), props=_said(item))
            )  # fmt: skip
        if dice.random() < 0.2:
            found.append(
                one("order.refunded", dice.randrange(40), amount=dice.choice([100, 500, 9900]))
            )
        if dice.random() < 0.08:
            found.append(one("order.closed", dice.randrange(3)))
        if dice.random() < 0.15:
            found.append(one("order.referred", other=dice.choice(self.subjects[:6])))
        return found

    def date(self, name: str, source: str) -> list[Fact]:
        """A day that comes back; now and then none."""
        dice = self.dice
        at, _date_only = self.at(name)
        kind, month, day = dice.choice(DATES)
        props = {
            "name": dice.choice(["birthday", "birthday", "baby"]),
            "calendar": kind,
            "month": month,
            "day": day,
        }
        said = _said(props)
        return [self.one("date.told", name, source, at, dice.choice(self.subjects), props=said)]

    def look(self, name: str, source: str) -> list[Fact]:
        dice = self.dice
        type_, told = dice.choice(
            [
                ("content.clicked", ("name", "position")),
                ("page.viewed", ("title", "name")),
                ("custom:课程", ("campaign",)),
            ]
        )
        at, date_only = self.at(name)
        money = dice.choice(
            [
                {},
                {"amount": 300, "currency": "CNY"},
                {"amount": 400, "currency": "USD"},
                {"amount": 70},
            ]
        )
        props = {each: dice.choice(STATED) for each in told if dice.random() < 0.8}
        more = {
            "quantity": dice.choice([None, 0.1, 0.2, 3.0]),
            "date_only": date_only,
            "props": props,
        }
        return [self.one(type_, name, source, at, dice.choice(self.subjects), **money, **more)]

    def link(self, name: str, source: str) -> list[Fact]:
        dice = self.dice
        at, _date_only = self.at(name)
        subject, account = dice.choice(self.subjects[:6]), dice.choice(self.accounts)
        kind = {"kind": "friend", "platform": "taobao"}
        begun = self.one("link.started", name, source, at, subject, account_id=account, props=kind)
        if dice.random() < 0.5:
            return [begun]
        then = at + timedelta(hours=dice.choice([0, 5, 30, 900]))
        over = {"kind": "friend", "ended_by": dice.choice(["customer", "staff", "system"])}
        return [
            begun,
            self.one("link.ended", name, source, then, subject, account_id=account, props=over),
        ]

    def tag(self, name: str, source: str) -> list[Fact]:
        dice = self.dice
        at, _date_only = self.at(name)
        props = {
            "group": dice.choice(["口味", ""]),
            "tag": dice.choice(["乌龙", "绿茶"]),
            "by": dice.choice(["hand", "rule"]),
        }
        type_ = dice.choice(["tag.added", "tag.added", "tag.removed"])
        if type_ == "tag.added" and dice.random() < 0.5:
            day = queries.calendar().day_of(self.now) + timedelta(dice.choice([-1, 0, 1]))
            props["until"] = day.isoformat()
        return [self.one(type_, name, source, at, dice.choice(self.subjects[:8]), props=props)]

    def log(self, name: str, source: str) -> list[Fact]:
        dice = self.dice
        at, _date_only = self.at(name)
        subject = dice.choice(self.subjects[:8])
        if dice.random() < 0.3:
            word = dice.choice(["consent.given", "consent.reduced", "consent.withdrawn"])
            return [self.one(word, name, source, at, subject)]
        if dice.random() < 0.5:
            props = {"from": dice.choice(STAGES), "to": dice.choice(STAGES)}
            return [self.one("stage.changed", name, source, at, subject, props=props)]
        type_ = dice.choice(["segment.entered", "segment.left"])
        return [self.one(type_, name, source, at, subject, props={"segment": dice.choice(SLUGS)})]


def _said(props: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in props.items() if value is not None}


def bring(facts: list[Fact], now: datetime) -> int:
    """Import facts; the number of the import."""
    with bulk.open_import(kind="test", source="table", now=now) as door:
        rows = [
            {
                **{name: getattr(each, name) for name in _COLUMNS},
                "occurred_at": each.at,
                "props": as_json(each.props) if each.props else None,
                "in_file_ordinal": False,
                "row_no": number,
            }
            for number, each in enumerate(facts, start=1)
        ]
        door.stage(pa.Table.from_pylist(rows, schema=STAGED_SCHEMA))
        door.commit({}, now=now)
    return door.id


_COLUMNS = (
    "key_hash", "source", "type", "subject", "date_only", "order_key", "item_key", "other", "account_id", "amount", "currency",
    "quantity",
)  # fmt: skip


def logged(rows: Iterable[Mapping[str, Any]], told: Collection[int]) -> list[Fact]:
    """What the product itself wrote down, of these rows of the ledger, but what was told."""
    return [
        Fact(row["type"], row["occurred_at"], row["subject"], row["key_hash"], source=row["source"],
             props=json.loads(row["props"] or "{}"))
        for row in rows
        if row["type"] in ("segment.entered", "segment.left", "stage.changed") and row["key_hash"] not in told
    ]  # fmt: skip


def streamed(fact: Fact, name: str) -> stream.Fact:
    columns = {
        column: getattr(fact, column)
        for column in _COLUMNS
        if column not in ("key_hash", "source", "type")
    }
    return stream.Fact(fact.source, name, fact.type, fact.at, **columns, props=fact.props or None)
