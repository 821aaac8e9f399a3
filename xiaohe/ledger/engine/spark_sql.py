"""Questions and columns in Spark's words; compiled without ibis's own Spark connection, which would bring pandas."""

from __future__ import annotations

from typing import Any

import ibis
import pyarrow as pa
from ibis.backends.sql.compilers.base import SQLGlotCompiler
from ibis.backends.sql.compilers.pyspark import PySparkCompiler
from ibis.backends.sql.rewrites import Select
from ibis.common.patterns import replace
from ibis.expr import operations as ops

from xiaohe.ledger import types
from xiaohe.ledger.engine.compiled import Compiled, once_per_question
from xiaohe.ledger.engine.pruning import pruned


@replace(Select)
def _distinct_then_ordered(_: Any) -> Any:
    """SELECT DISTINCT inside, its order around it.

    ibis's own way adds the columns of the conditions to those that must differ: the rows of
    `filter(a > 1).select(b).distinct().order_by(b)` would come back once for every a (ibis 12.0.0).
    """
    if not (_.distinct and _.sort_keys):
        return _
    inner = _.copy(sort_keys=())
    fields = {name: ops.Field(inner, name) for name in inner.selections}
    places = {value: fields[name] for name, value in inner.selections.items()}
    keys = tuple(key.replace(places, filter=ops.Value) for key in _.sort_keys)
    return Select(inner, selections=fields, sort_keys=keys)


class _Compiler(PySparkCompiler):  # type: ignore[misc]
    __slots__ = ()
    # Without the row numbers by which ibis skips rows: they follow no order, and Spark has OFFSET by now.
    rewrites = SQLGlotCompiler.rewrites
    post_rewrites = (_distinct_then_ordered,)


compiler = _Compiler()


class _Options(ibis.config.Config):
    """What the compiler asks for; ibis itself sets it only when its connection is loaded."""

    treat_nan_as_null: bool = False


@once_per_question
def compiled(expression: ibis.Expr) -> Compiled:
    """A question in Spark's SQL; put together once per question."""
    if ibis.options.pyspark is None:
        ibis.options.pyspark = _Options()
    schema = expression.as_table().schema()
    narrowed, demands = pruned(expression)
    columns = ", ".join(
        f"CAST(`{name}` AS {compiler.type_mapper.to_string(kind)}) AS `{name}`"
        for name, kind in schema.items()
    )
    inner = compiler.to_sqlglot(narrowed.unbind()).sql(dialect=compiler.dialect)
    return Compiled(
        f"SELECT {columns} FROM ({inner}) AS answer", types.arrow_schema(schema), demands
    )


def columns(schema: pa.Schema) -> str:
    """The columns of an Arrow schema."""
    return ", ".join(
        f"`{name}` {compiler.type_mapper.to_string(kind)}"
        for name, kind in types.ibis_schema(schema).items()
    )


def plain(data: pa.Table) -> pa.Table:
    """Dictionaries and large strings spelled out: Spark takes neither from Arrow."""
    wanted = types.arrow_schema(types.ibis_schema(data.schema))
    return data if data.schema.equals(wanted) else data.cast(wanted)


def exactly(answer: pa.Table, schema: pa.Schema) -> pa.Table:
    return answer if answer.schema.equals(schema) else answer.cast(schema)


def location(path: str) -> str:
    """A path on the shared folder in which no sign is a pattern.

    The scheme: a cluster whose usual place is a distributed file system would look there.
    """
    return "file://" + "".join(f"\\{sign}" if sign in "{}[]*?\\" else sign for sign in path)
