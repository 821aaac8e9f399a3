"""Does a tree speak of what there is, and does each comparison make sense? Pure.

Every part of a tree is looked at in order, and the first thing that is wrong is refused. A part is named by its path,
a JSON pointer into the JSON form (`/rules/0/test`); whoever read the tree from text gives its own places.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from xiaohe.segments.rules import testing, timing
from xiaohe.segments.rules.errors import Place, RuleError
from xiaohe.segments.rules.kinds import LOGGED, WITHOUT_FIELD, result
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
)
from xiaohe.segments.rules.vocabulary import Field, Kind, Vocabulary
from xiaohe.segments.rules.windows import EVER

DEEPEST = 32
MOST_CONDITIONS = 500
MOST_PEOPLE = 10_000
LONGEST_SALT = 100
LARGEST_ID = 2**63
STEPS = range(2, 7)


def check(
    rule: Rule,
    vocabulary: Vocabulary,
    place_of: Callable[[Any], Place] | None = None,
    *,
    path: str = "",
) -> None:
    """Raise RuleError for the first part that is wrong, at its place in the text or else at its path below `path`."""
    _Check(vocabulary, place_of).rule(rule, path, 0)


class _Check:
    def __init__(self, vocabulary: Vocabulary, place_of: Callable[[Any], Place] | None) -> None:
        self.vocabulary = vocabulary
        self.place_of = place_of
        self.conditions = 0

    def wrong(
        self, part: Any, path: str, code: str, *, suggestion: str = "", **data: Any
    ) -> RuleError:
        where = self.place_of(part) if self.place_of else Place(path=path)
        return RuleError(code, place=where, suggestion=suggestion, **data)

    # ---- people

    def rule(self, rule: Rule, path: str, depth: int) -> None:
        self._size(rule, path, depth)
        match rule:
            case All(rules) | AnyOf(rules):
                if len(rules) < 2:
                    raise self.wrong(rule, path, "too_few")
                for index, each in enumerate(rules):
                    self.rule(each, f"{path}/rules/{index}", depth + 1)
            case Not(inner):
                self.rule(inner, f"{path}/rule", depth + 1)
            case Everyone():
                pass
            case Compare(name, test):
                field = self._attribute(rule, name, f"{path}/field")
                self.test(test, field, f"{path}/test")
            case Measure():
                self._measure(rule, path, depth)
            case Sequence():
                self._sequence(rule, path, depth)
            case Been():
                self._been(rule, path)
            case Rank():
                self._rank(rule, path)
            case InSegment(slug):
                self._segment(rule, slug, f"{path}/segment")
            case Share(salt, low, high):
                self._percent(rule, low, high, path)
                if code := testing.text_problem(salt, LONGEST_SALT, may_be_empty=False):
                    raise self.wrong(rule, f"{path}/salt", code, limit=LONGEST_SALT)
            case Listed(people):
                self._listed(rule, people, f"{path}/people")

    def _size(self, rule: Rule, path: str, depth: int) -> None:
        if depth > DEEPEST:
            raise self.wrong(rule, path, "too_deep", limit=DEEPEST)
        self.conditions += not isinstance(rule, All | AnyOf | Not)
        if self.conditions > MOST_CONDITIONS:
            raise self.wrong(rule, path, "too_many", limit=MOST_CONDITIONS)

    def _attribute(self, part: Any, name: str, path: str) -> Field:
        field = self.vocabulary.attributes.get(name)
        if field is None:
            near = _nearest(name, self.vocabulary.attributes)
            raise self.wrong(part, path, "unknown_attribute", found=name, suggestion=near)
        return field

    def _segment(self, part: Any, slug: str, path: str) -> None:
        if slug not in self.vocabulary.segments:
            near = _nearest(slug, self.vocabulary.segments)
            raise self.wrong(part, path, "unknown_segment", found=slug, suggestion=near)

    def _been(self, been: Been, path: str) -> None:
        if not 1 <= been.days <= timing.LONGEST_LOG_DAYS:
            raise self.wrong(been, f"{path}/days", "window_count", limit=timing.LONGEST_LOG_DAYS)
        if isinstance(been.rule, InSegment):
            self._segment(been, been.rule.slug, f"{path}/rule/segment")
            return
        if not isinstance(been.rule, Compare) or been.rule.test.op not in (Op.IS, Op.IN, Op.TRUE):
            raise self.wrong(been, f"{path}/rule", "been_unfit")
        name = been.rule.field
        field = self._attribute(been, name, f"{path}/rule/field")
        if name not in LOGGED:
            known = ", ".join(LOGGED)
            raise self.wrong(been, f"{path}/rule/field", "not_logged", name=name, known=known)
        self.test(been.rule.test, field, f"{path}/rule/test")

    def _rank(self, rank: Rank, path: str) -> None:
        field = self._attribute(rank, rank.field, f"{path}/field")
        if field.kind not in (Kind.NUMBER, Kind.MONEY):
            raise self.wrong(rank, f"{path}/field", "rank_unfit", name=rank.field)
        self._percent(rank, rank.low, rank.high, path)
        if not rank.per:
            return
        per = self._attribute(rank, rank.per, f"{path}/per")
        if per.kind not in (Kind.TEXT, Kind.CHOICE):
            raise self.wrong(rank, f"{path}/per", "per_unfit", name=rank.per)

    def _percent(self, part: Any, low: Any, high: Any, path: str) -> None:
        for name, each in (("low", low), ("high", high)):
            if not testing.is_number(each):
                raise self.wrong(part, f"{path}/{name}", "number_too_large")
        if not 0 <= low < high <= 100:
            raise self.wrong(part, f"{path}/low", "percent")

    def _listed(self, part: Any, people: tuple[int, ...], path: str) -> None:
        if len(people) > MOST_PEOPLE:
            raise self.wrong(part, path, "too_many_values", limit=MOST_PEOPLE)
        for index, each in enumerate(people):
            if isinstance(each, bool) or not isinstance(each, int) or not 0 <= each < LARGEST_ID:
                raise self.wrong(part, f"{path}/{index}", "person_unfit")

    # ---- what they did

    def _measure(self, measure: Measure, path: str, depth: int) -> None:
        fields = self.records(measure.records, f"{path}/records", depth)
        if measure.fold in WITHOUT_FIELD and measure.field:
            raise self.wrong(measure, f"{path}/field", "field_unneeded", fold=str(measure.fold))
        if measure.fold not in WITHOUT_FIELD and not measure.field:
            raise self.wrong(measure, f"{path}/field", "field_needed", fold=str(measure.fold))
        field = fields.get(measure.field)
        if measure.field and field is None:
            raise self._no_field(measure, measure.records.of, measure.field, f"{path}/field")
        made = result(measure.fold, field)
        if made is None:
            said: dict[str, Any] = {"fold": str(measure.fold), "name": measure.field}
            raise self.wrong(measure, f"{path}/fold", "fold_unfit", **said)
        self.test(measure.test, made, f"{path}/test", measure.fold)

    def _sequence(self, sequence: Sequence, path: str, depth: int) -> None:
        if len(sequence.steps) not in STEPS:
            raise self.wrong(sequence, f"{path}/steps", "steps")
        for index, step in enumerate(sequence.steps):
            if step.window != EVER:
                raise self.wrong(step, f"{path}/steps/{index}/window", "step_window")
            self.records(step, f"{path}/steps/{index}", depth)
        if problem := timing.span_problem(sequence.within, sequence.unit):
            raise self.wrong(sequence, f"{path}/within", problem.code, **problem.data)
        if problem := timing.of_records(sequence.window):
            raise self.wrong(sequence.window, f"{path}/window", problem.code, **problem.data)

    def records(self, records: Records, path: str, depth: int) -> Mapping[str, Field]:
        """Check which records are meant; their fields."""
        kind = self.vocabulary.records.get(records.of)
        if kind is None:
            near = _nearest(records.of, self.vocabulary.records)
            raise self.wrong(
                records, f"{path}/of", "unknown_record", found=records.of, suggestion=near
            )
        if problem := timing.of_records(records.window):
            raise self.wrong(records.window, f"{path}/window", problem.code, **problem.data)
        if records.where is not None:
            self._where(records.where, kind.fields, records.of, f"{path}/where", depth + 1)
        return kind.fields

    def _where(
        self, rule: Any, fields: Mapping[str, Field], of: str, path: str, depth: int
    ) -> None:
        self._size(rule, path, depth)
        match rule:
            case All(rules) | AnyOf(rules):
                if len(rules) < 2:
                    raise self.wrong(rule, path, "too_few")
                for index, each in enumerate(rules):
                    self._where(each, fields, of, f"{path}/rules/{index}", depth + 1)
            case Not(inner):
                self._where(inner, fields, of, f"{path}/rule", depth + 1)
            case Compare(name, test):
                if name not in fields:
                    raise self._no_field(rule, of, name, f"{path}/field")
                self.test(test, fields[name], f"{path}/test")
            case _:
                raise self.wrong(rule, path, "where_unfit")

    def _no_field(self, part: Any, of: str, name: str, path: str) -> RuleError:
        fields = self.vocabulary.records[of].fields
        known, near = ", ".join(fields), _nearest(name, fields)
        return self.wrong(
            part, path, "unknown_field", record=of, found=name, known=known, suggestion=near
        )

    def test(self, test: Test, field: Field, path: str, fold: Fold | None = None) -> None:
        if problem := testing.problem_of(test, field, fold):
            part = test.window if problem.of_window and test.window else test
            raise self.wrong(
                part, path, problem.code, suggestion=problem.suggestion, **problem.data
            )


def _nearest(name: str, known: Iterable[str]) -> str:
    near = difflib.get_close_matches(str(name)[:100], list(known), 1)
    return near[0] if near else ""
