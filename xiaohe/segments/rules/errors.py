"""A rule that cannot be: where it goes wrong, why in a whole sentence, and what was probably meant."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput

# One whole sentence per way in which a rule can be wrong. `%(found)s` is what stands there, as written.
SENTENCES = {
    # The letters.
    "too_long": _("The rule is longer than %(limit)s characters; save a part of it as a segment."),
    "unknown_sign": _("“%(found)s” is no sign of the rule language."),
    "unclosed_text": _("This text is never closed: its second quotation mark is missing."),
    "unclosed_pattern": _("This pattern is never closed: its second “/” is missing."),
    "no_day": _("“%(found)s” is no day of the calendar; days are written 2026-01-31."),
    "bad_number": _("“%(found)s” is too long for a number."),
    # The shape.
    "empty": _("The rule is empty; “everyone” is everybody the shop knows."),
    "expected_rule": _("A condition belongs here, not “%(found)s”."),
    "ended": _("The rule ends too early: something is missing here."),
    "expected_word": _("The word “%(word)s” belongs here, not “%(found)s”."),
    "expected_open": _("An opening bracket “(” belongs here, not “%(found)s”."),
    "unclosed": _("This bracket is never closed."),
    "never_opened": _("This bracket closes none that is open."),
    "more": _("“%(found)s” does not go on from here; join conditions with “and” or “or”."),
    "expected_operator": _(
        "“%(name)s” must be compared: is, in, <, >= and so on, not “%(found)s”."
    ),
    "expected_value": _("A value belongs here, not “%(found)s”."),
    "expected_number": _("A number belongs here, not “%(found)s”."),
    "expected_whole": _("A whole number belongs here, not “%(found)s”."),
    "expected_day": _("A day such as 2026-01-31 belongs here, not “%(found)s”."),
    "expected_text": _("A text in quotation marks belongs here, not “%(found)s”."),
    "expected_pattern": _("A pattern such as /^A/ belongs here, not “%(found)s”."),
    "expected_name": _("A name belongs here, not “%(found)s”."),
    "expected_window": _(
        "A time such as “in last 90 days” or “in this week” belongs here, not “%(found)s”."
    ),
    "expected_person": _("A person such as p123 belongs here, not “%(found)s”."),
    "unquoted": _("Texts stand in quotation marks, so “%(found)s” needs them."),
    "unknown_unit": _(
        "“%(found)s” is no unit of time; there are hours, days, weeks, months, quarters, years and cycles."
    ),
    "plain_money": _("“%(name)s” is an amount of money, so a bare number leaves open of what."),
    "too_deep": _(
        "Conditions lie in each other more than %(limit)s deep; save a part as a segment."
    ),
    "too_many": _("There are more than %(limit)s conditions; save a part of them as a segment."),
    "too_few": _("“and” and “or” join two conditions or more."),
    # The names.
    "unknown_attribute": _("“%(found)s” is nothing that is known of people."),
    "record_as_attribute": _("“%(found)s” is something people did; say how often."),
    "unknown_record": _("“%(found)s” is nothing that happens in this shop."),
    "unknown_field": _("“%(record)s” has no field “%(found)s”; it has: %(known)s."),
    "field_missing": _(
        "Before “%(found)s” belong “where” and the field that is compared; “%(record)s” has: %(known)s."
    ),
    "unknown_choice": _("“%(name)s” is never “%(found)s”; it can be: %(known)s."),
    "unknown_segment": _("There is no segment “%(found)s”."),
    # The meaning.
    "operator_unfit": _(
        "“%(name)s” cannot be compared with “%(operator)s”; possible are: %(known)s."
    ),
    "text_needed": _("“%(name)s” is a text and is compared with one."),
    "number_needed": _("“%(name)s” is a number and is compared with one."),
    "money_needed": _("“%(name)s” is an amount of money and is compared with one."),
    "truth_needed": _("“%(name)s” is either true or false."),
    "day_needed": _("“%(name)s” is a day and is compared with one."),
    "value_needed": _("“%(name)s” is compared with a text, a number, true or false."),
    "how_many_values": _("“%(operator)s” takes another number of values."),
    "too_many_values": _("A list holds at most %(limit)s values; here are more."),
    "number_too_large": _("Numbers have at most 15 digits before the point and 6 after it."),
    "text_too_long": _("Texts have at most %(limit)s characters."),
    "text_unfit": _("This text holds signs that no text of the shop can hold."),
    "text_empty": _("This text is empty and would fit everything or nothing."),
    "day_too_far": _("Days lie between 1900-01-01 and 2199-12-31."),
    "ends_swapped": _("The first of the two is more than the second."),
    "pattern_wrong": _("This pattern cannot be read: %(why)s."),
    "pattern_unsafe": _("“%(found)s” cannot stand in a pattern: not every database reads it."),
    "whole_needed": _("“%(name)s” is a whole number from 0."),
    "window_ahead": _("What has happened does not lie ahead; a time before today belongs here."),
    "window_count": _("This length of time must be between 1 and %(limit)s."),
    "window_of_day": _(
        "Hours and cycles are for what happened; a day lies in days, weeks or months."
    ),
    "window_of_recurring": _("A day that comes back every year lies in a time near today."),
    "window_unfit": _("This is no time that a rule knows."),
    "fold_unfit": _("“%(fold)s” cannot be made of “%(name)s”."),
    "field_needed": _("“%(fold)s” is made of a field; say of which."),
    "field_unneeded": _("“%(fold)s” is made of what happened, without a field."),
    "where_unfit": _("After “where” stand comparisons of fields, joined by and, or and not."),
    "steps": _("A sequence has 2 to 6 steps."),
    "step_window": _("Steps of a sequence have no time of their own."),
    "sequence_unit": _("The steps of a sequence lie within hours, days or weeks."),
    "not_logged": _("How long “%(name)s” has been so is not written down; it is for: %(known)s."),
    "been_unfit": _("“has been” is for one value, a list of values or a segment."),
    "rank_unfit": _("“%(name)s” is no number, so nobody has a place by it."),
    "per_unfit": _("“%(name)s” does not put people in groups."),
    "percent": _("Percentages lie between 0 and 100, and the first is less than the second."),
    "person_unfit": _("Person ids are whole numbers from 0."),
    # The JSON form.
    "json_version": _("Version %(found)s of the form is unknown; this is version %(known)s."),
    "json_kind": _("“%(found)s” is no kind of condition; there are: %(known)s."),
    "json_missing": _("“%(found)s” is missing here."),
    "json_extra": _("“%(found)s” does not belong here."),
    "json_type": _("%(wanted)s belongs here."),
}
DID_YOU_MEAN = _("Did you mean %(suggestion)s?")
WITH_HINT = _("%(problem)s %(hint)s")
AT_LINE = _("Line %(line)s, column %(column)s: %(problem)s")
AT_PATH = _("At %(path)s: %(problem)s")


@dataclass(frozen=True)
class Place:
    """Where in a text (`line` and `column` from 1, `start` from 0, in characters), or where in a tree (`path`)."""

    line: int = 0
    column: int = 0
    start: int = 0
    length: int = 0
    # A JSON pointer: "/rules/0/test".
    path: str | None = None


class RuleError(BadInput):
    """`code` names the sentence; `suggestion` is what to write instead of the marked place, empty if nobody knows."""

    def __init__(
        self, code: str, *, place: Place | None = None, suggestion: str = "", **data: Any
    ) -> None:
        super().__init__(code, SENTENCES[code], **{k: _sayable(v) for k, v in data.items()})
        self.place = place or Place()
        self.suggestion = _sayable(suggestion)

    @property
    def problem(self) -> str:
        """What is wrong, in one sentence of the language that is on."""
        text = str(self.message)
        return text % self.data if self.data else text

    @property
    def hint(self) -> str:
        """The question whether the suggestion was meant; empty if there is none."""
        return str(DID_YOU_MEAN) % {"suggestion": self.suggestion} if self.suggestion else ""

    def __str__(self) -> str:
        said = self.problem
        if self.suggestion:
            said = str(WITH_HINT) % {"problem": said, "hint": self.hint}
        if self.place.line:
            where = {"line": self.place.line, "column": self.place.column}
            return str(AT_LINE) % {**where, "problem": said}
        if self.place.path is not None:
            return str(AT_PATH) % {"path": self.place.path or "/", "problem": said}
        return said


def _sayable(told: Any) -> Any:
    """Half a sign, as JSON may carry it, can be written to no terminal and into no answer."""
    return told.encode(errors="replace").decode() if isinstance(told, str) else told
