"""Text to tree, by descent: `or` over `and` over `not` over conditions.

reader      the tokens and where they stand         comparing   is, in, <, contains …
times       in last 90 days, this week …            parser      conditions and how they are joined
"""

from __future__ import annotations

from collections.abc import Callable
from decimal import Decimal

from xiaohe.segments.rules.kinds import result
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Been,
    Compare,
    Everyone,
    Fold,
    InSegment,
    Listed,
    Measure,
    Not,
    Op,
    Rank,
    Records,
    Rule,
    Sequence,
    Share,
    Test,
    Where,
)
from xiaohe.segments.rules.vocabulary import Field, Kind, RecordKind
from xiaohe.segments.text import comparing, times
from xiaohe.segments.text.lexer import Sort, Token
from xiaohe.segments.text.reader import DEEPEST, Reader, nearest
from xiaohe.segments.text.words import STARTS_LEAF

_FOLDS = {str(each): each for each in Fold if " " not in str(each)}
_TIMES = {"least": Op.AT_LEAST, "most": Op.AT_MOST}
_SINCE = {"first": Fold.DAYS_SINCE_FIRST, "last": Fold.DAYS_SINCE_LAST}
_HOW_OFTEN = {"once": 1, "twice": 2}


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


def joined(reader: Reader, one: Callable[[Reader], Rule]) -> Rule:
    """Conditions under and, or, not and brackets; `one` reads a single condition."""
    start = reader.at
    rules = [_all_of(reader, one)]
    while reader.takes_word("or"):
        rules.append(_all_of(reader, one))
    return reader.mark(AnyOf(tuple(rules)), start) if len(rules) > 1 else rules[0]


def _all_of(reader: Reader, one: Callable[[Reader], Rule]) -> Rule:
    start = reader.at
    rules = [unary(reader, one)]
    while reader.takes_word("and"):
        rules.append(unary(reader, one))
    return reader.mark(All(tuple(rules)), start) if len(rules) > 1 else rules[0]


def unary(reader: Reader, one: Callable[[Reader], Rule]) -> Rule:
    """`not` and brackets."""
    start = reader.at
    if not (reader.now.is_word("not") or reader.now.is_sign("(")):
        return one(reader)
    if reader.depth >= DEEPEST:
        raise reader.wrong("too_deep", limit=DEEPEST)
    reader.depth += 1
    if reader.takes_word("not"):
        rule: Rule = reader.mark(Not(unary(reader, one)), start)
    else:
        opened = reader.take()
        rule = joined(reader, one)
        if not reader.takes_sign(")"):
            raise reader.unclosed(opened)
    reader.depth -= 1
    return rule


# ---------------------------------------------------------------- conditions on people


def leaf(reader: Reader) -> Rule:
    start = reader.at
    return reader.mark(_leaf(reader), start)


def _leaf(reader: Reader) -> Rule:
    word = str(reader.now.value).casefold() if reader.now.sort is Sort.NAME else ""
    if word == "everyone":
        reader.take()
        return Everyone()
    if word == "did":
        return _did(reader)
    if word in _FOLDS and reader.ahead().is_word("of"):
        return _measure(reader)
    if word == "days" and reader.ahead().is_word("since"):
        return _days_since(reader)
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
    return _of_attribute(reader)


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
    return _compare(reader, field)


def _compare(reader: Reader, field: Field) -> Rule:
    start = reader.at - 1
    test, turned = comparing.test(reader, field)
    compare = reader.mark(Compare(field.name, test), start)
    return Not(compare) if turned else compare


def _attribute(reader: Reader) -> Field:
    known = reader.vocabulary.attributes
    if reader.now.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_rule")
    name = str(reader.now.value)
    field = known.get(name) or known.get(name.casefold())
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
    near = nearest(name, [*reader.vocabulary.attributes, *STARTS_LEAF - {"in", "has"}])
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
        and len(word) < 20
    ):
        reader.take()
        return int(word[1:])
    if reader.now.sort is Sort.NUMBER:
        return reader.whole()
    raise reader.wrong("expected_person")


# ---------------------------------------------------------------- conditions on what they did


def _did(reader: Reader) -> Rule:
    start = reader.at
    reader.take()
    turned = reader.takes_word("not")
    steps = [_some(reader)]
    if reader.now.is_word("then"):
        rule: Rule = _sequence(reader, steps)
    else:
        records = _during(reader, steps[0])
        rule = Measure(Fold.COUNT, records, _times(reader))
    return Not(reader.mark(rule, start)) if turned else rule


