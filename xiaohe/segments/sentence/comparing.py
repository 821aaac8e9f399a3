"""Comparisons in words: one whole template for each operator, kind of value and its opposite."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext

from xiaohe.kernel.money import spoken
from xiaohe.segments.rules.normal import plain
from xiaohe.segments.rules.tree import Money, Op, Test, Value
from xiaohe.segments.rules.windows import Between
from xiaohe.segments.sentence import times, words

# (it is so, it is not so). `name` is what is compared.
TEMPLATES: dict[Op, tuple[Any, Any]] = {
    Op.IS: (gettext_lazy("%(name)s is %(value)s"), gettext_lazy("%(name)s is not %(value)s")),
    Op.IN: (
        gettext_lazy("%(name)s is one of these: %(values)s"),
        gettext_lazy("%(name)s is none of these: %(values)s"),
    ),
    Op.CONTAINS: (
        gettext_lazy("%(name)s contains %(value)s"),
        gettext_lazy("%(name)s does not contain %(value)s"),
    ),
    Op.STARTS: (
        gettext_lazy("%(name)s starts with %(value)s"),
        gettext_lazy("%(name)s does not start with %(value)s"),
    ),
    Op.ENDS: (
        gettext_lazy("%(name)s ends with %(value)s"),
        gettext_lazy("%(name)s does not end with %(value)s"),
    ),
    Op.MATCHES: (
        gettext_lazy("%(name)s fits the pattern %(value)s"),
        gettext_lazy("%(name)s does not fit the pattern %(value)s"),
    ),
    Op.LESS: (
        gettext_lazy("%(name)s is less than %(value)s"),
        gettext_lazy("%(name)s is not less than %(value)s"),
    ),
    Op.AT_MOST: (
        gettext_lazy("%(name)s is at most %(value)s"),
        gettext_lazy("%(name)s is not at most %(value)s"),
    ),
    Op.MORE: (
        gettext_lazy("%(name)s is more than %(value)s"),
        gettext_lazy("%(name)s is not more than %(value)s"),
    ),
    Op.AT_LEAST: (
        gettext_lazy("%(name)s is at least %(value)s"),
        gettext_lazy("%(name)s is not at least %(value)s"),
    ),
    Op.BETWEEN: (
        gettext_lazy("%(name)s is between %(low)s and %(high)s"),
        gettext_lazy("%(name)s is not between %(low)s and %(high)s"),
    ),
    Op.KNOWN: (gettext_lazy("%(name)s is known"), gettext_lazy("%(name)s is not known")),
    Op.TRUE: (gettext_lazy("%(name)s is so"), gettext_lazy("%(name)s is not so")),
    Op.WITHIN: (gettext_lazy("%(name)s is %(window)s"), gettext_lazy("%(name)s is not %(window)s")),
}
NUMBERS: dict[Op, tuple[Any, Any]] = {
    Op.IS: (
        gettext_lazy("%(name)s is exactly %(value)s"),
        gettext_lazy("%(name)s is not exactly %(value)s"),
    ),
}
DAYS: dict[Op, tuple[Any, Any]] = {
    Op.IS: (
        gettext_lazy("%(name)s is on %(value)s"),
        gettext_lazy("%(name)s is not on %(value)s"),
    ),
    Op.LESS: (
        gettext_lazy("%(name)s is before %(value)s"),
        gettext_lazy("%(name)s is not before %(value)s"),
    ),
    Op.AT_MOST: (
        gettext_lazy("%(name)s is on %(value)s or earlier"),
        gettext_lazy("%(name)s is not on %(value)s or earlier"),
    ),
    Op.MORE: (
        gettext_lazy("%(name)s is after %(value)s"),
        gettext_lazy("%(name)s is not after %(value)s"),
    ),
    Op.AT_LEAST: (
        gettext_lazy("%(name)s is on %(value)s or later"),
        gettext_lazy("%(name)s is not on %(value)s or later"),
    ),
}


# So many are said like one value.
FEW = 5


def clause(
    name: str,
    test: Test,
    *,
    is_not: bool = False,
    field: str = "",
    truths: Mapping[str, tuple[Any, Any]],
    currency: str,
) -> str:
    """`name` compared, in words. `field` is its name in rules: it knows its choices, and `truths` what it says."""
    if test.op is Op.TRUE or test.values in ((True,), (False,)):
        is_so = (test.op is Op.TRUE or test.values[0] is True) != is_not
        pair = truths.get(field)
        if pair is not None and (not test.values or isinstance(test.values[0], bool)):
            return str(pair[0 if is_so else 1])
    test = _plainly(test)
    first = test.values[0] if test.values else None
    special = (
        DAYS if isinstance(first, date) else NUMBERS if isinstance(first, Decimal | Money) else {}
    )
    template = (special.get(test.op) or TEMPLATES[test.op])[is_not]
    values = [value(each, field, currency) for each in test.values]
    said: dict[str, str] = {"name": name}
    if test.window is not None:
        said["window"] = times.window(test.window)
    if test.op is Op.BETWEEN:
        said |= {"low": values[0], "high": values[1]}
    elif test.op is Op.IN and not is_not and len(values) <= FEW:
        template, said["value"] = TEMPLATES[Op.IS][0], either(values)
    elif test.op is Op.IN:
        said["values"] = listed(values)
    elif values:
        said["value"] = values[0]
    return str(template) % said


def _plainly(test: Test) -> Test:
    """A day within fixed ends is said like one that is compared with them."""
    match test.window:
        case Between(None, last) if last is not None:
            return Test(Op.LESS, (last + timedelta(1),))
        case Between(first, None) if first is not None:
            return Test(Op.AT_LEAST, (first,))
        case Between(first, last) if first is not None and last is not None:
            return Test(Op.IS, (first,)) if first == last else Test(Op.BETWEEN, (first, last))
    return test


def value(value: Value, field: str, currency: str) -> str:
    """A value as one says it: choices by their label, texts in quotation marks."""
    match value:
        case bool():
            return pgettext("a value", "true") if value else pgettext("a value", "false")
        case Decimal() if field in words.SHARES:
            return f"{plain(value * 100):,f}%"
        case Decimal():
            return f"{value:,f}"
        case Money(minor):
            return spoken(minor, currency)
        case date():
            return times.day(value)
    label = words.choice(field, value)
    if label is None:
        return _("“%(text)s”") % {"text": value}
    return _("“%(choice)s”") % {"choice": label}


def either(values: list[str]) -> str:
    """`a, b or c`."""
    *some, last = values
    return _("%(some)s or %(last)s") % {"some": listed(some), "last": last} if some else last


def listed(values: list[str]) -> str:
    return pgettext("between the entries of a list", ", ").join(values)
