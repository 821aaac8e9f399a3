"""Columns in, staged facts out: one buffer per slice of rows, no Python object per fact."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from xiaohe.kernel.ids import Hasher, mix
from xiaohe.ledger.schema import INSTANT, STAGED_SCHEMA

Ints = NDArray[np.int64]
# "No value" in a column of integers; no id, amount or instant is ever this.
NULL = np.iinfo(np.int64).min
# Item lists of older exports carry no time at all: their order tells it. Before every `--on`.
UNKNOWN_INSTANT = 0

NULLABLE = ("order_key", "other", "item_key", "account_id", "amount", "content")


class Keys:
    """Fact keys of one source: mixed from keyed ids, so they are keyed themselves."""

    def __init__(self, hasher: Hasher, source: str) -> None:
        self._hasher = hasher
        self._source = hasher("source", source)
        self._types: dict[str, int] = {}

    def of(self, type_name: str, *parts: Ints) -> Ints:
        """One key per row from the fact's type and the columns that identify it."""
        known = self._types.get(type_name)
        if known is None:
            known = self._types[type_name] = self._hasher("fact-type", type_name) ^ self._source
        key = mix(parts[0], known)
        for part in parts[1:]:
            key = mix(key, part)
        return key


class FactBuffer:
    """Collects the facts of one slice and gives them as one table, in the order of the rows."""

    def __init__(self, source: str, currency: str) -> None:
        self._source = source
        self._currency = currency
        self._parts: list[dict[str, Any]] = []

    def add(
        self,
        type_name: str,
        rows: Ints,
        *,
        key: Ints,
        occurred: Ints,
        subject: Ints,
        date_only: NDArray[np.bool_] | None = None,
        quantity: NDArray[np.float64] | None = None,
        props: Sequence[str | None] | None = None,
        in_file_ordinal: bool = False,
        currencies: Sequence[str] | None = None,
        **ids: Ints | None,
    ) -> None:
        """One fact per given row number; every column is as long as `rows`. Instants are UTC microseconds.

        `currencies` only where rows differ in it; else the file's holds.
        """
        if len(rows) == 0:
            return
        self._parts.append(
            {
                "type": type_name,
                "row_no": rows,
                "key_hash": key,
                "occurred_at": occurred,
                "subject": subject,
                "date_only": date_only,
                "quantity": quantity,
                "props": props,
                "in_file_ordinal": in_file_ordinal,
                "currencies": currencies,
                **ids,
            }
        )

    def table(self) -> pa.Table:
        """The facts by row number; facts of one row stay in the order they were added."""
        if not self._parts:
            return STAGED_SCHEMA.empty_table()
        row_no = np.concatenate([part["row_no"] for part in self._parts])
        order = np.argsort(row_no, kind="stable")
        columns: dict[str, pa.Array] = {
            "row_no": pa.array(row_no[order]),
            "key_hash": pa.array(self._joined("key_hash")[order]),
            "occurred_at": pa.array(self._joined("occurred_at")[order]).cast(INSTANT),
            "subject": pa.array(self._joined("subject")[order]),
            "date_only": pa.array(self._flags("date_only")[order]),
            "in_file_ordinal": pa.array(self._constants("in_file_ordinal", np.bool_)[order]),
            "source": pa.repeat(pa.scalar(self._source, pa.string()), len(order)),
            "type": self._types(order),
            "props": self._props(order),
        }
        for name in NULLABLE:
            values = self._joined(name)[order]
            columns[name] = pa.array(values, mask=values == NULL)
        columns["currency"] = self._currencies(columns["amount"], order)
        quantity = self._quantities()[order]
        columns["quantity"] = pa.array(quantity, mask=np.isnan(quantity))
        return pa.table([columns[field.name] for field in STAGED_SCHEMA], schema=STAGED_SCHEMA)

    def _joined(self, name: str) -> Ints:
        return np.concatenate(
            [
                part[name] if part.get(name) is not None else np.full(len(part["row_no"]), NULL)
                for part in self._parts
            ]
        )

    def _flags(self, name: str) -> NDArray[np.bool_]:
        return np.concatenate(
            [
                part[name] if part[name] is not None else np.zeros(len(part["row_no"]), np.bool_)
                for part in self._parts
            ]
        )

    def _constants(self, name: str, kind: Any) -> NDArray[Any]:
        return np.concatenate(
            [np.full(len(part["row_no"]), part[name], kind) for part in self._parts]
        )

    def _quantities(self) -> NDArray[np.float64]:
        return np.concatenate(
            [
                part["quantity"]
                if part["quantity"] is not None
                else np.full(len(part["row_no"]), np.nan)
                for part in self._parts
            ]
        )

    def _types(self, order: Ints) -> pa.Array:
        names = sorted({part["type"] for part in self._parts})
        codes = np.concatenate(
            [
                np.full(len(part["row_no"]), names.index(part["type"]), np.int8)
                for part in self._parts
            ]
        )
        return pa.DictionaryArray.from_arrays(codes[order], names).cast(pa.string())

    def _props(self, order: Ints) -> pa.Array:
        if all(part["props"] is None for part in self._parts):
            return pa.nulls(len(order), pa.string())
        joined = pa.concat_arrays(
            [
                pa.array(part["props"], pa.string())
                if part["props"] is not None
                else pa.nulls(len(part["row_no"]), pa.string())
                for part in self._parts
            ]
        )
        return joined.take(pa.array(order))

    def _currencies(self, amount: pa.Array, order: Ints) -> pa.Array:
        """Money is never without its currency, and nothing else has one."""
        if all(part["currencies"] is None for part in self._parts):
            return pc.if_else(amount.is_valid(), pa.scalar(self._currency, pa.string()), None)
        stated: list[str] = []
        for part in self._parts:
            stated += part["currencies"] or [self._currency] * len(part["row_no"])
        codes = pa.array(stated, pa.string()).take(pa.array(order))
        return pc.if_else(amount.is_valid(), codes, None)
