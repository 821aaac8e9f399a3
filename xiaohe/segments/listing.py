"""Segments and explanations for programs and terminals: plain values, and lines that can be read aloud."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
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
from xiaohe.segments.explain.timeline import Gap, Span
from xiaohe.segments.query.additive import kind_of
from xiaohe.segments.rules.errors import RuleError
from xiaohe.segments.rules.tree import All, AnyOf, Compare, InSegment, Measure, Not, Rank, Rule
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.saved import Saved
from xiaohe.segments.sentence import Names, clause
from xiaohe.segments.sentence.words import choice
from xiaohe.segments.state import logged
from xiaohe.segments.state.changes import JOINED, TIME
from xiaohe.segments.text import print_rule
from xiaohe.shop.queries import calendar, the_shop

# Told in percent.
SHARES = frozenset({"chance", "promo_share", "refund_share"})
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
        # Why it cannot be told, and how far ahead it can.
        "since_gap": span.since_gap,
        "until_gap": span.until_gap,
        "sure_until": _instant(span.sure_until),
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


def how_long(
    span: Span,
    days: ShopCalendar,
    day: Callable[[datetime, ShopCalendar], str] | None = None,
) -> str:
    """Since when and until when, in one or two sentences; of what nobody can tell the reason is said.

    `day` is how an instant is said; a terminal says it as programs write it.
    """
    say = day or day_of
    since = say(span.since, days) if span.since else None
    until = say(span.until, days) if span.until else None
    if since and span.since_known and until:
        return _("So since %(since)s, and until %(until)s if nothing happens.") % {
            "since": since,
            "until": until,
        }
    if since and span.since_known and span.until_known:
        return _("So since %(since)s, and it stays so if nothing happens.") % {"since": since}
    if span.since_known and not since and span.until_known and not until:
        return _("It was never otherwise, and it stays so if nothing happens.")
    return _("%(since)s %(until)s") % {
        "since": _since(span, since),
        "until": _until(span, until, days, say),
    }


def _since(span: Span, since: str | None) -> str:
    if span.since_known:
        if since:
            return _("So since %(since)s.") % {"since": since}
        return _("It was never otherwise.")
    why = _why_not(span.since_gap)
    if since:
        return _("So at least since %(since)s; what was before cannot be told: %(why)s.") % {
            "since": since,
            "why": why,
        }
    return _("Since when cannot be told: %(why)s.") % {"why": why}


def _until(
    span: Span,
    until: str | None,
    days: ShopCalendar,
    say: Callable[[datetime, ShopCalendar], str],
) -> str:
    if until:
        return _("Until %(until)s if nothing happens.") % {"until": until}
    if span.until_known:
        return _("It stays so if nothing happens.")
    if span.sure_until is None:
        return _("Until when cannot be told: %(why)s.") % {"why": _why_not(span.until_gap)}
    sure = say(span.sure_until, days)
    if span.until_gap is Gap.HORIZON:
        return _("It stays so at least until %(until)s if nothing happens.") % {"until": sure}
    return _("It stays so until %(until)s; what comes then cannot be told: %(why)s.") % {
        "until": sure,
        "why": _why_not(span.until_gap),
    }


def _why_not(gap: Gap | None) -> str:
    return {
        Gap.SHOP: _("it hangs on how the whole shop bought then, which is not kept"),
        Gap.OTHERS: _("it hangs on what other people do"),
        Gap.LOG: _("it was so already when it began to be written down"),
        Gap.SOURCES: _("of where people come from only the first and the latest is kept"),
        Gap.RHYTHM: _("tomorrow it is reckoned anew"),
        Gap.HORIZON: _("no other days are looked at"),
        Gap.FAR: _("there are too many records before"),
    }.get(gap or Gap.ASKED, _("only a question of that very day could tell"))


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
    yield f"{pad}    {how_long(why.span, days)}"
    for fact in why.cited[:5]:
        yield f"{pad}    {cited(fact)}"


def said(name: str, told: Any) -> str:
    """What is known of somebody in words: money as it is paid, shares in percent, choices by their names."""
    if told is None:
        return ""
    kind = ATTRIBUTES[name].kind
    if kind is Kind.CHOICE:
        return str(choice(name, told) or told)
    if name in SHARES:
        return f"{float(told):.0%}"
    return _number(kind, told)


def _number(kind: Kind | None, told: Any) -> str:
    if kind is Kind.MONEY:
        return str(to_major(int(told), the_shop().currency))
    plain = value(told)
    return f"{plain:.2f}" if isinstance(plain, float) else str(plain)


def _shown(rule: Rule, told: Any) -> str:
    """A leaf's value in words; nothing where the condition says it already."""
    if told is None or isinstance(told, bool):
        return ""
    if isinstance(rule, Compare | Rank):
        return said(rule.field, told)
    return _number(kind_of(rule) if isinstance(rule, Measure) else None, told)


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


def cited(each: Cited, day: Callable[[date], str] = date.isoformat) -> str:
    """One fact in words: its day, what it was, and whether it decides."""
    if each.change is not None:
        return _changed(day(each.on), *each.change)
    told = {"day": day(each.on), "what": _fact_name(each.type)}
    if each.alone:
        return _("%(day)s %(what)s, which decides it alone") % told
    return _("%(day)s %(what)s, among others") % told


def _changed(day: str, name: str, was: str | None, now: str | None, because: str) -> str:
    """A change that was written down, with what it came from."""
    why = {
        logged.PURCHASE: _("a purchase"),
        logged.REFUND: _("money went back"),
        logged.LINK: _("a link began or ended"),
        logged.SIGNAL: _("they got in touch"),
        logged.OTHERS: _("others bought more or less"),
        TIME: _("time passed"),
        JOINED: _("two records turned out to be one person"),
    }.get(because, because)
    template = {
        "vip": _("%(day)s became a VIP: %(why)s")
        if now == "true"
        else _("%(day)s no VIP any longer: %(why)s"),
        "tier": _("%(day)s tier %(now)s, before %(was)s: %(why)s"),
    }.get(name, _("%(day)s stage %(now)s, before %(was)s: %(why)s"))
    was_said, now_said = (
        str(choice(name, each) or each) if each else _("none") for each in (was, now)
    )
    return template % {"day": day, "was": was_said, "now": now_said, "why": why}


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
