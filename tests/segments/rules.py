"""Random rules over a vocabulary, in normal form and right by the checks: for round trips and for brute-force twins.

@given(rules(vocabulary))                     everything the language has
@given(rules(vocabulary, leaves={"measure"}, on=day, texts=[...]))     few values, so that comparisons often fit
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from hypothesis import strategies as st
from hypothesis.strategies import SearchStrategy

from xiaohe.segments.rules import tree
from xiaohe.segments.rules.kinds import (
    ALWAYS_KNOWN,
    LOGGED,
    OPERATORS,
    ORDERING,
    TEXTUAL,
    WHOLE,
    WITHOUT_FIELD,
    result,
)
from xiaohe.segments.rules.normal import normal
from xiaohe.segments.rules.timing import SPANS
from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.vocabulary import Field, Kind, RecordKind, Vocabulary
from xiaohe.segments.rules.windows import (
    EVER,
    Ago,
    Between,
    Calendar,
    Last,
    Next,
    Period,
    SameLastYear,
    Unit,
)

LEAVES = frozenset(
    ["everyone", "compare", "measure", "sequence", "been", "rank", "segment", "share", "listed"]
)
PATTERNS = ("^A", "茶|奶", r"\d+", "(?i)b.*c", "a/b", "[^x]{2}", r"\.", r"\\/")
DAYS = (Unit.DAYS, Unit.WEEKS, Unit.MONTHS, Unit.QUARTERS, Unit.YEARS)
LENGTHS = {
    Unit.HOURS: 72,
    Unit.DAYS: 120,
    Unit.WEEKS: 20,
    Unit.MONTHS: 8,
    Unit.QUARTERS: 4,
    Unit.YEARS: 3,
    Unit.CYCLES: 4,
}


@dataclass(frozen=True)
class Pool:
    """What random rules are made of."""

    vocabulary: Vocabulary
    on: date
    texts: SearchStrategy[str]
    numbers: SearchStrategy[Decimal]
    minors: SearchStrategy[int]
    people: SearchStrategy[int]


def rules(
    vocabulary: Vocabulary,
    *,
    on: date = date(2026, 3, 1),
    leaves: Collection[str] = LEAVES,
    texts: Sequence[str] | None = None,
    numbers: Sequence[Decimal | int] | None = None,
    minors: Sequence[int] | None = None,
    people: Sequence[int] | None = None,
    most_leaves: int = 8,
) -> SearchStrategy[tree.Rule]:
    """Whole trees. Values come from the lists where one is given; days lie within two years of `on`."""
    pool = Pool(
        vocabulary,
        on,
        st.sampled_from(texts) if texts else _TEXTS,
        st.sampled_from([Decimal(each) for each in numbers]) if numbers else _NUMBERS,
        st.sampled_from(minors) if minors else st.integers(-(10**9), 10**9),
        st.sampled_from(people) if people else st.integers(0, 10**12),
    )
    # Deferred, so that no report prints the whole vocabulary.
    return st.deferred(lambda: joined(leaf(pool, leaves), most_leaves).map(normal))


def joined(leaves: SearchStrategy[tree.Rule], most_leaves: int) -> SearchStrategy[Any]:
    return st.recursive(
        leaves,
        lambda inner: st.one_of(
            st.lists(inner, min_size=2, max_size=4).map(lambda each: tree.All(tuple(each))),
            st.lists(inner, min_size=2, max_size=4).map(lambda each: tree.AnyOf(tuple(each))),
            inner.map(tree.Not),
        ),
        max_leaves=most_leaves,
    )


def leaf(pool: Pool, kinds: Collection[str] = LEAVES) -> SearchStrategy[tree.Rule]:
    makers = {
        "everyone": lambda: st.just(tree.Everyone()),
        "compare": lambda: compares(pool, pool.vocabulary.attributes.values()),
        "measure": lambda: measures(pool),
        "sequence": lambda: sequences(pool),
        "been": lambda: beens(pool),
        "rank": lambda: ranks(pool),
        "segment": lambda: _segments(pool),
        "share": lambda: _percents().flatmap(
            lambda ends: _TEXTS_SOME.map(lambda salt: tree.Share(salt, *ends))
        ),
        "listed": lambda: st.lists(pool.people, max_size=5).map(
            lambda each: tree.Listed(tuple(each))
        ),
    }
    known = [makers[each]() for each in sorted(kinds)]
    return st.one_of(*(each for each in known if each is not None))


def compares(pool: Pool, fields: Collection[Field]) -> SearchStrategy[tree.Compare]:
    # Drawn by name: what a report prints of a strategy stays short.
    by_name = {each.name: each for each in fields}

    def of(name: str) -> SearchStrategy[tree.Compare]:
        return tests(pool, by_name[name], None).map(lambda test: tree.Compare(name, test))

    return st.sampled_from(list(by_name)).flatmap(of)


def tests(pool: Pool, field: Field, fold: Fold | None) -> SearchStrategy[tree.Test]:
    """Every comparison that fits the field, or what `fold` made of one."""
    ops = [op for op in OPERATORS[field.kind] if not (op is Op.KNOWN and fold in ALWAYS_KNOWN)]
    return st.sampled_from(ops).flatmap(lambda op: _tests_of(pool, field, op, fold))


def measures(pool: Pool) -> SearchStrategy[tree.Measure]:
    kinds = _kinds(pool)
    return kinds.flatmap(
        lambda kind: st.sampled_from(list(Fold)).flatmap(lambda fold: _measure(pool, kind, fold))
    )


def sequences(pool: Pool) -> SearchStrategy[tree.Sequence]:
    kinds = _kinds(pool)
    step = kinds.flatmap(lambda kind: records(pool, kind)).map(
        lambda each: replace(each, window=EVER)
    )
    return st.builds(
        tree.Sequence,
        st.lists(step, min_size=2, max_size=4).map(tuple),
        st.integers(1, 60),
        st.sampled_from(SPANS),
        windows(pool),
    )


def records(pool: Pool, kind: RecordKind) -> SearchStrategy[tree.Records]:
    where = joined(compares(pool, kind.fields.values()), 3)
    return st.builds(tree.Records, st.just(kind.name), st.one_of(st.none(), where), windows(pool))


def beens(pool: Pool) -> SearchStrategy[tree.Been] | None:
    logged = [
        pool.vocabulary.attributes[each] for each in LOGGED if each in pool.vocabulary.attributes
    ]
    inner: list[SearchStrategy[Any]] = []
    if logged:
        held = compares(pool, logged)
        inner.append(held.filter(lambda each: each.test.op in (Op.IS, Op.IN, Op.TRUE)))
    if (segments := _segments(pool)) is not None:
        inner.append(segments)
    return st.builds(tree.Been, st.one_of(*inner), st.integers(1, 120)) if inner else None


def ranks(pool: Pool) -> SearchStrategy[tree.Rank]:
    fields = pool.vocabulary.attributes.values()
    numbers = [each.name for each in fields if each.kind in (Kind.NUMBER, Kind.MONEY)]
    groups = [each.name for each in fields if each.kind in (Kind.TEXT, Kind.CHOICE)]
    return st.builds(
        lambda name, ends, per: tree.Rank(name, *ends, per),
        st.sampled_from(numbers),
        _percents(),
        st.sampled_from(["", *groups]),
    )


def windows(pool: Pool) -> SearchStrategy[Any]:
    """Windows in which something happened."""
    return st.one_of(
        st.just(EVER),
        _lengths(list(Unit)).map(lambda each: Last(*each)),
        _agos(),
        st.builds(Calendar, st.sampled_from(Period), st.sampled_from([-1, 0])),
        st.sampled_from([each for each in Period if each is not Period.YEAR]).map(SameLastYear),
        _betweens(pool),
    )


def day_windows(pool: Pool) -> SearchStrategy[Any]:
    """Windows in which a day lies."""
    return st.one_of(
        _recurring_windows(),
        _agos(),
        st.sampled_from([each for each in Period if each is not Period.YEAR]).map(SameLastYear),
        _betweens(pool),
    )


# ---------------------------------------------------------------- parts


def _kinds(pool: Pool) -> SearchStrategy[RecordKind]:
    return st.sampled_from(list(pool.vocabulary.records)).map(
        lambda name: pool.vocabulary.records[name]
    )


# Quotation marks, slashes, words of the language and signs nobody sees are where reading and writing go wrong.
_TEXTS = st.one_of(
    st.sampled_from(
        [
            "东店",
            "茶",
            "a",
            'say "hi"',
            "back\\slash",
            "a/b",
            "and",
            "line\nbreak",
            "“quoted”",
            "\u200b",
            "",
        ]
    ),
    st.text(st.characters(exclude_characters="\x00", exclude_categories=["Cs"]), max_size=12),
)
_TEXTS_SOME = _TEXTS.filter(bool)
_NUMBERS = st.one_of(
    st.integers(-5, 200).map(Decimal),
    st.decimals(-(10**9), 10**9, places=6),
    st.decimals(0, 100, places=1),
)


def _tests_of(pool: Pool, field: Field, op: Op, fold: Fold | None) -> SearchStrategy[tree.Test]:
    if op in (Op.KNOWN, Op.TRUE):
        return st.just(tree.Test(op))
    if op is Op.WITHIN:
        near = _recurring_windows() if field.kind is Kind.RECURRING else day_windows(pool)
        return near.map(lambda window: tree.Test(op, window=window))
    if op is Op.MATCHES:
        return st.sampled_from(PATTERNS).map(lambda each: tree.Test(op, (each,)))
    one = _values(pool, field, op, fold)
    if op is Op.IN:
        return st.lists(one, min_size=1, max_size=4).map(lambda each: tree.Test(op, tuple(each)))
    if op is Op.BETWEEN:
        return st.tuples(one, one).map(lambda ends: tree.Test(op, tuple(sorted(ends, key=_size))))
    return one.map(lambda each: tree.Test(op, (each,)))


def _values(pool: Pool, field: Field, op: Op, fold: Fold | None) -> SearchStrategy[Any]:
    if op in TEXTUAL:
        return pool.texts.filter(bool)
    match field.kind:
        case Kind.TEXT:
            return pool.texts
        case Kind.CHOICE:
            return st.sampled_from(field.choices)
        case Kind.NUMBER:
            return st.integers(0, 5).map(Decimal) if fold in WHOLE else pool.numbers
        case Kind.MONEY:
            return pool.minors.map(tree.Money)
        case Kind.TRUTH:
            return st.booleans()
        case Kind.DAY | Kind.RECURRING:
            return _near(pool)
    if op in ORDERING:
        return pool.numbers
    either = st.one_of(pool.texts, pool.numbers)
    return st.one_of(either, st.booleans()) if op is Op.IS else either


def _measure(pool: Pool, kind: RecordKind, fold: Fold) -> SearchStrategy[tree.Measure]:
    some = records(pool, kind)
    if fold in WITHOUT_FIELD:
        made = result(fold, None)
        assert made is not None
        return st.builds(tree.Measure, st.just(fold), some, tests(pool, made, fold))
    fields = [each for each in kind.fields.values() if result(fold, each) is not None]
    if not fields:
        return _measure(pool, kind, Fold.COUNT)

    def of(field: Field) -> SearchStrategy[tree.Measure]:
        made = result(fold, field)
        assert made is not None
        return st.builds(
            tree.Measure, st.just(fold), some, tests(pool, made, fold), st.just(field.name)
        )

    return st.sampled_from(fields).flatmap(of)


def _segments(pool: Pool) -> SearchStrategy[tree.InSegment] | None:
    slugs = sorted(pool.vocabulary.segments)
    return st.sampled_from(slugs).map(tree.InSegment) if slugs else None


def _percents() -> SearchStrategy[tuple[Decimal, Decimal]]:
    one = st.integers(0, 1000).map(lambda tenths: Decimal(tenths) / 10)
    return st.lists(one, min_size=2, max_size=2, unique=True).map(
        lambda each: (min(each), max(each))
    )


def _lengths(units: Sequence[Unit]) -> SearchStrategy[tuple[int, Unit]]:
    return st.sampled_from(units).flatmap(
        lambda unit: st.tuples(st.integers(1, LENGTHS[unit]), st.just(unit))
    )


def _agos() -> SearchStrategy[Ago]:
    return st.tuples(st.integers(0, 90), st.integers(0, 90)).map(
        lambda each: Ago(max(each), min(each))
    )


def _recurring_windows() -> SearchStrategy[Any]:
    return st.one_of(
        _lengths(DAYS).map(lambda each: Last(*each)),
        _lengths(DAYS).map(lambda each: Next(*each)),
        st.builds(Calendar, st.sampled_from(Period), st.sampled_from([-1, 0, 1])),
    )


def _near(pool: Pool) -> SearchStrategy[date]:
    return st.integers(-730, 730).map(lambda days: pool.on + timedelta(days))


def _betweens(pool: Pool) -> SearchStrategy[Between]:
    def ordered(first: date | None, last: date | None) -> Between:
        return Between(last, first) if first and last and first > last else Between(first, last)

    end = st.one_of(st.none(), _near(pool))
    return st.builds(ordered, end, end)


def _size(value: Any) -> Any:
    return value.minor if isinstance(value, tree.Money) else value
