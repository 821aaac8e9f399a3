"""Conditions on what people did, read: did, count, sum, first, days since, sequences."""

from __future__ import annotations

from decimal import Decimal

from xiaohe.segments.rules.kinds import result
from xiaohe.segments.rules.tree import (
    Fold,
    Measure,
    Not,
    Op,
    Records,
    Rule,
    Sequence,
    Test,
    Where,
)
from xiaohe.segments.rules.vocabulary import Field, Kind, RecordKind
from xiaohe.segments.rules.windows import EVER, Window
from xiaohe.segments.text import chinese, comparing, times
from xiaohe.segments.text.joining import unary
from xiaohe.segments.text.lexer import Sort, Token
from xiaohe.segments.text.reader import Reader, nearest

FOLDS = {str(each): each for each in Fold if " " not in str(each)}
_TIMES = {"least": Op.AT_LEAST, "most": Op.AT_MOST}
_SINCE = {"first": Fold.DAYS_SINCE_FIRST, "last": Fold.DAYS_SINCE_LAST}
_OFTEN = {">=": Op.AT_LEAST, "<=": Op.AT_MOST, "=": Op.IS}
_HOW_OFTEN = {"once": 1, "twice": 2}
# Words that compare and begin no time.
COMPARING = ("contains", "starts", "ends", "matches", "is", "between")


def after_time(reader: Reader) -> Rule:
    """A time may stand in front: `in last 90 days did purchase`, also without `did`."""
    window = times.read(reader)
    if reader.now.sort is Sort.NAME:
        if str(reader.now.value).casefold() in FOLDS and reader.ahead().is_word("of"):
            return measure(reader, window)
        if reader.words_here("days", "since"):
            return days_since(reader, window)
    return did(reader, window, without_word=not reader.now.is_word("did"))


def names_record(reader: Reader) -> bool:
    """Does the Chinese name of a record stand here, which says by itself that it happened?"""
    return (
        reader.now.sort is Sort.NAME and str(reader.now.value) in reader.vocabulary.called.records
    )


def did(reader: Reader, window: Window = EVER, *, without_word: bool = False) -> Rule:
    """`window`: the time that stood in front."""
    start = reader.at
    if not without_word:
        reader.take()
    turned = reader.takes_word("not")
    steps = [_some(reader)]
    if reader.now.is_word("then"):
        rule: Rule = _sequence(reader, steps, window)
    else:
        # How often may stand before the time or after it.
        often = _times(reader)
        records = _during(reader, steps[0], window)
        _refuse_without_field(reader, reader.vocabulary.records[records.of], "where ")
        rule = Measure(Fold.COUNT, records, often or _times(reader) or _once(reader))
    return Not(reader.mark(rule, start)) if turned else rule


def _sequence(reader: Reader, steps: list[Records], window: Window) -> Sequence:
    while reader.takes_word("then"):
        steps.append(_some(reader))
    reader.need_word("within")
    count, unit = times.length(reader)
    return Sequence(tuple(steps), count, unit, _time(reader, window))


def _once(reader: Reader) -> Test:
    return reader.mark(Test(Op.AT_LEAST, (Decimal(1),)), reader.at)


def _times(reader: Reader) -> Test | None:
    """`at least 2 times`, `exactly once`, `twice`; None if nothing of the kind stands here."""
    start = reader.at
    op = Op.AT_LEAST
    if reader.now.is_sign(*_OFTEN) and reader.ahead(2).is_word("times", "time"):
        op = _OFTEN[str(reader.take().value)]
    elif reader.takes_word("exactly"):
        op = Op.IS
    elif reader.takes_word("at"):
        if not reader.now.is_word(*_TIMES):
            near = nearest(reader.shown(reader.now), _TIMES)
            raise reader.wrong("expected_word", word="least", suggestion=near)
        op = _TIMES[str(reader.take().value).casefold()]
    elif not reader.now.is_word(*_HOW_OFTEN) and not (
        reader.now.sort is Sort.NUMBER and reader.ahead().is_word("times", "time")
    ):
        return None
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
    return comparing.compare(reader, _field(reader, kind))


def _during(reader: Reader, records: Records, window: Window) -> Records:
    start = reader.at
    window = _time(reader, window)
    return reader.mark(Records(records.of, records.where, window), start)


def _time(reader: Reader, told: Window) -> Window:
    """The time that stands here; `told` stood in front, and one is enough."""
    if told == EVER:
        return times.optional(reader)
    if times.begins(reader):
        raise reader.wrong("more")
    return told