def _sequence(reader: Reader, steps: list[Records]) -> Sequence:
    while reader.takes_word("then"):
        steps.append(_some(reader))
    reader.need_word("within")
    count, unit = times.length(reader)
    return Sequence(tuple(steps), count, unit, times.optional(reader))


def _times(reader: Reader) -> Test:
    """`at least 2 times`, `exactly once`, `twice`; nothing is once or more."""
    start = reader.at
    op = Op.AT_LEAST
    if reader.takes_word("exactly"):
        op = Op.IS
    elif reader.takes_word("at"):
        if not reader.now.is_word(*_TIMES):
            near = nearest(reader.shown(reader.now), _TIMES)
            raise reader.wrong("expected_word", word="least", suggestion=near)
        op = _TIMES[str(reader.take().value).casefold()]
    elif not reader.now.is_word(*_HOW_OFTEN) and not (
        reader.now.sort is Sort.NUMBER and reader.ahead().is_word("times", "time")
    ):
        return reader.mark(Test(op, (Decimal(1),)), start)
    if reader.now.is_word(*_HOW_OFTEN):
        often = Decimal(_HOW_OFTEN[str(reader.take().value).casefold()])
    else:
        often = Decimal(reader.whole())
        if not reader.takes_word("time"):
            reader.need_word("times")
    return reader.mark(Test(op, (often,)), start)


def _some(reader: Reader) -> Records:
    """Records and their condition; their time comes later."""
    start = reader.at
    kind = _record(reader)
    where: Where | None = None
    if reader.takes_word("where"):
        where = unary(reader, lambda each: _field_condition(each, kind))  # type: ignore[assignment]
    return reader.mark(Records(kind.name, where), start)


def _field_condition(reader: Reader, kind: RecordKind) -> Rule:
    return _compare(reader, _field(reader, kind))


def _during(reader: Reader, records: Records) -> Records:
    start = reader.at
    window = times.optional(reader)
    return reader.mark(Records(records.of, records.where, window), start)


def _record(reader: Reader) -> RecordKind:
    if reader.now.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_name")
    known, name = reader.vocabulary.records, str(reader.now.value)
    kind = known.get(name) or known.get(name.casefold())
    if kind is None:
        raise reader.wrong("unknown_record", suggestion=nearest(name, known))
    reader.take()
    return kind


def _field(reader: Reader, kind: RecordKind) -> Field:
    if reader.now.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_name")
    name = str(reader.now.value)
    field = kind.fields.get(name) or kind.fields.get(name.casefold())
    if field is None:
        raise _unknown_field(reader, reader.now, kind)
    reader.take()
    return field


def _unknown_field(reader: Reader, token: Token, kind: RecordKind) -> Exception:
    known = ", ".join(kind.fields)
    near = nearest(str(token.value), kind.fields)
    return reader.wrong("unknown_field", token, record=kind.name, known=known, suggestion=near)


def _measure(reader: Reader) -> Rule:
    """`count of R …`, `sum of FIELD over R …`."""
    fold = _FOLDS[str(reader.take().value).casefold()]
    reader.take()
    if fold is Fold.COUNT:
        return _made(reader, fold, _some(reader), "")
    token = reader.now
    if token.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_name")
    reader.take()
    reader.need_word("over")
    # The records come after the field, so its name is looked up now.
    here = reader.at
    kind = _record(reader)
    name = str(token.value)
    field = kind.fields.get(name) or kind.fields.get(name.casefold())
    if field is None:
        raise _unknown_field(reader, token, kind)
    reader.at = here
    return _made(reader, fold, _some(reader), field.name)


def _days_since(reader: Reader) -> Rule:
    reader.take()
    reader.take()
    if not reader.now.is_word(*_SINCE):
        near = nearest(reader.shown(reader.now), _SINCE)
        raise reader.wrong("expected_word", word="last", suggestion=near)
    fold = _SINCE[str(reader.take().value).casefold()]
    return _made(reader, fold, _some(reader), "")


def _made(reader: Reader, fold: Fold, some: Records, name: str) -> Rule:
    kind = reader.vocabulary.records[some.of]
    # If nothing can be made of the field, its own kind reads the value and the checks refuse the fold.
    field = result(fold, kind.fields.get(name)) or kind.fields[name]
    start = reader.at
    records = _during(reader, some)
    if field.kind is Kind.DAY and start < reader.at and not _goes_on(reader):
        # One time only: "last of on over purchase in this week" speaks of the value.
        reader.at = start
        records = some
    test, turned = comparing.test(reader, field)
    measure = Measure(fold, records, test, name)
    return Not(reader.mark(measure, start)) if turned else measure


def _goes_on(reader: Reader) -> bool:
    return comparing.begins(reader) or times.begins(reader)
