"""Patterns of `matches`: the part of regular expressions that RE2 and Java read alike. Pure.

Literals, `.`, `^`, `$`, classes, `\\d \\w \\s \\b` and their opposites, groups, `|`, and `* + ? {m,n}` up to 100.
No look-around, no back-references, no possessive repeats: RE2 has none of them, and without them no pattern is slow.
"""

from __future__ import annotations

import re

LONGEST_PATTERN = 200
MOST_REPEATS = 100
_ESCAPES = frozenset("dDwWsSbBtnrf")
_PUNCTUATION = frozenset("!\"#$%&'()*+,-./:;<=>?@[\\]^`{|}~")
_REPEAT = re.compile(r"[*+?]|\{(\d{1,4})(?:,(\d{0,4}))?\}")
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


def unsafe_part(pattern: str) -> str | None:
    """The first part that not every engine reads, or reads alike; None if all do."""
    if control := _CONTROL.search(pattern):
        return repr(control[0])[1:-1]
    at = 4 if pattern.startswith("(?i)") else 0
    products = [1]
    while at < len(pattern):
        sign = pattern[at]
        if sign == "\\":
            if not _is_escape(pattern[at : at + 2]):
                return pattern[at : at + 2]
            at += 2
        elif sign == "[":
            end, bad = _class(pattern, at)
            if bad:
                return bad
            at = end
        elif sign == "(":
            if pattern.startswith("(?", at) and not pattern.startswith("(?:", at):
                return pattern[at : at + 3]
            at += 3 if pattern.startswith("(?:", at) else 1
        elif found := _REPEAT.match(pattern, at):
            bad = _repeat(pattern, found, products)
            if bad:
                return bad
            at = found.end()
            if at < len(pattern) and pattern[at] == "?":
                at += 1
        elif sign in "{}":
            return sign
        else:
            at += 1
    return None


def unreadable(pattern: str) -> str | None:
    """Why the pattern is none, in the words of Python's engine; None if it is one."""
    try:
        re.compile(pattern)
    except (re.error, OverflowError, RecursionError) as error:
        return str(error)
    return None


def _is_escape(pair: str) -> bool:
    return len(pair) == 2 and (pair[1] in _ESCAPES or pair[1] in _PUNCTUATION)


def _repeat(pattern: str, found: re.Match[str], products: list[int]) -> str | None:
    """A repeat is fine after something that can repeat, within bounds that do not multiply into a huge machine."""
    before, after = pattern[: found.start()], pattern[found.end() : found.end() + 1]
    anchored = before.endswith(("^", "\\b", "\\B", "|", "(", "(?:", "(?i)")) and not _is_literal(
        before
    )
    if not before or anchored or after in ("*", "+", "{"):
        return found[0] + (after if after in ("*", "+", "{") else "")
    if before.endswith("$") and not before.endswith("\\$"):
        return f"${found[0]}"
    if found[1]:
        products[0] *= max(1, int(found[2] or found[1]))
        if max(int(found[1]), int(found[2] or 0)) > MOST_REPEATS or products[0] > 10 * MOST_REPEATS:
            return found[0]
    return None


def _is_literal(before: str) -> bool:
    """Is the last sign escaped, so that it means itself?"""
    slashes = len(before) - 1 - len(before[:-1].rstrip("\\"))
    return before[-1] not in "bB" and slashes % 2 == 1


def _class(pattern: str, at: int) -> tuple[int, str | None]:
    """Where the class that begins at `at` ends, or what in it is read differently."""
    here = at + 2 if pattern.startswith("[^", at) else at + 1
    if pattern.startswith("]", here):
        return here, pattern[at : here + 1]
    while here < len(pattern) and pattern[here] != "]":
        if pattern[here] == "\\":
            pair = pattern[here : here + 2]
            if not _is_escape(pair) or pair[1] in "bB":
                return here, pair
            # A range that begins or ends with a class of signs is an error for some and a literal for others.
            beside = pattern[here + 2 : here + 3] == "-" or pattern[here - 1] == "-"
            if pair[1] in "dDwWsS" and beside:
                return here, pair
            here += 2
        elif pattern[here] == "[" or pattern.startswith(("&&", "--", "~~", "||"), here):
            return here, pattern[here : here + 2]
        else:
            here += 1
    return here + 1, None
