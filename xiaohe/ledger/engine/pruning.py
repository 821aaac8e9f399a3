"""Which facts a question asks for: every use of facts gets a view of its own over the files that can hold them.

    facts.filter(type == "order.paid", occurred_at >= march)   ──►  files of that type, or of several, from March on

Conditions are carried from above down to each use, through whatever leaves rows as they are: filters,
columns, sorting, groups (by what they are grouped by), joins (by the side whose rows are dropped). Where that would
not be certain, they are forgotten: the question then opens more files, and its own conditions still decide.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from enum import StrEnum
from typing import TypeAlias

import ibis
from ibis.expr import operations as ops

from xiaohe.ledger import types
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.schema import FACT_SCHEMA
from xiaohe.ledger.store import FileRow


@dataclass(frozen=True)
class Words:
    """A text is one of `exact`, or begins with one of `prefixes`."""

    exact: frozenset[str] = frozenset()
    prefixes: frozenset[str] = frozenset()

    def allows(self, word: str) -> bool:
        return word in self.exact or any(word.startswith(each) for each in self.prefixes)

    def both(self, other: Words) -> Words:
        exact = {each for each in self.exact if other.allows(each)}
        exact |= {each for each in other.exact if self.allows(each)}
        longer = {
            max(one, two, key=len)
            for one in self.prefixes
            for two in other.prefixes
            if one.startswith(two) or two.startswith(one)
        }
        return Words(frozenset(exact), frozenset(longer))

    def either(self, other: Words) -> Words:
        return Words(self.exact | other.exact, self.prefixes | other.prefixes)


@dataclass(frozen=True)
class Span:
    """An instant is between these two (microseconds since 1970), ends included; None: no end."""

    low: int | None = None
    high: int | None = None

    def both(self, other: Span) -> Span:
        lows = [each for each in (self.low, other.low) if each is not None]
        highs = [each for each in (self.high, other.high) if each is not None]
        return Span(max(lows, default=None), min(highs, default=None))

    def either(self, other: Span) -> Span:
        return Span(
            None if self.low is None or other.low is None else min(self.low, other.low),
            None if self.high is None or other.high is None else max(self.high, other.high),
        )


Bound: TypeAlias = Words | Span
# What is known of the columns of a relation's rows that matter; a column that is not named may be anything.
Bounds: TypeAlias = Mapping[str, Bound]


class Layout(StrEnum):
    """In which order facts are read, and the name of the table of all of them."""

    BY_TYPE = "facts"
    BY_SUBJECT = "facts_by_subject"


@dataclass(frozen=True)
class Demand:
    """What one use of facts asks for; None: anything."""

    types: Words | None = None
    span: Span | None = None
    layout: Layout = Layout.BY_TYPE

    @property
    def view(self) -> str:
        """A name of its own; that of the whole table for everything."""
        if self.types is None and self.span is None:
            return str(self.layout)
        said = repr(
            (
                self.types and (sorted(self.types.exact), sorted(self.types.prefixes)),
                self.span and (self.span.low, self.span.high),
            )
        )
        return f"{self.layout}_{hashlib.sha256(said.encode()).hexdigest()[:16]}"

    def may_hold(self, file: FileRow) -> bool:
        if self.types is not None and file.type is not None and not self.types.allows(file.type):
            return False
        if self.span is None or file.occurred_min_us is None or file.occurred_max_us is None:
            return True
        low, high = self.span.low, self.span.high
        return (low is None or file.occurred_max_us >= low) and (
            high is None or file.occurred_min_us <= high
        )


def pruned(expression: ibis.Expr) -> tuple[ibis.Expr, frozenset[Demand]]:
    """The question with every use of facts replaced by the view of its demand, and those demands."""
    root = expression.op()
    if root.find(ops.Subquery):
        # A subquery may name the same table as the query around it: no telling apart whose condition it is.
        used = root.find(ops.UnboundTable)
        return expression, frozenset(
            Demand(layout=_LAYOUTS[each]) for each in used if each in _LAYOUTS
        )
    rewriting = _Rewriting()
    if isinstance(root, ops.Relation):
        root = rewriting.relation(root, {})
    else:
        # A value stands on relations; each is asked without conditions from above.
        inner = {each: rewriting.relation(each, {}) for each in _stands_on(root)}
        root = root.replace(inner)
    return root.to_expr(), frozenset(rewriting.demands)


def _stands_on(value: ops.Value) -> Iterator[ops.Relation]:
    for each in value.__children__:
        if isinstance(each, ops.Relation):
            yield each
        else:
            yield from _stands_on(each)


FACTS, BY_SUBJECT = (
    ibis.table(types.ibis_schema(FACT_SCHEMA), name=str(layout)) for layout in Layout
)
_LAYOUTS = {FACTS.op(): Layout.BY_TYPE, BY_SUBJECT.op(): Layout.BY_SUBJECT}


class _Rewriting:
    def __init__(self) -> None:
        self._done: dict[tuple[ops.Relation, frozenset[tuple[str, Bound]]], ops.Relation] = {}
        self.demands: set[Demand] = set()

    def relation(self, node: ops.Relation, bounds: Bounds) -> ops.Relation:
        """The same relation, as far as rows within `bounds` go, on narrower views."""
        key = (node, frozenset(bounds.items()))
        if key not in self._done:
            self._done[key] = self._rewritten(node, bounds)
        return self._done[key]

    def _rewritten(self, node: ops.Relation, bounds: Bounds) -> ops.Relation:
        if node in _LAYOUTS:
            return self._view(node, bounds)
        inputs = dict(_inputs(node, bounds))
        replaced = {each: self.relation(each, within) for each, within in inputs.items()}
        changed = {old: new for old, new in replaced.items() if old is not new}
        return node.replace(changed) if changed else node

    def _view(self, node: ops.Relation, bounds: Bounds) -> ops.Relation:
        words, span = bounds.get("type"), bounds.get("occurred_at")
        demand = Demand(
            words if isinstance(words, Words) else None,
            span if isinstance(span, Span) else None,
            _LAYOUTS[node],
        )
        self.demands.add(demand)
        return node.copy(name=demand.view)


def _inputs(node: ops.Relation, bounds: Bounds) -> Iterator[tuple[ops.Relation, Bounds]]:
    """What a relation reads, each with what is known of the rows it needs from there."""
    match node:
        case ops.Filter() if not _looks_beside(node.predicates):
            yield node.parent, _all([bounds, *(_stated(each) for each in node.predicates)])
        case ops.Project() if not _looks_beside(node.values.values()):
            yield node.parent, _renamed(bounds, node.values, node.parent)
        case ops.Aggregate():
            yield node.parent, _renamed(bounds, node.groups, node.parent)
        case ops.JoinChain():
            yield from _joined(node, bounds)
        case ops.Sort() | ops.Distinct() | ops.DropColumns() | ops.DropNull() | ops.Reference():
            yield node.parent, bounds
        case ops.Union():
            # One relation united with itself has one input.
            yield node.left, bounds
            if node.right != node.left:
                yield node.right, bounds
        case _:
            for each in node.__children__:
                for relation in [each] if isinstance(each, ops.Relation) else _stands_on(each):
                    yield relation, {}


def _looks_beside(values: Iterable[ops.Value]) -> bool:
    """A window looks at rows beside the wanted ones."""
    return any(each.find(ops.WindowFunction, filter=ops.Value) for each in values)


# Joins that keep rows of the left, each by itself; and those whose right rows matter only if they match.
_FROM_THE_LEFT = {"inner", "left", "semi", "anti", "cross"}
_LEFT_MUST_MATCH = {"inner", "semi"}


def _joined(node: ops.JoinChain, bounds: Bounds) -> Iterator[tuple[ops.Relation, Bounds]]:
    if not all(link.how in _FROM_THE_LEFT for link in node.rest):
        for each in (node.first, *(link.table for link in node.rest)):
            yield each, {}
        return
    musts = [each for link in node.rest if link.how in _LEFT_MUST_MATCH for each in link.predicates]
    for table, own in ((node.first, ()), *((each.table, each.predicates) for each in node.rest)):
        above = _renamed(bounds, node.values, table)
        stated = [_stated(each, table) for each in (*musts, *own)]
        yield table, _all([above, *stated])


def _renamed(
    bounds: Bounds, values: Mapping[str, ops.Value], parent: ops.Relation
) -> dict[str, Bound]:
    """What is known of a relation's columns, said of the columns of `parent` they are."""
    return _all(
        {value.name: bounds[name]}
        for name, value in values.items()
        if name in bounds and isinstance(value, ops.Field) and value.rel == parent
    )


