"""Compiled questions: SQL of an expression, kept; compiling costs 22–29 ms each."""

from __future__ import annotations

import threading
from collections import OrderedDict
from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.sql.compilers.duckdb import compiler

from xiaohe.ledger import types

_CACHE_SIZE = 512
_cache: OrderedDict[Any, tuple[str, pa.Schema]] = OrderedDict()
_cache_lock = threading.Lock()


def compiled(expression: ibis.Expr) -> tuple[str, pa.Schema]:
    """SQL and result schema of a question; compiling costs 22–29 ms, so it is done once per question."""
    key = expression.op()
    with _cache_lock:
        if key in _cache:
            _cache.move_to_end(key)
            return _cache[key]
    schema = expression.as_table().schema()
    # The engine widens sums of integers (and would write them as floats): every column is cast back.
    columns = ", ".join(
        f'CAST("{name}" AS {compiler.type_mapper.to_string(kind)}) AS "{name}"'
        for name, kind in schema.items()
    )
    inner = ibis.to_sql(expression, dialect="duckdb")
    compiled = (f"SELECT {columns} FROM ({inner}) AS answer", types.arrow_schema(schema))
    with _cache_lock:
        _cache[key] = compiled
        while len(_cache) > _CACHE_SIZE:
            _cache.popitem(last=False)
    return compiled
