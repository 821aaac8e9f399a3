"""Comparisons of a value, read: the operator, then values as the kind of the field asks."""

from __future__ import annotations

from decimal import Decimal

from xiaohe.kernel.money import minor_digits
from xiaohe.segments.rules.tree import Compare, Money, Not, Op, Test, Value
from xiaohe.segments.rules.vocabulary import Field, Kind
from xiaohe.segments.text import chinese, times
from xiaohe.segments.text.lexer import Sort, Token
from xiaohe.segments.text.reader import Reader, nearest

_SIGNS = {"<": Op.LESS, "<=": Op.AT_MOST, ">": Op.MORE, ">=": Op.AT_LEAST}
# Third person and the base form after "does not".
_VERBS = {
    "contains": Op.CONTAINS, "contain": Op.CONTAINS, "starts": Op.STARTS, "start": Op.STARTS,
    "ends": Op.ENDS, "end": Op.ENDS, "matches": Op.MATCHES, "match": Op.MATCHES,
}  # fmt: skip
_WORDS = ("is", "in", "contains", "starts with", "ends with", "matches", "between", "not")


def begins(reader: Reader) -> bool:
    """Does an operator stand here?"""
    here = reader.now
    if reader.words_here("at", "least") or reader.words_here("at", "most"):
        return True
    return here.is_sign("=", "!=", *_SIGNS) or here.is_word(
        "is", "in", "between", "not", "does", *_VERBS
    )


def compare(reader: Reader, field: Field) -> Compare | Not:
    """What stands after the name of `field`, which was just taken."""
    start = reader.at - 1
    read, turned = test(reader, field)
    compared = reader.mark(Compare(field.name, read), start)
    return Not(compared) if turned else compared


def test(reader: Reader, field: Field) -> tuple[Test, bool]:
    """What the value must be, and whether that is turned around (`is not`)."""
    start = reader.at
    read, turned = _test(reader, field)
    return reader.mark(read, start), turned


def _test(reader: Reader, field: Field) -> tuple[Test, bool]:
    if (
        field.kind is Kind.TRUTH
        and not reader.now.is_word("is")
        and not reader.now.is_sign("=", "!=")
    ):
        return Test(Op.TRUE), False
    turned = False
    if reader.takes_sign("!="):
        return Test(Op.IS, (value(reader, field),)), True
    if reader.takes_sign("="):
        return Test(Op.IS, (value(reader, field),)), False
    if reader.words_here("at", "least") or reader.words_here("at", "most"):
        reader.take()
        op = Op.AT_LEAST if reader.take().is_word("least") else Op.AT_MOST
        return Test(op, (value(reader, field),)), False
    if reader.now.sort is Sort.SIGN and str(reader.now.value) in _SIGNS:
        op = _SIGNS[str(reader.take().value)]
        return Test(op, (value(reader, field),)), False
    if reader.takes_word("is"):
        return _after_is(reader, field)
    if reader.takes_words("does", "not") or reader.takes_word("not"):
        turned = True
    if times.begins(reader):
        return Test(Op.WITHIN, window=times.read(reader)), turned
    if reader.takes_word("in"):
        return Test(Op.IN, _list(reader, field)), turned
    if reader.takes_word("between"):
        return _between(reader, field), turned
    verb = _VERBS.get(str(reader.now.value).casefold()) if reader.now.sort is Sort.NAME else None
    if verb is None:
        near = nearest(reader.shown(reader.now), _WORDS)
        raise reader.wrong("expected_operator", name=field.name, suggestion=near)
    reader.take()
    if verb in (Op.STARTS, Op.ENDS):
        reader.need_word("with")
    if verb is Op.MATCHES:
        return Test(verb, (_pattern(reader),)), turned
    return Test(verb, (value(reader, field),)), turned