def _all(several: Iterable[Bounds]) -> dict[str, Bound]:
    """Everything said holds."""
    found: dict[str, Bound] = {}
    for each in several:
        for name, bound in each.items():
            found[name] = _both(found[name], bound) if name in found else bound
    return found


def _any(one: Bounds, two: Bounds) -> dict[str, Bound]:
    """One or the other holds: only what both say something about is still known."""
    return {name: _either(one[name], two[name]) for name in one.keys() & two.keys()}


def _both(one: Bound, two: Bound) -> Bound:
    if isinstance(one, Words) and isinstance(two, Words):
        return one.both(two)
    if isinstance(one, Span) and isinstance(two, Span):
        return one.both(two)
    return one


def _either(one: Bound, two: Bound) -> Bound:
    if isinstance(one, Words) and isinstance(two, Words):
        return one.either(two)
    if isinstance(one, Span) and isinstance(two, Span):
        return one.either(two)
    return Span()


def _stated(condition: ops.Value, table: ops.Relation | None = None) -> dict[str, Bound]:
    """What a condition says of columns (of `table`, if given); a row it holds for is within, null is not."""
    match condition:
        case ops.And():
            return _all([_stated(condition.left, table), _stated(condition.right, table)])
        case ops.Or():
            return _any(_stated(condition.left, table), _stated(condition.right, table))
        case ops.Between():
            low, high = _instant(condition.lower_bound), _instant(condition.upper_bound)
            return _of(condition.arg, Span(low, high), table)
        case ops.InValues():
            words = [_word(each) for each in condition.options]
            known = [each for each in words if each is not None]
            if len(known) == len(words):
                return _of(condition.value, Words(frozenset(known)), table)
        case ops.StartsWith():
            if (word := _word(condition.start)) is not None:
                return _of(condition.arg, Words(prefixes=frozenset({word})), table)
        case ops.Comparison():
            return _compared(condition, table)
    return {}


