"""A draft as lines of controls: selects, fields and words, in the order in which one says it."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.kernel.money import SYMBOLS
from xiaohe.segments.rules.kinds import LOGGED, WITHOUT_FIELD, result
from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.vocabulary import Field, Kind, Vocabulary
from xiaohe.segments.rules.windows import Unit
from xiaohe.segments.sentence import words as spoken
from xiaohe.web.pages.segments import called, windows
from xiaohe.web.pages.segments.controls import Line, Option, Options, Part, Tag
from xiaohe.web.pages.segments.draft import ROOT, Draft, Is, child_id
from xiaohe.web.pages.segments.drafts import IS_NUMBER
from xiaohe.web.pages.segments.words import FOLDS, OPS, SIDES

# Chosen to write a value that is not offered.
OWN = "…"
# More than these are typed, not picked.
MOST_PICKED = 60
Known = Callable[[str, str], tuple[str, ...]]
# Of people chosen and words looked for: id, name, whether chosen.
Named = Callable[[tuple[int, ...], str], list[tuple[int, str, bool]]]


@dataclass(frozen=True)
class Drawing:
    """Lines of one shop's drafts. `known(record, field)` are values to pick from, `named(people, words)` those chosen
    and those a search finds; by place: `texts`, text forms, and
    `said`, sentences of what is whole."""

    vocabulary: Vocabulary
    known: Known
    named: Named
    segments: Mapping[str, str]
    texts: Mapping[str, str]
    said: Mapping[str, str]
    problems: Mapping[str, str]
    # Places that lack something, said or not.
    open: Collection[str] = ()

    def line(self, draft: Draft, place: str = ROOT, record: str = "") -> Line:
        below = draft.one("of") if draft.kind in (Is.MEASURE, Is.STEP) else record
        return Line(
            place=place,
            kind=draft.kind.value,
            is_not=draft.is_not,
            parts=tuple(self._parts(draft, place, record)),
            lines=tuple(
                self.line(each, child_id(place, number), below)
                for number, each in enumerate(draft.children)
            ),
            problem=self.problems.get(place, ""),
            is_open=any(each == place or each.startswith(f"{place}-") for each in self.open),
            join=draft.one("join", "all"),
            text=self.texts.get(place, ""),
            said=self.said.get(place, ""),
        )

    def _parts(self, draft: Draft, place: str, record: str) -> Iterable[Part]:
        match draft.kind:
            case Is.EVERYONE:
                yield Part(Tag.WORD, value=_("everybody the shop knows"))
            case Is.VALUE:
                yield from self._value(draft, place, record)
            case Is.MEASURE:
                yield from self._measure(draft, place)
            case Is.SEQUENCE:
                yield from self._sequence(draft, place)
            case Is.STEP:
                yield self._of(draft, place)
            case Is.BEEN:
                yield from self._been(draft, place)
            case Is.RANK:
                yield from self._rank(draft, place)
            case Is.SEGMENT:
                yield self._segment(draft, place)
            case Is.SHARE:
                yield Part(Tag.WORD, value=_("by lot, from"))
                yield _number(place, "low", _("from percent"), draft)
                yield Part(Tag.WORD, value=_("to"))
                yield _number(place, "high", _("to percent"), draft)
                yield Part(Tag.WORD, value="%")
                yield Part(Tag.HIDDEN, f"{place}:salt", value=draft.one("salt"))
            case Is.LIST:
                yield from self._list(draft, place)
            case Is.TEXT:
                label = _("The condition in words")
                yield Part(Tag.TEXT, f"{place}:text", label, draft.one("text"), wide=True)

    def _list(self, draft: Draft, place: str) -> Iterable[Part]:
        chosen = tuple(int(each) for each in draft.all("p") if each.isdecimal())
        words = draft.one("q").strip()
        told = self.named(chosen, words)
        yield Part(Tag.WORD, value=_("one of these people:"))
        if told:
            options = tuple(Option(str(person), name, is_in) for person, name, is_in in told)
            yield Part(Tag.CHECKS, f"{place}:p", _("Who"), groups=(Options(options),))
        elif words:
            yield Part(Tag.WORD, value=_("Nobody is called that."))
        label = _("Name, phone or order number")
        yield Part(Tag.TEXT, f"{place}:q", label, words, button=_("Look for them"))

    # ---- an attribute, or a field of a record ----
    def _value(self, draft: Draft, place: str, record: str) -> Iterable[Part]:
        kind = self.vocabulary.records.get(record)
        fields = kind.fields if kind else self.vocabulary.attributes
        name = draft.one("field")
        groups = called.fields(_listed(fields, name)) if record else called.attributes(fields)
        yield _select(place, "field", _("What about them"), _chosen(groups, name), shapes=True)
        if (told := fields.get(name)) is not None:
            yield from self._test(draft, place, told, record)

    def _test(
        self, draft: Draft, place: str, told: Field, record: str, of: str = windows.OF_RECORDS
    ) -> Iterable[Part]:
        ops = OPS[told.kind]
        if of == windows.OF_RESULT:
            # Whether there is a sum at all is what counting says.
            ops = {name: words for name, words in ops.items() if name != Op.KNOWN.value}
        if not ops:
            return
        op = draft.one("op") or next(iter(ops))
        shown = Op.IN.value if told.kind is Kind.CHOICE and op == Op.IS.value else op
        offered = {**ops, **({} if shown in ops else {shown: shown})}
        yield _select(place, "op", _("How it is compared"), _options(offered, shown), shapes=True)
        if op == Op.KNOWN.value:
            return
        if op == Op.WITHIN.value:
            choices = windows.AHEAD if told.kind is Kind.RECURRING else _both_ways()
            yield from self._window(draft, place, choices, of)
            return
        yield from self._operand(draft, place, told, record, shown)

    def _operand(
        self, draft: Draft, place: str, told: Field, record: str, op: str
    ) -> Iterable[Part]:
        given = draft.all("v")
        if told.kind is Kind.CHOICE:
            yield _choices(place, told, given)
            return
        if told.kind in (Kind.DAY, Kind.RECURRING):
            yield Part(Tag.DATE, f"{place}:v", _("Day"), draft.one("v"))
            return
        if told.kind in (Kind.NUMBER, Kind.MONEY) or op == IS_NUMBER or op in _NUMERIC_OPS:
            yield from self._numbers(draft, place, told, op)
            return
        known = self.known(record, told.name)
        if op == Op.IN.value:
            options = [Option(each, each, True) for each in given if each]
            options += [Option(each, each) for each in known if each not in given]
            yield Part(Tag.CHECKS, f"{place}:v", _("Which"), groups=(Options(tuple(options)),))
            yield Part(Tag.TEXT, f"{place}:v", _("Another one"), known=())
            return
        yield self._text(place, draft.one("v"), op, known)

    def _text(self, place: str, value: str, op: str, known: tuple[str, ...]) -> Part:
        is_picked = op == Op.IS.value and 0 < len(known) <= MOST_PICKED and value != OWN
        if not is_picked:
            written = "" if value == OWN else value
            return Part(Tag.TEXT, f"{place}:v", _("Value"), written, known=known[:MOST_PICKED])
        offered = known if not value or value in known else (value, *known)
        options = [Option("", _("choose …"), not value)]
        options += [Option(each, each, each == value) for each in offered]
        options.append(Option(OWN, _("write one …")))
        return _select(place, "v", _("Value"), (Options(tuple(options)),))

    def _numbers(self, draft: Draft, place: str, told: Field, op: str) -> Iterable[Part]:
        symbol = SYMBOLS.get(self.vocabulary.currency, self.vocabulary.currency)
        money = told.kind is Kind.MONEY
        given = (*draft.all("v"), "", "")
        for number in range(2 if op == Op.BETWEEN.value else 1):
            if number:
                yield Part(Tag.WORD, value=_("and"))
            if money:
                yield Part(Tag.WORD, value=symbol)
            yield Part(Tag.NUMBER, f"{place}:v", _("Number"), given[number])

    # ---- what they did ----
    def _measure(self, draft: Draft, place: str) -> Iterable[Part]:
        of = draft.one("of")
        yield self._of(draft, place)
        kind = self.vocabulary.records.get(of)
        if kind is None:
            return
        yield from self._window(draft, place, windows.PAST)
        fold = Fold(draft.one("fold") or Fold.COUNT.value)
        folds = {each.value: words for each, words in FOLDS.items()}
        name = draft.one("field")
        told = result(fold, kind.fields.get(name))
        times = fold is Fold.COUNT
        if not times:
            yield _select(
                place, "fold", _("What is made of it"), _options(folds, fold.value), shapes=True
            )
        if fold not in WITHOUT_FIELD:
            groups = called.fields(_foldable(fold, _listed(kind.fields, name)))
            yield _select(place, "field", _("Of what"), _chosen(groups, name), shapes=True)
        if told is not None:
            yield from self._test(draft, place, told, of, windows.OF_RESULT)
        if times:
            yield _select(
                place, "fold", _("What is made of it"), _options(folds, fold.value), shapes=True
            )

    def _sequence(self, draft: Draft, place: str) -> Iterable[Part]:
        yield Part(Tag.WORD, value=_("one after the other within"))
        yield _number(place, "within", _("Within"), draft)
        units = {
            unit.value: words
            for unit, words in windows.PAST_UNITS.items()
            if unit in (Unit.HOURS, Unit.DAYS, Unit.WEEKS)
        }
        yield _select(place, "unit", _("Unit"), _options(units, draft.one("unit")))
        yield Part(Tag.WORD, value=_("begun"))
        yield from self._window(draft, place, windows.PAST)

    def _of(self, draft: Draft, place: str) -> Part:
        groups = _chosen(called.records(self.vocabulary.records), draft.one("of"))
        return _select(place, "of", _("What happened"), groups, shapes=True)

    def _been(self, draft: Draft, place: str) -> Iterable[Part]:
        fields = {
            name: self.vocabulary.attributes[name]
            for name in LOGGED
            if name in self.vocabulary.attributes
        }
        name = draft.one("field")
        groups = _chosen(called.attributes(fields), name)
        if self.segments:
            groups = (*groups, Options((Option("", _("in a segment"), not name),)))
        yield _select(place, "field", _("What about them"), groups, shapes=True)
        told = fields.get(name)
        if told is None:
            yield self._segment(draft, place)
        elif told.choices:
            yield _choices(place, told, draft.all("v"))
        else:
            so = {"true": _("is so"), "false": _("is not so")}
            yield _select(place, "v", _("Which"), _options(so, draft.one("v")))
        yield Part(Tag.WORD, value=_("for"))
        yield _number(place, "days", _("Days"), draft)
        yield Part(Tag.WORD, value=_("days now"))

    def _rank(self, draft: Draft, place: str) -> Iterable[Part]:
        numbers = {
            name: each
            for name, each in self.vocabulary.attributes.items()
            if each.kind in (Kind.NUMBER, Kind.MONEY)
        }
        yield Part(Tag.WORD, value=_("by"))
        groups = _chosen(called.attributes(numbers), draft.one("field"))
        yield _select(place, "field", _("By what"), groups)
        side = draft.one("side", "top")
        yield _select(place, "side", _("Which end"), _options(SIDES, side), shapes=True)
        if side == "range":
            yield _number(place, "low", _("from percent"), draft)
            yield Part(Tag.WORD, value=_("and"))
        yield _number(place, "high", _("Percent"), draft)
        yield Part(Tag.WORD, value=_("percent of"))
        texts = {
            name: _("those of the same “%(name)s”") % {"name": spoken.attribute(name)}
            for name, each in self.vocabulary.attributes.items()
            if each.kind in (Kind.TEXT, Kind.CHOICE)
        }
        yield _select(
            place,
            "per",
            _("Of whom"),
            _options({"": _("the whole shop"), **texts}, draft.one("per")),
        )

    def _segment(self, draft: Draft, place: str) -> Part:
        slug = draft.one("slug")
        return _select(
            place, "slug", _("Segment"), _options({"": _("choose …"), **self.segments}, slug)
        )

    def _window(
        self, draft: Draft, place: str, choices: Mapping[str, Any], of: str = windows.OF_RECORDS
    ) -> Iterable[Part]:
        window = draft.one(of) or next(iter(choices))
        offered = choices if window in choices else {window: window, **choices}
        yield _select(place, of, _("When"), _options(offered, window), shapes=True)
        if window in ("last", "next"):
            units = windows.PAST_UNITS if window == "last" else windows.NEXT_UNITS
            yield _number(place, f"{of}n", _("How many"), draft)
            words = {unit.value: word for unit, word in units.items()}
            yield _select(place, f"{of}u", _("Unit"), _options(words, draft.one(f"{of}u", "days")))
        elif window == "ago":
            yield _number(place, f"{of}far", _("Days ago, from"), draft)
            yield Part(Tag.WORD, value=_("to"))
            yield _number(place, f"{of}near", _("Days ago, to"), draft)
            yield Part(Tag.WORD, value=_("days ago"))
        elif window == "dates":
            yield _date(place, f"{of}from", _("First day"), draft)
            yield Part(Tag.WORD, value=_("to"))
            yield _date(place, f"{of}to", _("Last day"), draft)


_NUMERIC_OPS = frozenset(
    each.value for each in (Op.LESS, Op.AT_MOST, Op.MORE, Op.AT_LEAST, Op.BETWEEN)
)


def _both_ways() -> dict[str, Any]:
    return {**windows.PAST, **windows.AHEAD}


def _listed(fields: Mapping[str, Field], chosen: str) -> dict[str, Field]:
    """The fields there are, and the one that is asked for: a property of the shop's own events is in no list."""
    return {name: fields[name] for name in (*fields, chosen) if name in fields}


