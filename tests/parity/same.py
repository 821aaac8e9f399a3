"""Whether two engines answered the same: same types, same rows, floats to the last bit."""

from __future__ import annotations

import struct
from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import pyarrow as pa


def assert_same(reference: Any, other: Any) -> None:
    """Rows of tables in any order; everything else as it is."""
    if isinstance(reference, pa.Table):
        # Whether a column could hold a null is the writer's guess and no promise; that it holds none is in the rows.
        assert _types(other) == _types(reference)
        left, right = _rows(reference), _rows(other)
        assert left == right, (
            f"{reference.schema.names}: only in the reference {_some(left - right)},"
            f" only in the other {_some(right - left)}"
        )
        return
    assert exact(reference) == exact(other), f"reference {reference!r}, other {other!r}"


def exact(value: Any) -> Any:
    """Values of which equality means the same type and the same bits."""
    if isinstance(value, float):
        return ("float", struct.pack(">d", value))
    if isinstance(value, bool) or value is None:
        return (type(value).__name__, value)
    if isinstance(value, Mapping):
        return ("mapping", [(exact(key), exact(each)) for key, each in value.items()])
    if isinstance(value, set | frozenset):
        return ("set", sorted(map(repr, value)))
    if isinstance(value, Sequence) and not isinstance(value, str | bytes):
        return ("sequence", [exact(each) for each in value])
    return (type(value).__name__, value)


def _types(table: pa.Table) -> dict[str, pa.DataType]:
    return dict(zip(table.schema.names, table.schema.types, strict=True))


def _rows(table: pa.Table) -> Counter[tuple[Any, ...]]:
    columns = [map(_hashable, column.to_pylist()) for column in table.columns]
    return Counter(zip(*columns, strict=True)) if columns else Counter({(): table.num_rows})


def _hashable(value: Any) -> Any:
    return struct.pack(">d", value) if isinstance(value, float) else value


def _some(rows: Counter[tuple[Any, ...]]) -> str:
    return f"{sum(rows.values())}: {list(rows)[:3]}"
