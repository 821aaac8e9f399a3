"""Which facts a question asks for: every use of facts gets a view of its own over the files that can hold them.

    facts.filter(type == "order.paid", occurred_at >= march)   ──►  files of that type, or of several, from March on

Conditions are carried from above down to each use, through whatever leaves rows as they are: filters,
columns, sorting, groups (by what they are grouped by), joins (by the side whose rows are dropped). Where that would
not be certain, they are forgotten: the question then opens more files, and its own conditions still decide.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime
from typing import TypeAlias

import ibis
from ibis.expr import operations as ops

from xiaohe.ledger import types
from xiaohe.ledger.engine.demand import Demand, Layout, Span, Words
from xiaohe.ledger.instants import to_us
from xiaohe.ledger.schema import FACT_SCHEMA

Bound: TypeAlias = Words | Span
# What is known of the columns of a relation's rows that matter; a column that is not named may be anything.
Bounds: TypeAlias = Mapping[str, Bound]


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
        if not changed:
            return node

        def is_near(each: ops.Node) -> bool:
            """Below those that are replaced nothing is looked at: to do so for each of many takes long."""
            return each is node or isinstance(each, ops.Value | ops.JoinLink) or each in changed

        return node.replace(changed, filter=is_near)

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