def _foldable(fold: Fold, fields: Mapping[str, Field]) -> dict[str, Field]:
    return {name: each for name, each in fields.items() if result(fold, each) is not None}


def _select(
    place: str, name: str, label: str, groups: tuple[Options, ...], *, shapes: bool = False
) -> Part:
    return Part(Tag.SELECT, f"{place}:{name}", label, groups=groups, shapes=shapes)


def _choices(place: str, told: Field, given: tuple[str, ...]) -> Part:
    options = [Option(each, called.choice(told.name, each), each in given) for each in told.choices]
    return Part(Tag.CHECKS, f"{place}:v", _("Which"), groups=(Options(tuple(options)),))


def _number(place: str, name: str, label: str, draft: Draft) -> Part:
    return Part(Tag.NUMBER, f"{place}:{name}", label, draft.one(name))


def _date(place: str, name: str, label: str, draft: Draft) -> Part:
    return Part(Tag.DATE, f"{place}:{name}", label, draft.one(name))


def _options(words: Mapping[str, Any], chosen: str) -> tuple[Options, ...]:
    return (Options(tuple(Option(name, said, name == chosen) for name, said in words.items())),)


def _chosen(groups: Iterable[Options], chosen: str) -> tuple[Options, ...]:
    """The groups with one option chosen; in front a choice of none, while nothing is chosen."""
    found = tuple(
        Options(
            tuple(Option(o.value, o.label, o.value == chosen) for o in group.options), group.label
        )
        for group in groups
    )
    if any(option.chosen for group in found for option in group.options):
        return found
    return (Options((Option("", _("choose …"), True),)), *found)
