"""Compiled questions: the SQL of an expression and the facts it asks for, kept; compiling costs 22–29 ms each, large ones 100.

Kept are the latest questions, and what they are whatever the day (`dated`), of which every day's is made in 3 ms.
"""

from __future__ import annotations

import threading
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.sql.compilers.duckdb import compiler
from ibis.expr import operations as ops

from xiaohe.ledger import types
from xiaohe.ledger.engine.dated import Dated, dated
from xiaohe.ledger.engine.demand import Demand
from xiaohe.ledger.engine.pruning import pruned

# Characters of SQL of what is kept; beside each of them its question takes some fifty bytes. A base of a hundred segments
# is 650,000, a thorough explanation 30,000.
MOST_SQL = 1_500_000


@dataclass(frozen=True)
class Compiled:
    """SQL, the schema of its answer, and the views of facts it reads."""

    sql: str
    schema: pa.Schema
    demands: frozenset[Demand]


def once_per_question(compile: Callable[[ibis.Expr], Compiled]) -> Callable[[ibis.Expr], Compiled]:
    """Remember what was compiled, of the latest questions."""
    cache: OrderedDict[Any, Compiled] = OrderedDict()
    lock = threading.Lock()
    kept = 0

    @wraps(compile)
    def remembered(expression: ibis.Expr) -> Compiled:
        nonlocal kept
        key = expression.op()
        with lock:
            if key in cache:
                cache.move_to_end(key)
                return cache[key]
        found = compile(expression)
        with lock:
            if key not in cache:
                cache[key] = found
                kept += len(found.sql)
            while kept > MOST_SQL and len(cache) > 1:
                _, oldest = cache.popitem(last=False)
                kept -= len(oldest.sql)
        return found

    return remembered


@once_per_question
def compiled(expression: ibis.Expr) -> Compiled:
    """A question in DuckDB's SQL; put together once per question, whatever days it names."""
    whatever = dated(expression)
    of_the_day = None if whatever is None else _of_the_day(whatever)
    return of_the_day or _compiled(expression)


def _of_the_day(whatever: Dated) -> Compiled | None:
    told = _compiled(whatever.question)
    if (sql := whatever.sql(told.sql)) is None:
        return None
    demands = {each: whatever.demand(each) for each in told.demands}
    for each, other in demands.items():
        if each.span is not None:
            sql = sql.replace(each.view, other.view)
    return Compiled(sql, told.schema, frozenset(demands.values()))


@once_per_question
def _compiled(expression: ibis.Expr) -> Compiled:
    schema = expression.as_table().schema()
    narrowed, demands = pruned(expression)
    narrowed = _with_plain_sums(narrowed)
    # Whatever else the engine widens: every column is cast to its promised type.
    columns = ", ".join(
        f'CAST("{name}" AS {compiler.type_mapper.to_string(kind)}) AS "{name}"'
        for name, kind in schema.items()
    )
    inner = ibis.to_sql(narrowed, dialect="duckdb")
    return Compiled(
        f"SELECT {columns} FROM ({inner}) AS answer", types.arrow_schema(schema), demands
    )


def _with_plain_sums(expression: ibis.Expr) -> ibis.Expr:
    """Sums of integers as integers of 64 bits: the engine makes 128 of them, which sort and group more slowly."""

    def plain(node: ops.Node, changed: dict[str, Any] | None) -> ops.Node:
        node = node.__recreate__(changed) if changed else node
        if isinstance(node, ops.Sum) and node.dtype.is_integer():
            return ops.Cast(node, node.dtype)
        return node

    def aggregated(node: ops.Node, changed: dict[str, Any] | None) -> ops.Node:
        node = node.__recreate__(changed) if changed else node
        if not isinstance(node, ops.Aggregate):
            return node
        metrics = {
            name: each.replace(plain, filter=ops.Value) for name, each in node.metrics.items()
        }
        return node.copy(metrics=metrics)

    return expression.op().replace(aggregated).to_expr()