def _compared(condition: ops.Comparison, table: ops.Relation | None) -> dict[str, Bound]:
    column, given = condition.left, condition.right
    kind = type(condition)
    if isinstance(column, ops.Literal):
        column, given = given, column
        kind = _MIRRORED.get(kind, kind)
    if kind is ops.Equals and (word := _word(given)) is not None:
        return _of(column, Words(frozenset({word})), table)
    if (instant := _instant(given)) is None:
        return {}
    if kind is ops.Equals:
        return _of(column, Span(instant, instant), table)
    if kind in (ops.Greater, ops.GreaterEqual):
        return _of(column, Span(low=instant), table)
    if kind in (ops.Less, ops.LessEqual):
        return _of(column, Span(high=instant), table)
    return {}


_MIRRORED = {
    ops.Greater: ops.Less,
    ops.GreaterEqual: ops.LessEqual,
    ops.Less: ops.Greater,
    ops.LessEqual: ops.GreaterEqual,
}


def _of(column: ops.Value, bound: Bound, table: ops.Relation | None) -> dict[str, Bound]:
    if isinstance(column, ops.Field) and (table is None or column.rel == table):
        return {column.name: bound}
    return {}


def _word(value: ops.Value) -> str | None:
    known = isinstance(value, ops.Literal) and isinstance(value.value, str)
    return value.value if known else None


def _instant(value: ops.Value) -> int | None:
    if not isinstance(value, ops.Literal) or not isinstance(value.value, datetime):
        return None
    # The engine's own time zone is UTC.
    return to_us(value.value if value.value.tzinfo else value.value.replace(tzinfo=UTC))