def _after_is(reader: Reader, field: Field) -> tuple[Test, bool]:
    turned = reader.takes_word("not")
    if reader.takes_word("known"):
        return Test(Op.KNOWN), turned
    if reader.takes_word("unknown"):
        return Test(Op.KNOWN), not turned
    if reader.now.is_word("in") and reader.ahead().is_sign("("):
        reader.take()
        return Test(Op.IN, _list(reader, field)), turned
    if reader.takes_word("between"):
        return _between(reader, field), turned
    if field.kind in (Kind.DAY, Kind.RECURRING) and times.begins(reader):
        return Test(Op.WITHIN, window=times.read(reader)), turned
    if field.kind is Kind.TRUTH and reader.now.is_word("true"):
        reader.take()
        return Test(Op.IS, (True,)), turned
    return Test(Op.IS, (value(reader, field),)), turned


def _between(reader: Reader, field: Field) -> Test:
    low = value(reader, field)
    if not reader.takes_word("to"):
        reader.need_word("and")
    return Test(Op.BETWEEN, (low, value(reader, field)))


def _list(reader: Reader, field: Field) -> tuple[Value, ...]:
    opened = reader.now
    if not reader.takes_sign("("):
        raise reader.wrong("expected_open")
    values = [value(reader, field)]
    while reader.list_until(opened):
        values.append(value(reader, field))
    return tuple(values)


def _pattern(reader: Reader) -> str:
    if reader.now.sort not in (Sort.PATTERN, Sort.TEXT):
        raise reader.wrong("expected_pattern")
    return str(reader.take().value)


def value(reader: Reader, field: Field) -> Value:
    """One value. Whether it is of the right kind is checked with the whole tree, here only how it is written."""
    token = reader.now
    match token.sort:
        case Sort.TEXT if field.kind is Kind.CHOICE:
            return _choice(reader, field)
        case Sort.TEXT:
            return str(reader.take().value)
        case Sort.NUMBER:
            return _number_or_money(reader, field)
        case Sort.MONEY:
            if reader.vocabulary.currency != "CNY":
                number = reader.shown(token).lstrip("¥￥ ")
                raise reader.wrong("expected_number", suggestion=f"{number} money")
            return _money(reader, reader.take())
        case Sort.DAY:
            return times.day(reader)
        case Sort.NAME:
            return _bare(reader, field)
    raise reader.wrong("expected_value")


def _number_or_money(reader: Reader, field: Field) -> Value:
    token = reader.take()
    if reader.takes_word("money"):
        return _money(reader, token)
    if reader.vocabulary.currency == "CNY" and reader.takes_word("元"):
        return _money(reader, token)
    if field.kind is Kind.MONEY:
        written = reader.shown(token)
        yuan = reader.vocabulary.currency == "CNY"
        suggestion = f"¥{written}" if yuan else f"{written} money"
        raise reader.wrong("plain_money", token, name=field.name, suggestion=suggestion)
    return Decimal(str(token.value))


def _money(reader: Reader, token: Token) -> Money:
    minor = Decimal(str(token.value)).scaleb(minor_digits(reader.vocabulary.currency))
    if minor != minor.to_integral_value() or abs(minor) >= 10**17:
        raise reader.wrong("number_too_large", token)
    return Money(int(minor))


def _bare(reader: Reader, field: Field) -> Value:
    token = reader.now
    if token.is_word("true", "false"):
        reader.take()
        return token.is_word("true")
    word = reader.written
    if field.kind is Kind.CHOICE:
        return _choice(reader, field)
    if field.kind in (Kind.TEXT, Kind.STATED):
        raise reader.wrong("unquoted", suggestion=f'"{word}"')
    raise reader.wrong("expected_value")


def _choice(reader: Reader, field: Field) -> str:
    word = str(reader.now.value)
    called = reader.vocabulary.called.choices.get(field.name, {})
    if word not in field.choices:
        word = called.get(chinese.plain(reader.written.strip('"“”「」')), word)
    if word not in field.choices:
        # To whoever writes in Chinese in Chinese.
        told = [*called] if called and chinese.is_chinese(word) else field.choices
        known = ", ".join(told)
        near = nearest(word, [*field.choices, *called])
        raise reader.wrong(
            "unknown_choice", found=word, name=field.name, known=known, suggestion=near
        )
    reader.take()
    return word
