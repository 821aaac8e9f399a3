"""One object of a JSON document: members are taken by name, and whatever is left over is refused. Pure."""

from __future__ import annotations

import difflib
from collections.abc import Iterator, Mapping
from datetime import date
from typing import Any

from xiaohe.segments.rules.errors import Place, RuleError

# Longer lists are refused before anybody walks through them.
LONGEST_LIST = 20_000


def wrong(path: str, code: str, *, suggestion: str = "", **data: Any) -> RuleError:
    return RuleError(code, place=Place(path=path), suggestion=suggestion, **data)


class Object:
    """`path` is the JSON pointer of the object; every refusal is a RuleError with the pointer of the member."""

    def __init__(self, data: object, path: str) -> None:
        if not isinstance(data, Mapping):
            raise wrong(path, "json_type", wanted="{…}")
        self.data = data
        self.path = path
        self._taken: set[str] = set()

    def at(self, name: str) -> str:
        return f"{self.path}/{name}"

    def has(self, name: str) -> bool:
        return self.data.get(name) is not None

    def take(self, name: str) -> Any:
        if name not in self.data:
            raise wrong(self.path, "json_missing", found=name)
        self._taken.add(name)
        return self.data[name]

    def text(self, name: str) -> str:
        value = self.take(name)
        if not isinstance(value, str):
            raise wrong(self.at(name), "json_type", wanted='"…"')
        return value

    def whole(self, name: str) -> int:
        value = self.take(name)
        if isinstance(value, bool) or not isinstance(value, int):
            raise wrong(self.at(name), "json_type", wanted="12")
        return value

    def day(self, name: str) -> date:
        value = self.text(name)
        try:
            return date.fromisoformat(value)
        except ValueError:
            raise wrong(self.at(name), "no_day", found=value[:40]) from None

    def choice(self, name: str, known: tuple[str, ...]) -> str:
        value = self.text(name)
        if value not in known:
            near = difflib.get_close_matches(value[:100], known, 1)
            data = {"found": value[:40], "known": ", ".join(known)}
            raise wrong(self.at(name), "json_kind", suggestion=near[0] if near else "", **data)
        return value

    def items(self, name: str) -> Iterator[tuple[Any, str]]:
        """(entry, pointer) of a list."""
        value = self.take(name)
        if not isinstance(value, list | tuple):
            raise wrong(self.at(name), "json_type", wanted="[…]")
        if len(value) > LONGEST_LIST:
            raise wrong(self.at(name), "too_many_values", limit=LONGEST_LIST)
        for index, each in enumerate(value):
            yield each, f"{self.at(name)}/{index}"

    def end(self) -> None:
        """Refuse what nobody took; null is as good as not there."""
        for name in self.data:
            if name not in self._taken and self.data[name] is not None:
                raise wrong(self.path, "json_extra", found=str(name)[:40])
