"""Compiled questions: the SQL of an expression and the facts it asks for, kept; compiling costs 22–29 ms each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from dataclasses import dataclass
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.sql.compilers.duckdb import compiler
from ibis.expr import operations as ops

from xiaohe.ledger import types
from xiaohe.ledger.engine.demand import Demand
from xiaohe.ledger.engine.pruning import pruned

_CACHE_SIZE = 512


@dataclass(frozen=True)
class Compiled:
    """SQL, the schema of its answer, and the views of facts it reads."""

    sql: str
    schema: pa.Schema
    demands: frozenset[Demand]


_cache: OrderedDict[Any, Compiled] = OrderedDict()
_cache_lock = threading.Lock()


def compiled(expression: ibis.Expr) -> Compiled:
    """A question in DuckDB's SQL; put together once per question."""
    key = expression.op()
    with _cache_lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    schema = expression.as_table().schema()
    narrowed, demands = pruned(expression)
    narrowed = _with_plain_sums(narrowed)
    # Whatever else the engine widens: every column is cast to its promised type.
    columns = ", ".join(
        f'CAST("{name}" AS {compiler.type_mapper.to_string(kind)}) AS "{name}"'
        for name, kind in schema.items()
    )
    inner = ibis.to_sql(narrowed, dialect="duckdb")
    found = Compiled(
        f"SELECT {columns} FROM ({inner}) AS answer", types.arrow_schema(schema), demands
    )
    with _cache_lock:
        _cache[key] = found
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return found


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