def _record(reader: Reader) -> RecordKind:
    if reader.now.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_name")
    known, name = reader.vocabulary.records, str(reader.now.value)
    called = reader.vocabulary.called.records
    kind = known.get(called.get(name, name)) or known.get(name.casefold())
    if kind is None:
        raise reader.wrong("unknown_record", suggestion=nearest(name, [*known, *called]))
    reader.take()
    # "买过 商品": two words for one thing.
    lines = known.get(f"{kind.name}.item")
    if lines is not None and called.get(str(reader.now.value)) == lines.name:
        reader.take()
        return lines
    return kind


def _field(reader: Reader, kind: RecordKind) -> Field:
    if reader.now.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_name")
    field = _named(reader, reader.now, kind)
    reader.take()
    return field


def _named(reader: Reader, token: Token, kind: RecordKind) -> Field:
    """The field of that name; raises RuleError at the token."""
    name = str(token.value)
    meant = reader.vocabulary.called.fields.get(name, name)
    listed = set(kind.fields)
    known = next((each for each in (name, meant, name.casefold()) if each in listed), name)
    field = kind.fields.get(known)
    if field is None:
        raise _unknown_field(reader, token, kind)
    return field


def _refuse_without_field(reader: Reader, kind: RecordKind, before: str = "") -> None:
    """`did purchase.item contains "茶"`: what is compared is not said."""
    if not reader.now.is_word(*COMPARING):
        return
    texts = [name for name, each in kind.fields.items() if each.kind is Kind.TEXT]
    field = "title" if "title" in texts else next(iter(texts), "")
    found = reader.written
    if chinese.is_chinese(found):
        spelled = {en: zh for zh, en in reversed(tuple(reader.vocabulary.called.fields.items()))}
        before, field = "其中 " if before else "", spelled.get(field, field)
    near = f"{before}{field} {found}" if field else ""
    known = _known(reader, found, kind)
    raise reader.wrong("field_missing", record=kind.name, known=known, suggestion=near)


def _known(reader: Reader, written: str, kind: RecordKind) -> str:
    """The fields there are, in Chinese to whoever writes Chinese."""
    called = [zh for zh, en in reader.vocabulary.called.fields.items() if en in kind.fields]
    return ", ".join(called if chinese.is_chinese(written) and called else kind.fields)


def _unknown_field(reader: Reader, token: Token, kind: RecordKind) -> Exception:
    name = str(token.value)
    if token is reader.now:
        _refuse_without_field(reader, kind)
    called = [zh for zh, en in reader.vocabulary.called.fields.items() if en in kind.fields]
    known = _known(reader, name, kind)
    place, near = token, nearest(name, [*kind.fields, *called])
    lines = reader.vocabulary.records.get(f"{kind.name}.item")
    if lines is not None and name in lines.fields:
        # A purchase has no title, what was bought has.
        named = [each for each in reader.tokens[: reader.at] if each.value == kind.name]
        place, near = (named[-1], lines.name) if named else (token, near)
    found = reader.shown(token)
    return reader.wrong(
        "unknown_field", place, found=found, record=kind.name, known=known, suggestion=near
    )


def measure(reader: Reader, window: Window = EVER) -> Rule:
    """`count of R …`, `sum of FIELD over R …`."""
    fold = FOLDS[str(reader.take().value).casefold()]
    reader.take()
    if fold is Fold.COUNT:
        return _made(reader, fold, _some(reader), "", window)
    token = reader.now
    if token.sort not in (Sort.NAME, Sort.TEXT):
        raise reader.wrong("expected_name")
    reader.take()
    reader.need_word("over")
    # The records come after the field, so its name is looked up now.
    here = reader.at
    kind = _record(reader)
    field = _named(reader, token, kind)
    reader.at = here
    return _made(reader, fold, _some(reader), field.name, window)


def days_since(reader: Reader, window: Window = EVER) -> Rule:
    reader.take()
    reader.take()
    if not reader.now.is_word(*_SINCE):
        near = nearest(reader.shown(reader.now), _SINCE)
        raise reader.wrong("expected_word", word="last", suggestion=near)
    fold = _SINCE[str(reader.take().value).casefold()]
    return _made(reader, fold, _some(reader), "", window)


def _made(reader: Reader, fold: Fold, some: Records, name: str, window: Window) -> Rule:
    kind = reader.vocabulary.records[some.of]
    # If nothing can be made of the field, its own kind reads the value and the checks refuse the fold.
    field = result(fold, kind.fields.get(name)) or kind.fields[name]
    start = reader.at
    records = _during(reader, some, window)
    if field.kind is Kind.DAY and start < reader.at and not _goes_on(reader):
        # One time only: "last of on over purchase in this week" speaks of the value.
        reader.at = start
        records = some
    test, turned = comparing.test(reader, field)
    measure = Measure(fold, records, test, name)
    return Not(reader.mark(measure, start)) if turned else measure


def _goes_on(reader: Reader) -> bool:
    return comparing.begins(reader) or times.begins(reader)
