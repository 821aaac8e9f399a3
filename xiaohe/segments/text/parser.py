"""Text to tree, by descent: `or` over `and` over `not` over conditions.

parser      a whole rule, conditions on what is known of people      reader      the tokens, and where they stand
doings      conditions on what people did                            comparing   is, in, <, contains …
joining     and, or, not, brackets                                   times       in last 90 days, this week …
"""

from __future__ import annotations

from decimal import Decimal

from xiaohe.segments.rules.tree import (
    Been,
    Compare,
    Everyone,
    InSegment,
    Listed,
    Not,
    Op,
    Rank,
    Rule,
    Share,
    Test,
)
from xiaohe.segments.rules.vocabulary import Field, Kind
from xiaohe.segments.text import comparing, doings, times
from xiaohe.segments.text.joining import joined
from xiaohe.segments.text.lexer import Sort
from xiaohe.segments.text.reader import Reader, nearest
from xiaohe.segments.text.words import STARTS_LEAF

# Ids of people have 63 bits.
MOST_PERSON = 2**63


def read(reader: Reader) -> Rule:
    """The whole text as one rule."""
    if reader.now.sort is Sort.END:
        raise reader.wrong("empty")
    rule = joined(reader, leaf)
    if reader.now.sort is not Sort.END:
        code = "never_opened" if reader.now.is_sign(")") else "more"
        near = nearest(reader.shown(reader.now), ("and", "or")) if code == "more" else ""
        raise reader.wrong(code, suggestion=near)
    return rule


def leaf(reader: Reader) -> Rule:
    start = reader.at
    return reader.mark(_leaf(reader), start)


def _leaf(reader: Reader) -> Rule:
    word = str(reader.now.value).casefold() if reader.now.sort is Sort.NAME else ""
    if word == "everyone":
        reader.take()
        return Everyone()
    if word == "did":
        return doings.did(reader)
    if word in doings.FOLDS and reader.ahead().is_word("of"):
        return doings.measure(reader)
    if word == "days" and reader.ahead().is_word("since"):
        return doings.days_since(reader)
    if reader.takes_words("in", "segment"):
        return _segment(reader)
    if reader.takes_words("has", "been", "in", "segment"):
        return _been_in_segment(reader)
    if reader.takes_words("has", "not", "been", "in", "segment"):
        return Not(reader.mark(_been_in_segment(reader), reader.at))
    if word == "share" and reader.ahead().sort is Sort.NUMBER:
        return _share(reader)
    if word == "listed" and reader.ahead().is_sign("("):
        return _listed(reader)
    if times.begins(reader) and (word not in doings.FOLDS or times.goes_on(reader)):
        return doings.after_time(reader)
    if doings.names_record(reader) and not _names_attribute(reader):
        return doings.did(reader, without_word=True)
    return _of_attribute(reader)


def _names_attribute(reader: Reader) -> bool:
    name = str(reader.now.value)
    return name in reader.vocabulary.attributes or name in reader.vocabulary.called.attributes


def _of_attribute(reader: Reader) -> Rule:
    field = _attribute(reader)
    if reader.takes_words("has", "been"):
        return _been(reader, field)
    if reader.takes_words("has", "not", "been"):
        start = reader.at
        return Not(reader.mark(_been(reader, field), start))
    if reader.now.is_word("in") and reader.ahead().is_word("top", "bottom", "percentile"):
        reader.take()
        return _rank(reader, field)
    return comparing.compare(reader, field)


def _attribute(reader: Reader) -> Field:
    known = reader.vocabulary.attributes
    if reader.now.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_rule")
    name = str(reader.now.value)
    meant = reader.vocabulary.called.attributes.get(name, name)
    field = known.get(meant) or known.get(name.casefold())
    if field is None:
        raise _unknown_attribute(reader, name)
    reader.take()
    return field


def _unknown_attribute(reader: Reader, name: str) -> Exception:
    if reader.now.is_word("and", "or"):
        return reader.wrong("expected_rule")
    if name in reader.vocabulary.records:
        compared = reader.ahead().sort is Sort.SIGN and not reader.ahead().is_sign(")")
        meant = f"count of {name}" if compared else f"did {name}"
        return reader.wrong("record_as_attribute", suggestion=meant)
    if name.casefold() in doings.FOLDS and not reader.ahead().is_word("of"):
        # `last title over …`, as one would say it.
        return reader.wrong("unknown_attribute", suggestion=f"{name} of")
    called = reader.vocabulary.called.attributes
    near = nearest(name, [*reader.vocabulary.attributes, *called, *STARTS_LEAF - {"in", "has"}])
    return reader.wrong("unknown_attribute", suggestion=near)


def _been(reader: Reader, field: Field) -> Been:
    start = reader.at
    if reader.takes_word("in"):
        reader.at -= 1
        test, _ = comparing.test(reader, field)
    elif field.kind is Kind.TRUTH and reader.takes_word("true"):
        test = Test(Op.TRUE)
    else:
        test = Test(Op.IS, (comparing.value(reader, field),))
    compare = reader.mark(Compare(field.name, reader.mark(test, start)), start)
    reader.need_word("for")
    return Been(compare, times.days(reader))


def _been_in_segment(reader: Reader) -> Been:
    start = reader.at
    inner = reader.mark(_segment(reader), start)
    reader.need_word("for")
    return Been(inner, times.days(reader))


def _segment(reader: Reader) -> InSegment:
    token = reader.now
    slug = str(reader.take().value) if token.sort is Sort.NAME else reader.text()
    known = reader.vocabulary.segments
    if slug not in known:
        near = nearest(slug, known)
        suggestion = f'"{near}"' if near else ""
        raise reader.wrong("unknown_segment", token, found=slug, suggestion=suggestion)
    return InSegment(slug)


def _rank(reader: Reader, field: Field) -> Rank:
    if reader.takes_word("top"):
        low, high = 100 - reader.number(), Decimal(100)
        _percent(reader)
    elif reader.takes_word("bottom"):
        low, high = Decimal(0), reader.number()
        _percent(reader)
    else:
        reader.need_word("percentile")
        low, high = _from_to(reader)
    per = ""
    if reader.takes_word("of", "per"):
        reader.takes_word("each")
        per = _attribute(reader).name
    return Rank(field.name, low, high, per)


def _percent(reader: Reader) -> None:
    if not reader.takes_sign("%"):
        reader.need_word("percent")


def _from_to(reader: Reader) -> tuple[Decimal, Decimal]:
    low = reader.number()
    reader.takes_sign("%")
    reader.need_word("to")
    return low, reader.number()


def _share(reader: Reader) -> Share:
    reader.take()
    low, high = _from_to(reader)
    _percent(reader)
    reader.need_word("of")
    return Share(reader.text(), low, high)


def _listed(reader: Reader) -> Listed:
    reader.take()
    opened = reader.take()
    people: list[int] = []
    more = not reader.takes_sign(")")
    while more:
        people.append(_person(reader))
        more = reader.list_until(opened)
    return Listed(tuple(people))


def _person(reader: Reader) -> int:
    """`p123`, or the bare number."""
    word = str(reader.now.value)
    if (
        reader.now.sort is Sort.NAME
        and word[:1] in "pP"
        and word[1:].isdecimal()
        and len(word) <= 20
        and int(word[1:]) < MOST_PERSON
    ):
        reader.take()
        return int(word[1:])
    if reader.now.sort is Sort.NUMBER:
        return reader.whole(below=MOST_PERSON)
    raise reader.wrong("expected_person")
