"""Segments and explanations for programs and terminals: plain values, and lines that can be read aloud."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator, Mapping, Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.money import to_major
from xiaohe.ledger.catalogue import fact_type
from xiaohe.segments import queries
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain import Cited, Explanation, Why
from xiaohe.segments.explain.timeline import Span
from xiaohe.segments.query.additive import kind_of
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.tree import All, AnyOf, Compare, InSegment, Measure, Not, Rule
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.saved import Saved
from xiaohe.segments.sentence import Names, clause
from xiaohe.segments.sentence.words import choice
from xiaohe.segments.text import print_rule
from xiaohe.shop.queries import calendar, the_shop

# A cell that begins so is a formula to a spreadsheet, full-width signs too.
FORMULA = tuple("=+-@\t\r\n＝＋－＠")


def segment(saved: Saved) -> dict[str, Any]:
    """One segment as JSON holds it."""
    return {
        "slug": saved.slug,
        "name": saved.name,
        "kind": saved.kind.value,
        "rule": saved.text,
        "version": saved.version,
        "as_shipped": saved.as_shipped,
        "why": saved.why,
        "todo": saved.todo,
        "waits_for": saved.waits,
        "edited_at": _instant(saved.edited_at),
        "archived_at": _instant(saved.archived_at),
    }


def explanation(told: Explanation) -> dict[str, Any]:
    """Why one person fits or does not, as JSON holds it; facts by key, day and type, without identifiers."""
    return {
        "person": f"p{told.person}",
        "on": told.on.isoformat(),
        "at": _instant(told.at),
        "fits": told.fits,
        "why": _why(told.why),
    }


def _why(why: Why) -> dict[str, Any]:
    span = why.span
    return {
        "rule": _text(why.rule),
        "sentence": in_words(why.rule),
        "fits": why.fits,
        "value": value(why.value),
        "since": _instant(span.since),
        "since_known": span.since_known,
        "until": _instant(span.until),
        "until_known": span.until_known,
        "facts": [
            {
                # As text: programs in JavaScript read large numbers as others.
                "key": str(each.key),
                "on": each.on.isoformat(),
                "type": each.type,
                "amount": each.amount,
                "currency": each.currency,
                "decides_alone": each.alone,
            }
            for each in why.cited
        ],
        "parts": [_why(each) for each in why.parts],
    }


def person(row: Mapping[str, Any]) -> dict[str, Any]:
    """One person and the columns asked for as JSON holds them."""
    told = {name: value(cell) for name, cell in row.items() if name != "person"}
    return {"person": f"p{row['person']}", **told}


def value(told: Any) -> Any:
    if isinstance(told, Decimal):
        return int(told) if told == told.to_integral_value() else float(told)
    return told.isoformat() if isinstance(told, date) else told


def _instant(at: datetime | None) -> str | None:
    return None if at is None else at.isoformat()


# ---------------------------------------------------------------- for people


def lines(told: Explanation, name: str) -> Iterator[str]:
    """An explanation as lines of a terminal: the answer, then each condition, then its facts."""
    days = calendar()
    said = (
        _("p%(person)s fits “%(name)s”.")
        if told.fits
        else _("p%(person)s does not fit “%(name)s”.")
    )
    yield said % {"person": told.person, "name": name}
    yield how_long(told.why.span, days)
    yield from _lines(told.why, days, 0)


def how_long(span: Span, days: ShopCalendar) -> str:
    """Since when and until when, in one sentence; what nobody can tell is said."""
    since = span.since and day_of(span.since, days)
    until = span.until and day_of(span.until, days)
    if since and span.since_known and until:
        return _("So since %(since)s, and until %(until)s if nothing happens.") % {
            "since": since,
            "until": until,
        }
    if since and span.since_known:
        if span.until_known:
            return _("So since %(since)s, and it stays so if nothing happens.") % {"since": since}
        return _("So since %(since)s; until when cannot be told.") % {"since": since}
    if until:
        return _("So until %(until)s if nothing happens; since when cannot be told.") % {
            "until": until
        }
    if span.until_known:
        return _("It stays so if nothing happens; since when cannot be told.")
    return _("Since when and until when cannot be told.")


def _lines(why: Why, days: ShopCalendar, depth: int) -> Iterator[str]:
    mark = "✓" if why.fits else "✗"
    pad = "  " * depth
    if why.parts:
        yield f"{pad}{mark} {_joint(why)}"
        for each in why.parts:
            yield from _lines(each, days, depth + 1)
        return
    shown = _shown(why.rule, why.value)
    beside = _(" (it is %(value)s)") % {"value": shown} if shown else ""
    yield f"{pad}{mark} {in_words(why.rule)}{beside}"
    if (why.span.since and why.span.since_known) or why.span.until:
        yield f"{pad}    {how_long(why.span, days)}"
    for fact in why.cited[:5]:
        yield f"{pad}    {cited(fact)}"


def _shown(rule: Rule, told: Any) -> str:
    """A leaf's value in words; nothing where the condition says it already."""
    if told is None or isinstance(told, bool):
        return ""
    kind = None
    if isinstance(rule, Compare):
        kind = ATTRIBUTES[rule.field].kind
        if kind is Kind.CHOICE:
            return str(choice(rule.field, told) or told)
    elif isinstance(rule, Measure):
        kind = kind_of(rule)
    if kind is Kind.MONEY:
        return str(to_major(int(told), the_shop().currency))
    plain = value(told)
    return f"{plain:.2f}" if isinstance(plain, float) else str(plain)


