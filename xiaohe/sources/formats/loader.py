"""Format files in, formats out: one TOML file each, checked word by word, so that a slip is told where it is.

read(file) ──► Format, or BadInput that names the file, the key and what to do
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterable, Mapping
from enum import StrEnum
from pathlib import Path
from typing import Any

from xiaohe.people.keys import Namespace
from xiaohe.sources.formats.base import Format, Kind, PaidIs, fold_header
from xiaohe.sources.formats.fields import FIELDS, OPTIONS
from xiaohe.sources.formats.problems import EXPECTED, problem
from xiaohe.sources.formats.words import COMMON, REFUNDED, Status

# A description of columns takes a few kilobytes.
LARGEST = 256 << 10
_NAME = re.compile(r"[a-z0-9_]{1,60}")
_WHERE = re.compile(r"at (line \d+, column \d+|end of document)")
BUYERS = {each.value: each for each in (Namespace.CUSTOMER, Namespace.MEMBER)}

EXAMPLES = {
    "kind": 'kind = "order_lines"',
    "platform": 'platform = "douyin"',
    "title": '[title] en = "Douyin orders", zh = "抖店订单"',
    "columns": '[columns] order_no = ["订单号"]',
    "required": 'required = ["order_no", "paid", "created|paid_at"]',
    "date_from_number": "date_from_number = '^(\\d{2})(\\d{2})(\\d{2})-'",
}
KEYS = (
    "kind", "platform", "title", "columns", "required", "forbidden", "telling", "at_least", "others",
    "skip_after_header", "buyer", "paid_is", "split", "continues", "date_from_number", "payment_rail", "status",
    "options",
)  # fmt: skip
# What only rows of sub-orders are read by.
OF_LINES = ("split", "paid_is")


def read(file: Path, *, is_ours: bool = False) -> Format:
    """The format a file describes; raises BadInput with a whole sentence for anything it cannot be."""
    if not _NAME.fullmatch(file.stem):
        raise problem("format_bad_name", file.name)
    try:
        if file.stat().st_size > LARGEST:
            raise problem("format_too_large", file.name)
        told = tomllib.loads(file.read_text("utf-8-sig"))
    except tomllib.TOMLDecodeError as error:
        found = _WHERE.search(str(error))
        where = found.group(1) if found else "?"
        raise problem("format_unreadable", file.name, where=where) from None
    except (OSError, UnicodeDecodeError):
        raise problem("format_unreadable", file.name, where="UTF-8?") from None
    return _Reading(file.name, told).format(file.stem, is_ours)


class _Reading:
    """One file's values, taken out by key and type."""

    def __init__(self, file: str, told: Mapping[str, Any]) -> None:
        self._file = file
        self._told = told

    def format(self, name: str, is_ours: bool) -> Format:
        self._only(self._told, KEYS)
        kind = Kind(self._word("kind", [each.value for each in Kind]))
        platform = self._text("platform")
        if not _NAME.fullmatch(platform):
            raise self._wrong("platform", "text")
        columns = self._columns(kind)
        self._only_where(kind)
        return Format(
            name=name,
            kind=kind,
            source=platform,
            titles=self._titles(),
            columns=columns,
            required=self._required(columns),
            forbidden=frozenset(self._fields("forbidden", columns)),
            telling=self._headings("telling"),
            at_least=self._number("at_least", 1),
            others=self._headings("others"),
            skip_after_header=self._number("skip_after_header", 0),
            buyer=BUYERS[self._word("buyer", list(BUYERS), Namespace.CUSTOMER.value)],
            paid_is=PaidIs(
                self._word("paid_is", [each.value for each in PaidIs], PaidIs.ORDER.value)
            ),
            split=self._text("split", ""),
            continues=self._truth("continues"),
            date_from_number=self._date_from_number(),
            payment_rail=self._text("payment_rail", ""),
            words=COMMON.with_more(self._statuses()) if "status" in self._told else COMMON,
            options=self._options(kind),
            is_ours=is_ours,
        )

    def _only_where(self, kind: Kind) -> None:
        """What rows of this kind would pass over in silence is a slip."""
        for key in OF_LINES:
            if key in self._told and kind is not Kind.ORDER_LINES:
                raise problem(
                    "format_not_of_this_kind",
                    self._file,
                    key=key,
                    kind=kind.value,
                    possible=Kind.ORDER_LINES.value,
                )

    # ------------------------------------------------------------ parts

    def _titles(self) -> Mapping[str, str]:
        titles = self._table("title", required=True)
        for language, title in titles.items():
            if not isinstance(title, str) or not title:
                raise self._wrong(f"title.{language}", "text", "title")
        if not titles:
            raise self._missing("title")
        return titles

    def _columns(self, kind: Kind) -> Mapping[str, tuple[str, ...]]:
        told = self._table("columns", required=True)
        allowed = FIELDS.get(kind)
        if allowed is not None:
            self._only(told, allowed, "columns.")
        columns: dict[str, tuple[str, ...]] = {}
        taken: dict[str, str] = {}
        for field, names in told.items():
            columns[field] = self._texts(names, f"columns.{field}", "columns")
            for name in columns[field]:
                other = taken.setdefault(fold_header(name), field)
                if other != field:
                    fields = f"{other}, {field}"
                    raise problem("format_twice", self._file, word=name, fields=fields)
        if not columns:
            raise self._missing("columns")
        return columns

    def _required(self, columns: Mapping[str, Any]) -> tuple[frozenset[str], ...]:
        groups = self._list("required")
        if not groups:
            raise self._missing("required")
        found = []
        for group in groups:
            fields = frozenset(each.strip() for each in group.split("|"))
            if not fields & columns.keys():
                self._known_fields("required", fields, columns)
            found.append(fields)
        return tuple(found)

    def _fields(self, key: str, columns: Mapping[str, Any]) -> tuple[str, ...]:
        fields = self._list(key)
        self._known_fields(key, fields, columns)
        return fields

    def _known_fields(self, key: str, fields: Iterable[str], columns: Mapping[str, Any]) -> None:
        for field in fields:
            if field not in columns:
                raise problem("format_not_a_column", self._file, key=key, word=field)

    def _headings(self, key: str) -> frozenset[str]:
        return frozenset(map(fold_header, self._list(key)))

    def _date_from_number(self) -> re.Pattern[str] | None:
        written = self._text("date_from_number", "")
        if not written:
            return None
        try:
            pattern = re.compile(written)
        except re.error:
            pattern = re.compile("")
        if pattern.groups != 3:
            key = "date_from_number"
            raise problem("format_bad_pattern", self._file, key=key, example=EXAMPLES[key])
        return pattern

    def _statuses(self) -> Mapping[str, tuple[str, ...]]:
        told = self._table("status")
        self._only(told, [*_values(Status), REFUNDED], "status.")
        return {name: self._texts(words, f"status.{name}") for name, words in told.items()}

    def _options(self, kind: Kind) -> Mapping[str, Any]:
        told = self._table("options")
        self._only(told, OPTIONS.get(kind, ()), "options.")
        return dict(told)

    # ------------------------------------------------------------ values

    def _table(self, key: str, *, required: bool = False) -> Mapping[str, Any]:
        if required and key not in self._told:
            raise self._missing(key)
        told = self._told.get(key, {})
        if not isinstance(told, dict):
            raise self._wrong(key, "table")
        return told

    def _list(self, key: str) -> tuple[str, ...]:
        return self._texts(self._told.get(key, []), key)

    def _texts(self, value: Any, key: str, example: str = "") -> tuple[str, ...]:
        if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
            raise self._wrong(key, "texts", example)
        return tuple(value)

    def _text(self, key: str, default: str | None = None) -> str:
        if key not in self._told:
            if default is None:
                raise self._missing(key)
            return default
        value = self._told[key]
        if not isinstance(value, str):
            raise self._wrong(key, "text")
        return value

    def _word(self, key: str, possible: list[str], default: str | None = None) -> str:
        word = self._text(key, default)
        if word not in possible:
            listed = ", ".join(possible)
            raise problem("format_unknown_word", self._file, key=key, word=word, possible=listed)
        return word

    def _number(self, key: str, default: int) -> int:
        value = self._told.get(key, default)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 <= value <= 100:
            raise self._wrong(key, "number")
        return value

    def _truth(self, key: str) -> bool:
        value = self._told.get(key, False)
        if not isinstance(value, bool):
            raise self._wrong(key, "truth")
        return value

    # ------------------------------------------------------------ refusals

    def _only(self, told: Mapping[str, Any], possible: Iterable[str], prefix: str = "") -> None:
        allowed = list(possible)
        for key in told:
            if key not in allowed:
                listed = ", ".join(allowed) or "–"
                raise problem(
                    "format_unknown_key", self._file, key=f"{prefix}{key}", possible=listed
                )

    def _missing(self, key: str) -> Exception:
        return problem(
            "format_missing", self._file, key=key, example=EXAMPLES.get(key, f"{key} = …")
        )

    def _wrong(self, key: str, expected: str, example: str = "") -> Exception:
        shown = EXAMPLES.get(example or key, _SHOWN[expected])
        return problem(
            "format_wrong_type", self._file, key=key, expected=EXPECTED[expected], example=shown
        )


_SHOWN = {
    "text": '"…"',
    "texts": '["…", "…"]',
    "number": "1",
    "truth": "true",
    "table": "[…]",
}


def _values(names: type[StrEnum]) -> list[str]:
    return [each.value for each in names]
