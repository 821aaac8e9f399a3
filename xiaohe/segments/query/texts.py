"""Text compared by what it reads: width, case and compatibility forms make no difference (NFKC and case folding).

No engine folds text so, and a function of ours would run in none of them. The other way round it can be done by each:
the wanted text becomes a pattern of everything that folds to it. A text all of whose letters stand for themselves alone
(most Chinese) is compared as it is.

    "茶A" ──► [茶茶][Aaａ…]
"""

from __future__ import annotations

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache
from typing import Any

from xiaohe.segments.rules.tree import Op

# Beyond these planes no letter folds to another, but for compatibility forms of Chinese ones.
_FOLDING = (*range(0x20000), *range(0x2F800, 0x2FA20))
_SURROGATES = range(0xD800, 0xE000)
# A pattern that branches more is spelled letter by letter.
_LONGEST = 20_000


def folded(text: str) -> str:
    """What a text is compared by."""
    return unicodedata.normalize("NFKC", unicodedata.normalize("NFKC", text).casefold())


def compares(column: Any, op: Op, text: str) -> Any:
    """Whether `column` is, contains, starts or ends with `text`, unknown where the column is."""
    wanted = folded(text)
    if _is_plain(wanted):
        return _plainly(column, op, wanted)
    return column.re_search(pattern(wanted, op))


def _plainly(column: Any, op: Op, text: str) -> Any:
    match op:
        case Op.CONTAINS:
            return column.contains(text)
        case Op.STARTS:
            return column.startswith(text)
        case Op.ENDS:
            return column.endswith(text)
    return column == text


def _is_plain(wanted: str) -> bool:
    tables = _tables()
    inside = any(letter in tables.within for letter in wanted)
    return not inside and all(
        len(tables.single[each]) == 1 and each not in tables.composing for each in wanted
    )


@lru_cache(maxsize=1024)
def pattern(wanted: str, op: Op) -> str:
    """A pattern (RE2, Java) that finds texts that fold to `wanted`, by `op`; `wanted` is folded."""
    if not wanted:
        return r"\A\z" if op is Op.IS else ""
    ends_open = op in (Op.CONTAINS, Op.STARTS)
    starts_open = op in (Op.CONTAINS, Op.ENDS)
    body = _spelled(wanted, starts_open=starts_open, ends_open=ends_open)
    head = r"\A" if op in (Op.IS, Op.STARTS) else ""
    tail = r"\z" if op in (Op.IS, Op.ENDS) else ""
    return f"{head}(?:{body}){tail}"


def _spelled(wanted: str, *, starts_open: bool, ends_open: bool) -> str:
    """Every way to write `wanted`, from its end to its beginning; `several` letters may be written as one."""
    tables = _tables()
    several = [each for each in tables.several.items() if set(each[0]) & set(wanted)]
    guard = _guard(wanted[-1]) if ends_open else ""
    rest = {len(wanted): guard}
    for at in reversed(range(len(wanted))):
        ways = [_letter(wanted[at]) + rest[at + 1]]
        for spelled, letters in several:
            if wanted.startswith(spelled, at):
                ways.append(_any_of(letters) + rest[at + len(spelled)])
            elif ends_open and spelled.startswith(wanted[at:]):
                ways.append(_any_of(letters))
        rest[at] = (
            ways[0] if len(ways) == 1 or len(rest[at + 1]) > _LONGEST else f"(?:{'|'.join(ways)})"
        )
    ways = [rest[0]]
    if starts_open:
        for spelled, letters in several:
            ways += [
                _any_of(letters) + rest[length]
                for length in range(1, min(len(spelled), len(wanted) + 1))
                if spelled.endswith(wanted[:length])
            ]
            if ends_open and wanted in spelled[1:-1]:
                ways.append(_any_of(letters))
    return "|".join(dict.fromkeys(ways))


def _guard(last: str) -> str:
    """Nothing may follow that would make another letter of the last one."""
    tables = _tables()
    marks = "".join(
        each for mark in sorted(tables.composing.get(last, ())) for each in tables.single[mark]
    )
    return f"(?:$|[^{marks}])" if marks else ""


def _letter(letter: str) -> str:
    """One letter in every form: each that folds to it, and taken apart into a base and its marks."""
    own = _any_of(_tables().single[letter])
    apart = unicodedata.normalize("NFD", letter)
    if len(apart) == 1:
        return own
    return f"(?:{own}|{''.join(_any_of(_tables().single[each]) for each in apart)})"


def _any_of(letters: tuple[str, ...]) -> str:
    if len(letters) == 1:
        return re.escape(letters[0]) if letters[0] in _SPECIAL else letters[0]
    return "[" + "".join(f"\\{each}" if each in _SPECIAL else each for each in letters) + "]"


_SPECIAL = frozenset(r".^$*+?{}[]\|()-&~#")


class _Tables:
    """`single`: letters by the one they fold to; `several`: by the several, `within` are letters of those; `composing`:
    marks that make another letter of one.
    """

    def __init__(self) -> None:
        single: dict[str, list[str]] = defaultdict(list)
        several: dict[str, list[str]] = defaultdict(list)
        composing: dict[str, set[str]] = defaultdict(set)
        for code in _FOLDING:
            if code in _SURROGATES:
                continue
            letter = chr(code)
            spelled = folded(letter)
            if len(spelled) == 1 and spelled != letter:
                single[spelled].append(letter)
            elif len(spelled) > 1:
                several[spelled].append(letter)
            apart = unicodedata.decomposition(letter)
            if apart and not apart.startswith("<") and " " in apart:
                base, mark = (folded(chr(int(each, 16))) for each in apart.split())
                composing[base[-1:]].add(mark)
        self.composing = dict(composing)
        self.several = {spelled: tuple(letters) for spelled, letters in several.items()}
        self.within = frozenset("".join(several))
        self.single = _Single({each: (each, *letters) for each, letters in single.items()})


class _Single(dict[str, tuple[str, ...]]):
    def __missing__(self, letter: str) -> tuple[str, ...]:
        return (letter,)


@lru_cache(maxsize=1)
def _tables() -> _Tables:
    return _Tables()
