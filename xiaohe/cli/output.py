"""How a command answers: one JSON document with `--json`, else lines and tables for a person; errors in one sentence."""

from __future__ import annotations

import dataclasses
import json
import sys
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import date, datetime
from decimal import Decimal
from enum import Enum
from pathlib import Path
from typing import Any

# A refusal's HTTP status (kernel.errors) as the process's exit code; a usage error is argparse's own 2.
EXIT_CODES = {400: 2, 404: 3, 409: 4, 403: 5, 429: 6, 503: 6, 507: 6}
EXIT_REFUSED, EXIT_INTERRUPTED = 1, 130


class Output:
    """Where a command's answer goes."""

    def __init__(self, *, is_json: bool) -> None:
        self.is_json = is_json

    def answer(self, data: Any, lines: Iterable[str] = ()) -> None:
        """The command's one answer: `data` for programs, `lines` for people."""
        if self.is_json:
            print(json.dumps(plain(data), ensure_ascii=False, indent=2))
            return
        for line in lines:
            print(line)

    def say(self, line: str) -> None:
        """Something by the way, for a person only."""
        if not self.is_json:
            print(line, flush=True)

    def refuse(self, code: str, message: str) -> None:
        print(message, file=sys.stderr)
        if self.is_json:
            print(json.dumps({"error": {"code": code, "message": message}}, ensure_ascii=False))


def plain(value: Any) -> Any:
    """Dataclasses, days, enums and mappings as what JSON can hold; an object may say it itself with `as_json`."""
    if hasattr(value, "as_json"):
        return plain(value.as_json())
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {f.name: plain(getattr(value, f.name)) for f in dataclasses.fields(value)}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime | date):
        return value.isoformat()
    if isinstance(value, dict):
        return {str(plain(key)): plain(item) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        return [plain(item) for item in value]
    if isinstance(value, Decimal | Path):
        return str(value)
    if isinstance(value, bytes):
        return None  # sealed
    return value


def table(rows: Sequence[Sequence[Any]], *, head: Sequence[str] = ()) -> list[str]:
    """Columns padded to the width they take in a terminal, where a Chinese character takes two."""
    texts = [[_text(cell) for cell in row] for row in ([head] if head else []) + list(rows)]
    if not texts:
        return []
    widths = [max(width(row[i]) for row in texts) for i in range(len(texts[0]))]
    numeric = [all(_is_number(row[i]) for row in rows) for i in range(len(widths))]
    return ["  ".join(_cells(row, widths, numeric)).rstrip() for row in texts]


def width(text: str) -> int:
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)


def _cells(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool]) -> Iterable[str]:
    for text, wanted, right in zip(row, widths, numeric, strict=True):
        pad = " " * (wanted - width(text))
        yield pad + text if right else text + pad


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float | Decimal) and not isinstance(value, bool)


def _text(value: Any) -> str:
    if value is None:
        return "–"
    if isinstance(value, int) and not isinstance(value, bool):
        return f"{value:,}"
    return str(plain(value))
