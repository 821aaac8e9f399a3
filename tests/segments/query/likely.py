"""Random leaves that often tell people of `made` apart: windows, values and records that are there."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from xiaohe.segments.rules.kinds import WITHOUT_FIELD, result
from xiaohe.segments.rules.tree import (
    Been,
    Compare,
    Fold,
    InSegment,
    Leaf,
    Measure,
    Money,
    Not,
    Op,
    Rank,
    Records,
    Share,
    Test,
)
from xiaohe.segments.rules.tree import Sequence as Steps
from xiaohe.segments.rules.vocabulary import Field, Kind, Vocabulary
from xiaohe.segments.rules.windows import (
    EVER,
    Ago,
    Between,
    Calendar,
    Last,
    Period,
    SameLastYear,
    Unit,
)

OF_DAYS = (
    EVER, Last(400, Unit.DAYS), Last(31, Unit.DAYS), Last(30, Unit.DAYS), Last(12, Unit.MONTHS), Ago(100, 5),
    Calendar(Period.MONTH), Calendar(Period.YEAR), Calendar(Period.WEEK), Calendar(Period.QUARTER, -1),
    SameLastYear(Period.MONTH), Between(None, date(2024, 10, 20)),
)  # fmt: skip
WINDOWS = (*OF_DAYS, EVER, Last(48, Unit.HOURS), Last(720, Unit.HOURS), Last(2, Unit.CYCLES))
COUNTED = Field("", Kind.NUMBER)
_ORDER = (Op.MORE, Op.AT_MOST, Op.LESS, Op.AT_LEAST)


@dataclass(frozen=True)
class Likely:
    words: Vocabulary
    texts: Sequence[str]
    numbers: Sequence[Decimal]

    def leaves(self, seed: int, count: int) -> list[Leaf]:
        dice = random.Random(seed)
        return [self._leaf(dice) for _ in range(count)]

    def _leaf(self, dice: random.Random) -> Leaf:
        chance = dice.random()
        if chance < 0.7:
            return self._measure(dice)
        if chance < 0.88:
            steps = tuple(self._records(dice, EVER) for _ in range(dice.choice([2, 2, 3])))
            unit = dice.choice([Unit.DAYS, Unit.WEEKS, Unit.HOURS])
            return Steps(steps, dice.choice([1, 7, 30, 50]), unit, dice.choice(WINDOWS))
        if chance < 0.95:
            stages = Test(Op.IN, (dice.choice(["new", "regular"]), "growing"))
            truth = dice.choice([Test(Op.TRUE), Test(Op.IS, (False,))])
            said = [Compare("stage", stages), Compare("linked", truth), Compare("muted", truth)]
            held = dice.choice([InSegment("g01"), InSegment("g02"), *said])
            return Been(held, dice.choice([1, 7, 20, 30]))
        twenty, most = Decimal(20), Decimal("83.3")
        return dice.choice([Rank("net_365", twenty, most), Rank("occasions", Decimal(0), Decimal(50), "store"),
                            Share("salt", Decimal("10.5"), Decimal(60))])  # fmt: skip

    def _measure(self, dice: random.Random) -> Leaf:
        records, fold = self._records(dice, dice.choice(WINDOWS)), dice.choice(list(Fold))
        fields = self.words.records[records.of].fields.values()
        foldable = [] if fold in WITHOUT_FIELD else [each for each in fields if result(fold, each)]
        if not foldable:
            fold = fold if fold in WITHOUT_FIELD else Fold.COUNT
            return Measure(fold, records, self._test(dice, COUNTED))
        field = dice.choice(foldable)
        made = result(fold, field)
        assert made is not None
        return Measure(fold, records, self._test(dice, made), field.name)

    def _records(self, dice: random.Random, window: Any) -> Records:
        kind = self.words.records[dice.choice(list(self.words.records))]
        field = dice.choice(list(kind.fields.values()))
        fits = Compare(field.name, self._test(dice, field))
        return Records(kind.name, dice.choice([None, None, fits, Not(fits)]), window)

    def _test(self, dice: random.Random, field: Field) -> Test:
        text, number = dice.choice(self.texts), dice.choice(self.numbers)
        known = Test(Op.KNOWN)
        match field.kind:
            case Kind.TEXT:
                contains = Test(Op.CONTAINS, (text,))
                return dice.choice([contains, contains, Test(Op.IS, (text,)), Test(Op.MATCHES, ("茶|e",)),
                                    Test(Op.STARTS, ("东",)), Test(Op.ENDS, ("ea",)), known])  # fmt: skip
            case Kind.STATED:
                between = Test(Op.BETWEEN, (Decimal(0), Decimal(10)))
                return dice.choice([Test(Op.CONTAINS, (text,)), Test(Op.IS, (text,)), Test(Op.IS, (dice.random() < 0.5,)),
                                    Test(Op.MORE, (number,)), Test(Op.IN, (Decimal(5), "茶")), between, known])  # fmt: skip
            case Kind.NUMBER:
                return Test(dice.choice(_ORDER), (number,))
            case Kind.MONEY:
                return dice.choice(
                    [Test(dice.choice(_ORDER), (Money(dice.choice([0, 300, 500, 1250])),)), known]
                )
            case Kind.TRUTH:
                return Test(Op.TRUE)
            case Kind.DAY:
                return dice.choice(
                    [
                        Test(Op.WITHIN, window=dice.choice(OF_DAYS)),
                        Test(Op.MORE, (date(2024, 9, 1),)),
                    ]
                )
        return Test(Op.IN, tuple(dice.sample(field.choices, min(3, len(field.choices)))))
