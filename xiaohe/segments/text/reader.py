"""Where the parser stands: the tokens, the vocabulary, and which stretch of the text each part of the tree came from."""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from decimal import Decimal
from typing import Any, TypeVar

from xiaohe.segments.rules.errors import Place, RuleError
from xiaohe.segments.rules.vocabulary import Vocabulary
from xiaohe.segments.text import chinese
from xiaohe.segments.text.lexer import Sort, Token, place, tokens

Part = TypeVar("Part")
# Brackets and "not" one in the other; the tree has a limit of its own (rules.checks).
DEEPEST = 80
CLOSE_ENOUGH = 0.6
CLOSE_IN_CHINESE = 0.5


class Reader:
    def __init__(self, source: str, vocabulary: Vocabulary) -> None:
        self.source = source
        self.vocabulary = vocabulary
        self.tokens = tokens(source, vocabulary.called.every)
        self.at = 0
        self.depth = 0
        self._spans: dict[int, tuple[int, int]] = {}
        # A part's id is its own only while the part is alive.
        self._alive: list[object] = []

    # ---- looking and taking

    @property
    def now(self) -> Token:
        return self.tokens[self.at]

    @property
    def written(self) -> str:
        """The present token as it stands in the text."""
        return self.source[self.now.start : self.now.end]

    def ahead(self, count: int = 1) -> Token:
        return self.tokens[min(self.at + count, len(self.tokens) - 1)]

    def take(self) -> Token:
        token = self.now
        if token.sort is not Sort.END:
            self.at += 1
        return token

    def takes_word(self, *words: str) -> bool:
        """Take the word if it stands here."""
        if not self.now.is_word(*words):
            return False
        self.at += 1
        return True

    def takes_sign(self, *signs: str) -> bool:
        if not self.now.is_sign(*signs):
            return False
        self.at += 1
        return True

    def words_here(self, *words: str) -> bool:
        """Do these words stand here, one after the other?"""
        return all(self.ahead(index).is_word(word) for index, word in enumerate(words))

    def takes_words(self, *words: str) -> bool:
        if not self.words_here(*words):
            return False
        self.at += len(words)
        return True

    def need_word(self, word: str) -> None:
        if not self.takes_word(word):
            raise self.wrong("expected_word", word=word, suggestion=self._if_typed_wrong(word))

    def number(self) -> Decimal:
        if self.now.sort is not Sort.NUMBER:
            raise self.wrong("expected_number")
        return Decimal(str(self.take().value))

    def whole(self, below: int = 10**18) -> int:
        value = self.now.value
        if self.now.sort is not Sort.NUMBER or not isinstance(value, Decimal):
            raise self.wrong("expected_whole")
        # Of a huge one the digits would fill the memory before anybody compared them.
        if value != value.to_integral_value() or abs(value) >= below:
            raise self.wrong("expected_whole")
        self.take()
        return int(value)

    def text(self) -> str:
        if self.now.sort is Sort.TEXT:
            return str(self.take().value)
        if self.now.sort is Sort.NAME:
            raise self.wrong("unquoted", suggestion=f'"{self.written}"')
        raise self.wrong("expected_text")

    def list_until(self, opened: Token) -> bool:
        """After an entry of a list: is there another one? Takes the comma, or the bracket that closes."""
        if self.takes_sign(","):
            return not self.takes_sign(")")
        if self.takes_sign(")"):
            return False
        raise self.unclosed(opened)

    # ---- where things came from

    def mark(self, part: Part, start: int) -> Part:
        """Remember that `part` was read from the tokens `start` up to here."""
        end = self.tokens[max(self.at - 1, start)].end
        self._spans[id(part)] = (self.tokens[start].start, end)
        self._alive.append(part)
        return part

    def place_of(self, part: object) -> Place:
        return place(self.source, *self._spans.get(id(part), (0, len(self.source))))

    # ---- refusing

    def wrong(
        self, code: str, token: Token | None = None, *, suggestion: str = "", **data: Any
    ) -> RuleError:
        """The refusal at `token`, or at the present one. At the end of the text a rule has ended too early."""
        token = token or self.now
        if token.sort is Sort.END and code.startswith(("expected", "more", "unknown")):
            code, data = "ended", {}
        if "found" not in data and code != "ended":
            data["found"] = self.shown(token)
        where = place(self.source, token.start, token.end)
        return RuleError(code, place=where, suggestion=suggestion, **data)

    def unclosed(self, opened: Token) -> RuleError:
        """A list or a bracket that does not go on: never closed, or something that does not belong."""
        if self.now.sort is Sort.END:
            where = place(self.source, opened.start, opened.end)
            return RuleError("unclosed", place=where)
        return self.wrong("more")

    def shown(self, token: Token) -> str:
        text = self.source[token.start : token.end]
        return text if len(text) <= 40 else f"{text[:39]}…"

    def _if_typed_wrong(self, word: str) -> str:
        return word if nearest(self.shown(self.now), [word]) else ""


def nearest(name: str, known: Iterable[str]) -> str:
    """What was probably meant; empty if nothing is near."""
    by_folded = {each.casefold(): each for each in known}
    # Of two signs one is half.
    enough = CLOSE_IN_CHINESE if chinese.is_chinese(name) else CLOSE_ENOUGH
    near = difflib.get_close_matches(name.casefold()[:100], list(by_folded), 1, enough)
    return by_folded[near[0]] if near else ""
