"""The segments of one person, and why they are in one: conditions, values, deciding facts, since when, until when."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from functools import partial

from django.utils.translation import gettext as _

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.errors import NotFound
from xiaohe.ledger.instants import from_us
from xiaohe.people import names, overlay
from xiaohe.segments import explain, queries, state
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.explain import Why
from xiaohe.segments.listing import cited, how_long, in_words
from xiaohe.segments.models import Kind
from xiaohe.segments.rules.tree import All, AnyOf, Compare, InSegment, Not, Op, Rule, Test
from xiaohe.segments.rules.vocabulary import Kind as Of
from xiaohe.segments.sentence import words
from xiaohe.segments.sentence.meanings import Meaning
from xiaohe.shop.queries import calendar
from xiaohe.web.pages import people
from xiaohe.web.pages.segments import called, listing, saying, table
from xiaohe.web.templatetags.xiaohe import shop_day

# What stands beside the segments, each with its reason.
STANDING = ("stage", "tier", "trust", "need", "means")
MOST_FACTS = 5
# Of more lines each is folded.
MOST_OPEN = 5


@dataclass(frozen=True)
class Membership:
    slug: str
    name: str
    since: str


@dataclass(frozen=True)
class Standing:
    """An attribute of the person, and the word that asks why."""

    name: str
    label: str
    value: str


@dataclass(frozen=True)
class Segments:
    person: int
    name: str
    standing: tuple[Standing, ...]
    memberships: tuple[Membership, ...]
    # Rules behind tags.
    tags: tuple[Membership, ...]


@dataclass(frozen=True)
class Line:
    """One condition: whether it fits, what it was compared with, and the facts that decide."""

    fits: bool
    said: str
    value: str
    facts: tuple[str, ...]
    depth: int
    # With what stands in its brackets, for where those are folded.
    whole: str


@dataclass(frozen=True)
class Condition:
    """One line of the rule, and what stands in its brackets."""

    line: Line
    below: tuple[Line, ...]

    @property
    def has_more(self) -> bool:
        return bool(self.below or self.line.facts)


@dataclass(frozen=True)
class Reason:
    person: int
    name: str
    sentence: str
    how_long: str
    conditions: tuple[Condition, ...]
    slug: str
    # What the words of the rule mean, with their cut values.
    meanings: tuple[Meaning, ...]

    @property
    def folds(self) -> bool:
        """So much that each condition shows its facts only when it is opened."""
        return sum(1 + len(each.below) for each in self.conditions) > MOST_OPEN


def of(person: int, now: datetime) -> Segments:
    """Every segment and every rule behind a tag that has them, and where they stand."""
    person = overlay.current().person(person)
    standing, today = state.current(now), calendar().day_of(now)
    found: dict[bool, list[Membership]] = {True: [], False: []}
    groups = listing.tag_groups()
    for each in queries.segments():
        if each.slug not in standing.generation.rules:
            continue
        if standing.contains(person, InSegment(each.slug)):
            since = state.since(each.slug, person)
            first = from_us(standing.generation.rules[each.slug].first_us)
            said = _since(since, today, is_first=since <= first) if since else ""
            name = listing.named(each, groups)
            found[each.kind == Kind.TAG].append(Membership(each.slug, name, said))
    return Segments(
        person,
        _name(person),
        tuple(_standing(person, now)),
        tuple(found[False]),
        tuple(found[True]),
    )


def _standing(person: int, now: datetime) -> Iterator[Standing]:
    standing = state.current(now)
    rows = standing.rows([person], STANDING).to_pylist()
    for name in STANDING:
        value = rows[0][name] if rows else None
        if value is not None:
            said = table.said(name, value, standing.generation.traits.currency, standing.on)
            yield Standing(name, called.head(name), said)


def why(person: int, asked: str, now: datetime) -> Reason:
    """Why somebody is in a segment (its slug), or stands as they do (one of STANDING)."""
    person = overlay.current().person(person)
    if asked in STANDING:
        rule, slug = _rule_of(person, asked, now), ""
        sentence = _why_so(person, asked, now)
    else:
        saved = queries.segment(asked)
        rule, slug = saved.rule, saved.slug
        sentence = (
            _("%(name)s is in “%(segment)s”.")
            if state.current(now).contains(person, rule)
            else _("%(name)s is not in “%(segment)s”.")
        )
        sentence = sentence % {"name": _name(person), "segment": saved.name}
    told = explain.explain(person, rule, now)
    today = calendar().day_of(now)
    span = how_long(told.why.span, calendar(), partial(_instant, today))
    return Reason(
        person,
        _name(person),
        sentence,
        span,
        tuple(_conditions(list(_lines(told.why, 0, today)))),
        slug,
        saying.meanings(rule, state.current(now)),
    )


def _conditions(lines: list[Line]) -> Iterator[Condition]:
    """Lines by the condition to which they belong; below a joint at the top each of its parts is one."""
    level = 1 if len([each for each in lines if not each.depth]) == 1 and len(lines) > 1 else 0
    tops = [number for number, each in enumerate(lines) if each.depth <= level]
    for start, end in zip(tops, [*tops[1:], len(lines)], strict=True):
        yield Condition(lines[start], tuple(lines[start + 1 : end]))


def _why_so(person: int, name: str, now: datetime) -> str:
    """The question that is answered: why somebody stands where they do."""
    value = next((each.value for each in _standing(person, now) if each.name == name), "")
    told = {"name": _name(person), "label": words.attribute(name), "value": value}
    return _("Why %(label)s is “%(value)s” for %(name)s") % told


def _rule_of(person: int, name: str, now: datetime) -> Rule:
    rows = state.current(now).rows([person], [name]).to_pylist()
    value = rows[0][name] if rows else None
    if value is None:
        raise NotFound("unknown", _("That is not known of them."))
    if ATTRIBUTES[name].kind is Of.NUMBER:
        return Compare(name, Test(Op.AT_LEAST, (Decimal(str(value)),)))
    return Compare(name, Test(Op.IS, (value,)))


def _lines(told: Why, depth: int, today: date) -> Iterator[Line]:
    inner = told.parts[0] if isinstance(told.rule, Not) and told.parts else None
    if inner is not None and not inner.parts:
        # “They did not” is one line, decided by what decides whether they did.
        yield _line(told, inner, depth, today)
        return
    if told.parts:
        head = {
            All: _("all of this:"),
            AnyOf: _("at least one of these:"),
            Not: _("not:"),
        }.get(type(told.rule), in_words(told.rule))
        if depth or not isinstance(told.rule, All):
            yield Line(told.fits, head, "", (), depth, in_words(told.rule))
            depth += 1
        for each in told.parts:
            yield from _lines(each, depth, today)
        return
    yield _line(told, told, depth, today)


def _line(told: Why, decides: Why, depth: int, today: date) -> Line:
    facts = tuple(cited(each, partial(_day, today)) for each in decides.cited[:MOST_FACTS])
    said, value = in_words(told.rule), _value(decides)
    # What the condition says already is not said again.
    return Line(told.fits, said, "" if value in said else value, facts, depth, said)


def _value(told: Why) -> str:
    if told.value is None:
        return ""
    rule = told.rule.rule if isinstance(told.rule, Not) else told.rule
    if isinstance(rule, Compare) and rule.field in ATTRIBUTES:
        standing = state.generation.newest()
        currency = standing.traits.currency if standing else "CNY"
        on = standing.on if standing else told.value
        return table.said(rule.field, told.value, currency, on)
    return str(told.value)


def _since(at: datetime, today: date, *, is_first: bool) -> str:
    """`is_first`: they were there when the segment was filled first; nothing earlier was written down."""
    told = {"day": shop_day(calendar().day_of(at), today)}
    return _("at least since %(day)s") % told if is_first else _("since %(day)s") % told


def _day(today: date, day: date) -> str:
    return str(shop_day(day, today))


def _instant(today: date, at: datetime, days: ShopCalendar) -> str:
    """A day as pages say it, and the time where it is not a day's beginning."""
    day = days.day_of(at)
    if days.start_of(day) == at:
        return _day(today, day)
    return f"{_day(today, day)} {days.local(at):%H:%M}"


def _name(person: int) -> str:
    return people.name_of(names.display([person]), person)
