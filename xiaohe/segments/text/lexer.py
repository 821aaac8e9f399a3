"""Letters to tokens. Full-width signs, Chinese brackets and quotation marks read like their plain ones."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from enum import StrEnum

from xiaohe.segments.rules.errors import Place, RuleError
from xiaohe.segments.text import chinese

# Ten thousand people listed by the longest numbers there are, and as much again.
LONGEST_SOURCE = 450_000
LONGEST_NUMBER = 40


class Sort(StrEnum):
    NAME = "name"
    TEXT = "text"
    PATTERN = "pattern"
    NUMBER = "number"
    MONEY = "money"
    DAY = "day"
    SIGN = "sign"
    END = "end"


@dataclass(frozen=True)
class Token:
    """`value`: a name, a text without its quotation marks, a Decimal, a date, or a sign in its plain form."""

    sort: Sort
    value: str | Decimal | date
    start: int
    end: int

    def is_sign(self, *signs: str) -> bool:
        return self.sort is Sort.SIGN and self.value in signs

    def is_word(self, *words: str) -> bool:
        """Is it one of these words of the language, in letters of any case?"""
        return self.sort is Sort.NAME and str(self.value).casefold() in words


# How a sign may be written, and what it is.
SIGNS = {
    "(": "(", "（": "(", ")": ")", "）": ")", ",": ",", "，": ",", "、": ",", "%": "%", "％": "%",
    "<=": "<=", "≤": "<=", "＜=": "<=", "＜＝": "<=", ">=": ">=", "≥": ">=", "＞=": ">=", "＞＝": ">=",
    "=<": "<=", "=>": ">=", "<": "<", "＜": "<", ">": ">", "＞": ">",
    "==": "=", "=": "=", "＝": "=", "!=": "!=", "<>": "!=", "≠": "!=", "！=": "!=", "！＝": "!=",
}  # fmt: skip
# Signs of other languages that are a word here.
WORDS = {"&&": "and", "＆＆": "and", "||": "or", "｜｜": "or", "!": "not", "！": "not"}
QUOTES = {
    '"': '"',
    "＂": "＂",
    "“": "”“",
    "”": "”“",
    "'": "'",
    "‘": "’‘",
    "’": "’‘",
    "「": "」",
    "『": "』",
}

# Zero-width signs come along when text is copied from a chat.
BLANK = re.compile(r"(?:[\s\ufeff\u200b-\u200d\u2060]|#[^\n]*)+")
DAY = re.compile(r"(\d{4})([-/])(\d{1,2})\2(\d{1,2})(?![\w])")
NUMBER = re.compile(r"[-+−]?\d+(?:\.\d+)?(?:[eE][-+]?\d{1,2}(?!\w))?")
MONEY = re.compile(r"[¥￥]\s*(-?\d+(?:\.\d+)?)|(-)[¥￥]\s*(\d+(?:\.\d+)?)")
NAME = re.compile(r"[^\W\d][\w]*(?:[.:\-][\w]+)*(?:\.\*)?")
ALL_SIGNS = {**SIGNS, **WORDS}
SIGN = re.compile("|".join(re.escape(each) for each in sorted(ALL_SIGNS, key=len, reverse=True)))
ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]{1,6})\}|(.))", re.DOTALL)
PLAIN = {'"': '"', "\\": "\\", "n": "\n", "t": "\t"}
SURROGATES = range(0xD800, 0xE000)
LAST_SIGN = 0x10FFFF


def tokens(source: str, names: Collection[str] = frozenset()) -> list[Token]:
    """Every token and one of sort END; raises RuleError. `names` may stand beside other words without a blank."""
    if len(source) > LONGEST_SOURCE:
        raise RuleError("too_long", place=place(source, 0, 0), limit=LONGEST_SOURCE)
    found: list[Token] = []
    for token in _tokens(source):
        is_slug = [each.value for each in found[-2:]] == ["in", "segment"]
        if token.sort is Sort.NAME and not is_slug and chinese.is_chinese(str(token.value)):
            found += _in_chinese(source, token, names)
        else:
            found.append(token)
    return found


def _in_chinese(source: str, token: Token, names: Collection[str]) -> list[Token]:
    """What a word or a run of words in Chinese says; what is neither stays the name it may be."""
    run = source[token.start : token.end]
    parts = chinese.parted(run, names)
    if parts is None:
        return [token]
    found = []
    for first, last in parts:
        word, start, end = run[first:last], token.start + first, token.start + last
        if word in chinese.WORDS:
            for each in chinese.WORDS[word].split():
                sort = Sort.SIGN if each in SIGNS else Sort.NAME
                found.append(Token(sort, each, start, end))
        elif word[0].isdigit():
            number = NUMBER.match(word)
            assert number is not None
            found.append(Token(Sort.NUMBER, _number(word, word, number), start, end))
        elif word not in chinese.FILLERS or word in names:
            found.append(Token(Sort.NAME, unicodedata.normalize("NFKC", word), start, end))
    return found


def place(source: str, start: int, end: int) -> Place:
    """Line and column of a stretch of the source."""
    before = source[:start]
    line = before.count("\n") + 1
    return Place(line, start - before.rfind("\n"), start, end - start)


def _tokens(source: str) -> Iterator[Token]:
    at = 0
    while True:
        if blank := BLANK.match(source, at):
            at = blank.end()
        if at >= len(source):
            yield Token(Sort.END, "", at, at)
            return
        token = _token(source, at)
        yield token
        at = token.end


def _token(source: str, at: int) -> Token:
    if source[at] in QUOTES:
        return _text(source, at)
    if source[at] == "/":
        return _pattern(source, at)
    if found := DAY.match(source, at):
        return _day(source, found)
    if found := MONEY.match(source, at):
        digits = found[1] or f"-{found[3]}"
        return Token(Sort.MONEY, _number(source, digits, found), at, found.end())
    if found := NUMBER.match(source, at):
        number = _number(source, found[0].replace("−", "-"), found)
        return Token(Sort.NUMBER, number, at, found.end())
    if found := NAME.match(source, at):
        return Token(Sort.NAME, unicodedata.normalize("NFKC", found[0]), at, found.end())
    if found := SIGN.match(source, at):
        word = WORDS.get(found[0])
        sort = Sort.NAME if word else Sort.SIGN
        return Token(sort, word or SIGNS[found[0]], at, found.end())
    raise RuleError("unknown_sign", place=place(source, at, at + 1), found=source[at])


def _number(source: str, digits: str, found: re.Match[str]) -> Decimal:
    if len(digits) > LONGEST_NUMBER:
        where = place(source, found.start(), found.end())
        raise RuleError("bad_number", place=where, found=f"{digits[:12]}…")
    return Decimal(digits)


def _day(source: str, found: re.Match[str]) -> Token:
    try:
        day = date(int(found[1]), int(found[3]), int(found[4]))
    except ValueError:
        where = place(source, found.start(), found.end())
        raise RuleError("no_day", place=where, found=found[0]) from None
    return Token(Sort.DAY, day, found.start(), found.end())


def _text(source: str, at: int) -> Token:
    closing, end = QUOTES[source[at]], at + 1
    while end < len(source) and source[end] not in closing:
        end += 2 if source[end] == "\\" else 1
    if end >= len(source):
        line_end = source.find("\n", at)
        stop = len(source) if line_end < 0 else line_end
        raise RuleError("unclosed_text", place=place(source, at, stop))
    return Token(Sort.TEXT, ESCAPE.sub(_unescaped, source[at + 1 : end]), at, end + 1)


def _unescaped(found: re.Match[str]) -> str:
    """What an escape stands for; one that stands for nothing is itself."""
    if found[1]:
        code = int(found[1], 16)
        return chr(code) if code <= LAST_SIGN and code not in SURROGATES else found[0]
    if found[2] in QUOTES:
        return found[2]
    return PLAIN.get(found[2], found[0])


def _pattern(source: str, at: int) -> Token:
    end = at + 1
    while end < len(source) and source[end] not in "/\n":
        end += 2 if source[end] == "\\" else 1
    if end >= len(source) or source[end] == "\n":
        raise RuleError("unclosed_pattern", place=place(source, at, min(end, len(source))))
    return Token(Sort.PATTERN, source[at + 1 : end], at, end + 1)
