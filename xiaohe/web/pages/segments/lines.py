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
from xiaohe.web.pages.segments import called, made, windows
from xiaohe.web.pages.segments.controls import Line, Option, Options, Part, Tag
from xiaohe.web.pages.segments.draft import ROOT, Draft, Is, child_id
from xiaohe.web.pages.segments.drafts import IS_FALSE, IS_NUMBER, IS_TRUE
from xiaohe.web.pages.segments.words import FOLDS, OPS, SIDES, TRUTHS

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
    and those a search finds; by place: `said`, sentences of what is whole."""

    vocabulary: Vocabulary
    known: Known
    named: Named
    segments: Mapping[str, str]
    said: Mapping[str, str]
    problems: Mapping[str, str]
    # Places that lack something, said or not.
    open: Collection[str] = ()

    def line(self, draft: Draft, place: str = ROOT, record: str = "", deep: int = 0) -> Line:
        """`record`, `deep`: of a detail of what it is one, and in how many brackets."""
        below = draft.one("of") if draft.kind in (Is.MEASURE, Is.STEP) else record
        deep += bool(record) and draft.kind is Is.GROUP
        return Line(
            place=place,
            kind=draft.kind.value,
            is_not=draft.is_not,
            parts=tuple(self._parts(draft, place, record)),
            lines=tuple(
                self.line(each, child_id(place, number), below, deep)
                for number, each in enumerate(draft.children)
            ),
            problem=self.problems.get(place, ""),
            is_open=any(each == place or each.startswith(f"{place}-") for each in self.open),
            join=draft.one("join", "all"),
            deep=deep,
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
                yield made.number(place, "low", _("from percent"), draft)
                yield Part(Tag.WORD, value=_("to"))
                yield made.number(place, "high", _("to percent"), draft)
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
        groups = called.fields(made.listed(fields, name)) if record else called.attributes(fields)
        yield made.select(
            place, "field", _("What about them"), made.chosen(groups, name), shapes=True
        )
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
            if draft.one("op") in TRUTHS:
                label = _("How it is compared")
                yield made.select(place, "op", label, made.options(TRUTHS, draft.one("op")))
            return
        op = draft.one("op") or next(iter(ops))
        shown = made.op_shown(told.kind, op)
        offered = {**ops, **({} if shown in ops else {shown: shown})}
        yield made.select(
            place, "op", _("How it is compared"), made.options(offered, shown), shapes=True
        )
        if op in (Op.KNOWN.value, IS_TRUE, IS_FALSE):
            return
        if op == Op.WITHIN.value:
            choices = made.both_ways()
            if told.kind is Kind.RECURRING:
                # A day that comes back is looked for ahead first.
                choices = {**windows.AHEAD, **choices}
                del choices["ever"]
            yield from self._window(draft, place, choices, of, of_days=True)
            return
        yield from self._operand(draft, place, told, record, shown)

    def _operand(
        self, draft: Draft, place: str, told: Field, record: str, op: str
    ) -> Iterable[Part]:
        given = draft.all("v")
        if told.kind is Kind.CHOICE:
            yield from made.choices(place, told, given)
            return
        if op == Op.IN.value:
            yield from self._list_of_values(given, place, told, record)
            return
        if told.kind is Kind.DAY:
            first, last = (*given, "", "")[:2]
            yield Part(Tag.DATE, f"{place}:v", _("Day"), first)
            if op == Op.BETWEEN.value:
                yield Part(Tag.WORD, value=_("and"))
                yield Part(Tag.DATE, f"{place}:v", _("Day"), last)
            return
        if told.kind in (Kind.NUMBER, Kind.MONEY) or op == IS_NUMBER or op in made.NUMERIC_OPS:
            yield from self._numbers(draft, place, told, op)
            return
        yield self._text(place, told.name, draft.one("v"), op, self.known(record, told.name))

    def _list_of_values(
        self, given: tuple[str, ...], place: str, told: Field, record: str
    ) -> Iterable[Part]:
        """Those chosen, those the shop knows, and a field for another one; a stated property has one for numbers, too."""
        tag = made.TYPED_AS.get(told.kind, Tag.TEXT)
        known = self.known(record, told.name) if tag is Tag.TEXT else ()
        options = [
            Option(each, made.listed_as(told.name, each), True)
            for each in dict.fromkeys(given)
            if each
        ]
        options += [
            Option(each, called.choice(told.name, each)) for each in known if each not in given
        ]
        if options:
            yield Part(Tag.CHECKS, f"{place}:v", _("Which"), groups=(Options(tuple(options)),))
        if told.kind is Kind.MONEY:
            symbol = SYMBOLS.get(self.vocabulary.currency, self.vocabulary.currency)
            yield Part(Tag.WORD, value=symbol)
        yield Part(tag, f"{place}:v", _("Another one"), known=())
        if told.kind is Kind.STATED:
            yield Part(Tag.WORD, value=_("or the number"))
            yield Part(Tag.NUMBER, f"{place}:vn", _("Another number"))

    def _text(self, place: str, name: str, value: str, op: str, known: tuple[str, ...]) -> Part:
        is_picked = op == Op.IS.value and 0 < len(known) <= MOST_PICKED and value != OWN
        if not is_picked:
            written = "" if value == OWN else value
            return Part(Tag.TEXT, f"{place}:v", _("Value"), written, known=known[:MOST_PICKED])
        offered = known if not value or value in known else (value, *known)
        options = [Option("", _("choose …"), not value)]
        options += [Option(each, called.choice(name, each), each == value) for each in offered]
        options.append(Option(OWN, _("write one …")))
        return made.select(place, "v", _("Value"), (Options(tuple(options)),))

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
            yield made.select(
                place, "fold", _("What is made of it"), made.options(folds, fold.value), shapes=True
            )
        if fold not in WITHOUT_FIELD:
            groups = called.fields(made.foldable(fold, made.listed(kind.fields, name)))
            yield made.select(place, "field", _("Of what"), made.chosen(groups, name), shapes=True)
        if told is not None:
            yield from self._test(draft, place, told, of, windows.OF_RESULT)
        if times:
            yield made.select(
                place, "fold", _("What is made of it"), made.options(folds, fold.value), shapes=True
            )

    def _sequence(self, draft: Draft, place: str) -> Iterable[Part]:
        yield Part(Tag.WORD, value=_("one after the other within"))
        yield made.number(place, "within", _("Within"), draft)
        units = {
            unit.value: words
            for unit, words in windows.PAST_UNITS.items()
            if unit in (Unit.HOURS, Unit.DAYS, Unit.WEEKS)
        }
        yield made.select(place, "unit", _("Unit"), made.options(units, draft.one("unit")))
        yield Part(Tag.WORD, value=_("begun"))
        yield from self._window(draft, place, windows.PAST)

    def _of(self, draft: Draft, place: str) -> Part:
        groups = made.chosen(called.records(self.vocabulary.records), draft.one("of"))
        return made.select(place, "of", _("What happened"), groups, shapes=True)

    def _been(self, draft: Draft, place: str) -> Iterable[Part]:
        fields = {
            name: self.vocabulary.attributes[name]
            for name in LOGGED
            if name in self.vocabulary.attributes
        }
        name = draft.one("field")
        groups = made.chosen(called.attributes(fields), name)
        if self.segments:
            groups = (*groups, Options((Option("", _("in a segment"), not name),)))
        yield made.select(place, "field", _("What about them"), groups, shapes=True)
        told = fields.get(name)
        if told is None:
            yield self._segment(draft, place)
        elif told.choices:
            yield from made.choices(place, told, draft.all("v"))
        else:
            so = {"true": _("is so"), "false": _("is not so")}
            yield made.select(place, "v", _("Which"), made.options(so, draft.one("v")))
        yield Part(Tag.WORD, value=_("for"))
        yield made.number(place, "days", _("Days"), draft)
        yield Part(Tag.WORD, value=_("days now"))

    def _rank(self, draft: Draft, place: str) -> Iterable[Part]:
        numbers = {
            name: each
            for name, each in self.vocabulary.attributes.items()
            if each.kind in (Kind.NUMBER, Kind.MONEY)
        }
        yield Part(Tag.WORD, value=_("by"))
        groups = made.chosen(called.attributes(numbers), draft.one("field"))
        yield made.select(place, "field", _("By what"), groups)
        side = draft.one("side", "top")
        yield made.select(place, "side", _("Which end"), made.options(SIDES, side), shapes=True)
        if side == "range":
            yield made.number(place, "low", _("from percent"), draft)
            yield Part(Tag.WORD, value=_("and"))
        yield made.number(place, "high", _("Percent"), draft)
        yield Part(Tag.WORD, value=_("percent of"))
        texts = {
            name: _("those of the same “%(name)s”") % {"name": spoken.attribute(name)}
            for name, each in self.vocabulary.attributes.items()
            if each.kind in (Kind.TEXT, Kind.CHOICE)
        }
        yield made.select(
            place,
            "per",
            _("Of whom"),
            made.options({"": _("the whole shop"), **texts}, draft.one("per")),
        )

    def _segment(self, draft: Draft, place: str) -> Part:
        slug = draft.one("slug")
        return made.select(
            place, "slug", _("Segment"), made.options({"": _("choose …"), **self.segments}, slug)
        )

    def _window(
        self,
        draft: Draft,
        place: str,
        choices: Mapping[str, Any],
        of: str = windows.OF_RECORDS,
        *,
        of_days: bool = False,
    ) -> Iterable[Part]:
        window = draft.one(of) or next(iter(choices))
        offered = choices if window in choices else {window: window, **choices}
        yield made.select(place, of, _("When"), made.options(offered, window), shapes=True)
        if window in ("last", "next"):
            ahead = window == "next" or of_days
            units = windows.NEXT_UNITS if ahead else windows.PAST_UNITS
            yield made.number(place, f"{of}n", _("How many"), draft)
            words = {unit.value: word for unit, word in units.items()}
            yield made.select(
                place, f"{of}u", _("Unit"), made.options(words, draft.one(f"{of}u", "days"))
            )
        elif window == "ago":
            yield made.number(place, f"{of}far", _("Days ago, from"), draft)
            yield Part(Tag.WORD, value=_("to"))
            yield made.number(place, f"{of}near", _("Days ago, to"), draft)
            yield Part(Tag.WORD, value=_("days ago"))
        elif window == "dates":
            yield made.date(place, f"{of}from", _("First day"), draft)
            yield Part(Tag.WORD, value=_("to"))
            yield made.date(place, f"{of}to", _("Last day"), draft)
