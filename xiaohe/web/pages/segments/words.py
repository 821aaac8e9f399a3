"""How the builder's controls are called: comparisons, folds, units. Names of what rules speak of are in `called`."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.web.pages.segments.drafts import IS_FALSE, IS_NUMBER, IS_TRUE

TEXT_OPS: dict[str, Any] = {
    Op.IS.value: _("is"),
    Op.IN.value: _("is one of"),
    Op.CONTAINS.value: _("contains"),
    Op.STARTS.value: _("begins with"),
    Op.ENDS.value: _("ends with"),
    Op.MATCHES.value: _("fits the pattern"),
    Op.KNOWN.value: _("is known at all"),
}
NUMBER_OPS: dict[str, Any] = {
    Op.AT_LEAST.value: _("at least"),
    Op.AT_MOST.value: _("at most"),
    Op.IS.value: _("exactly"),
    Op.MORE.value: _("more than"),
    Op.LESS.value: _("less than"),
    Op.BETWEEN.value: _("between"),
    Op.IN.value: _("is one of"),
    Op.KNOWN.value: _("is known at all"),
}
# Of a property as stated, `is` compares text, and this one the number it reads as.
STATED_NUMBER_OPS = {**NUMBER_OPS, IS_NUMBER: NUMBER_OPS[Op.IS.value]}
DAY_OPS: dict[str, Any] = {
    Op.WITHIN.value: _("lies"),
    Op.IS.value: _("is the day"),
    Op.AT_MOST.value: _("is at the latest"),
    Op.AT_LEAST.value: _("is at the earliest"),
    Op.LESS.value: _("is before"),
    Op.MORE.value: _("is after"),
    Op.BETWEEN.value: _("lies between"),
    Op.IN.value: _("is one of"),
    Op.KNOWN.value: _("is known at all"),
}
CHOICE_OPS: dict[str, Any] = {Op.IN.value: _("is"), Op.KNOWN.value: _("is known at all")}
OPS: dict[Kind, dict[str, Any]] = {
    Kind.TEXT: TEXT_OPS,
    Kind.STATED: {
        **TEXT_OPS,
        **{name: words for name, words in STATED_NUMBER_OPS.items() if name not in TEXT_OPS},
        IS_TRUE: _("is “true”"),
        IS_FALSE: _("is “false”"),
    },
    Kind.NUMBER: NUMBER_OPS,
    Kind.MONEY: NUMBER_OPS,
    Kind.CHOICE: CHOICE_OPS,
    Kind.DAY: DAY_OPS,
    Kind.RECURRING: {name: DAY_OPS[name] for name in (Op.WITHIN.value, Op.KNOWN.value)},
    Kind.TRUTH: {},
}
FOLDS: dict[Fold, Any] = {
    Fold.COUNT: pgettext_lazy("so many", "times"),
    Fold.SUM: _("in all, of"),
    Fold.AVERAGE: _("on average, of"),
    Fold.MAX: _("at most ever, of"),
    Fold.MIN: _("at least ever, of"),
    Fold.DISTINCT: _("how many different, of"),
    Fold.FIRST: _("the first, of"),
    Fold.LAST: _("the latest, of"),
    Fold.DAYS_SINCE_LAST: _("days since the latest"),
    Fold.DAYS_SINCE_FIRST: _("days since the first"),
}
# Of a truth that is to be known: by taps one says it, or not; only a rule that was written says more.
TRUTHS: dict[str, Any] = {IS_TRUE: _("is so"), IS_FALSE: _("is not so")}
SIDES = {"top": _("among the top"), "bottom": _("among the bottom"), "range": _("between")}