def _joint(why: Why) -> str:
    match why.rule:
        case All():
            return _("all of:")
        case AnyOf():
            return _("at least one of:")
        case Not():
            return _("not:")
        case InSegment(slug):
            return _("in “%(name)s” (%(slug)s):") % {"name": why.name, "slug": slug}
    return _text(why.rule)


def cited(each: Cited) -> str:
    """One fact in words: its day, what it was, and whether it decides."""
    told = {"day": each.on.isoformat(), "what": _fact_name(each.type)}
    if each.alone:
        return _("%(day)s %(what)s, which decides it alone") % told
    return _("%(day)s %(what)s") % told


def _fact_name(type_: str) -> str:
    from django.utils.translation import get_language

    told = fact_type(type_)
    return told.zh if (get_language() or "").startswith("zh") else told.en


def day_of(at: datetime, days: ShopCalendar) -> str:
    """A day, and the time where it is not a day's beginning."""
    day = days.day_of(at)
    if days.start_of(day) == at:
        return day.isoformat()
    return f"{days.local(at):%Y-%m-%d %H:%M}"


def caret(error: RuleError, source: str) -> list[str]:
    """The line of the rule that is wrong, and a mark below the place."""
    place = error.place
    if not place.line:
        return []
    line = source.splitlines()[place.line - 1] if source.splitlines() else ""
    before = line[: place.column - 1]
    pad = "".join("　" if _is_wide(sign) else " " for sign in before)
    width = max(1, min(place.length, len(line) - len(before)))
    return [line, f"{pad}{'^' * width}"]


def _is_wide(sign: str) -> bool:
    import unicodedata

    return unicodedata.east_asian_width(sign) in ("W", "F")


def as_csv(rows: Sequence[Mapping[str, Any]], columns: Sequence[str]) -> str:
    """A table of people; no cell is a formula."""
    out = io.StringIO()
    sheet = csv.writer(out, lineterminator="\n")
    heads = ["person", *columns]
    sheet.writerow(heads)
    for row in rows:
        sheet.writerow([f"p{row['person']}", *(_cell(row.get(name)) for name in columns)])
    return out.getvalue()


def _cell(told: Any) -> str:
    if told is None:
        return ""
    text = str(value(told))
    return f"'{text}" if isinstance(told, str) and text.startswith(FORMULA) else text


def in_words(rule: Rule) -> str:
    """A condition in words of the language that is on."""
    return clause(
        rule, Names({each.slug: each.name for each in queries.segments()}, the_shop().currency)
    )


def _text(rule: Rule) -> str:
    return print_rule(rule, the_shop().currency, queries.vocabulary_with(()))
