"""Ibis types of Arrow schemas: the few types we store, spelled out."""

from __future__ import annotations

import ibis
import pyarrow as pa

_NAMES = {
    pa.int64(): "int64",
    pa.int32(): "int32",
    pa.int16(): "int16",
    pa.int8(): "int8",
    pa.uint64(): "uint64",
    pa.uint32(): "uint32",
    pa.uint8(): "uint8",
    pa.float64(): "float64",
    pa.float32(): "float32",
    pa.string(): "string",
    pa.large_string(): "string",
    pa.bool_(): "boolean",
    pa.date32(): "date",
    pa.binary(): "binary",
}


def ibis_type(kind: pa.DataType) -> str:
    """The Ibis name of one Arrow type; raises TypeError for what we do not store."""
    if pa.types.is_dictionary(kind):
        return ibis_type(kind.value_type)
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"array<{ibis_type(kind.value_type)}>"
    if pa.types.is_timestamp(kind):
        return "timestamp('UTC', 6)" if kind.tz else "timestamp(6)"
    if pa.types.is_decimal(kind):
        return f"decimal({kind.precision}, {kind.scale})"
    if kind not in _NAMES:
        raise TypeError(f"no column of ours has the type {kind}")
    return _NAMES[kind]


def ibis_schema(schema: pa.Schema) -> ibis.Schema:
    return ibis.schema({field.name: ibis_type(field.type) for field in schema})


def arrow_schema(schema: ibis.Schema) -> pa.Schema:
    """Arrow spelling of an Ibis schema; null columns come back as null."""
    return pa.schema([pa.field(name, arrow_type(kind)) for name, kind in schema.items()])


def arrow_type(kind: ibis.expr.datatypes.DataType) -> pa.DataType:
    if kind.is_timestamp():
        return pa.timestamp("us", tz="UTC" if kind.timezone else None)
    if kind.is_decimal():
        return pa.decimal128(kind.precision or 38, kind.scale or 0)
    if kind.is_array():
        return pa.list_(arrow_type(kind.value_type))
    if kind.is_null():
        return pa.null()
    names = {name: arrow for arrow, name in reversed(_NAMES.items())}
    found = names.get(str(kind.copy(nullable=True)))
    if found is None:
        raise TypeError(f"no answer of ours has the type {kind}")
    return found
