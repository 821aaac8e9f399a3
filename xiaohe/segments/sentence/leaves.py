"""One condition in words, and the same turned around."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.segments.rules.normal import plain
from xiaohe.segments.rules.tree import (
    All,
    AnyOf,
    Been,
    Compare,
    Everyone,
    Fold,
    InSegment,
    Leaf,
    Listed,
    Measure,
    Not,
    Op,
    Rank,
    Records,
    Rule,
    Sequence,
    Share,
)
from xiaohe.segments.sentence import comparing, deeds, times, words
from xiaohe.segments.sentence.names import Names
from xiaohe.segments.sentence.truths import OF_PEOPLE, OF_RECORDS

# (with a time, without one) for each way of saying how often.
ONCE = gettext_lazy("they %(did)s %(when)s"), gettext_lazy("they %(did)s")
AT_LEAST = (
    gettext_lazy("they %(did)s %(when)s, at least %(often)s"),
    gettext_lazy("they %(did)s at least %(often)s"),
)
AT_MOST = (
    gettext_lazy("they %(did)s %(when)s, but at most %(often)s or never"),
    gettext_lazy("they %(did)s at most %(often)s or never"),
)
EXACTLY = (
    gettext_lazy("they %(did)s %(when)s, exactly %(often)s"),
    gettext_lazy("they %(did)s exactly %(often)s"),
)
LESS = (
    gettext_lazy("they %(did)s %(when)s, but less than %(often)s or never"),
    gettext_lazy("they %(did)s less than %(often)s or never"),
)
MORE = (
    gettext_lazy("they %(did)s %(when)s, more than %(often)s"),
    gettext_lazy("they %(did)s more than %(often)s"),
)
OTHER = (
    gettext_lazy("how often they %(did)s %(when)s is not exactly %(often)s"),
    gettext_lazy("how often they %(did)s is not exactly %(often)s"),
)
# How often, by operator and whether it is turned around.
OFTEN: dict[tuple[Op, bool], tuple[Any, Any]] = {
    (Op.AT_LEAST, False): AT_LEAST,
    (Op.AT_LEAST, True): LESS,
    (Op.AT_MOST, False): AT_MOST,
    (Op.AT_MOST, True): MORE,
    (Op.IS, False): EXACTLY,
    (Op.IS, True): OTHER,
}
# What is made of records, as a name that is compared: (with a time, without one).
MADE: dict[Fold, tuple[Any, Any]] = {
    Fold.COUNT: (
        gettext_lazy("the number of their %(what)s %(when)s"),
        gettext_lazy("the number of their %(what)s"),
    ),
    Fold.SUM: (
        gettext_lazy("the total %(field)s of their %(what)s %(when)s"),
        gettext_lazy("the total %(field)s of their %(what)s"),
    ),
    Fold.AVERAGE: (
        gettext_lazy("the average %(field)s of their %(what)s %(when)s"),
        gettext_lazy("the average %(field)s of their %(what)s"),
    ),
    Fold.MIN: (
        gettext_lazy("the smallest %(field)s of their %(what)s %(when)s"),
        gettext_lazy("the smallest %(field)s of their %(what)s"),
    ),
    Fold.MAX: (
        gettext_lazy("the largest %(field)s of their %(what)s %(when)s"),
        gettext_lazy("the largest %(field)s of their %(what)s"),
    ),
    Fold.DISTINCT: (
        gettext_lazy("the number of different values of %(field)s of their %(what)s %(when)s"),
        gettext_lazy("the number of different values of %(field)s of their %(what)s"),
    ),
    Fold.FIRST: (
        gettext_lazy("%(field)s of the first of their %(what)s %(when)s"),
        gettext_lazy("%(field)s of the first of their %(what)s"),
    ),
    Fold.LAST: (
        gettext_lazy("%(field)s of the latest of their %(what)s %(when)s"),
        gettext_lazy("%(field)s of the latest of their %(what)s"),
    ),
    Fold.DAYS_SINCE_FIRST: (
        gettext_lazy("the number of days since the first of their %(what)s %(when)s"),
        gettext_lazy("the number of days since the first of their %(what)s"),
    ),
    Fold.DAYS_SINCE_LAST: (
        gettext_lazy("the number of days since the latest of their %(what)s %(when)s"),
        gettext_lazy("the number of days since the latest of their %(what)s"),
    ),
}
# By what end of the order and whether within groups: (it is so, it is not so).
RANKS: dict[tuple[str, bool], tuple[Any, Any]] = {
    ("top", False): (
        gettext_lazy("by their %(name)s they are among the top %(share)s percent"),
        gettext_lazy("by their %(name)s they are not among the top %(share)s percent"),
    ),
    ("top", True): (
        gettext_lazy(
            "by their %(name)s they are among the top %(share)s percent of those with the same %(per)s"
        ),
        gettext_lazy(
            "by their %(name)s they are not among the top %(share)s percent of those with the same %(per)s"
        ),
    ),
    ("bottom", False): (
        gettext_lazy("by their %(name)s they are among the last %(share)s percent"),
        gettext_lazy("by their %(name)s they are not among the last %(share)s percent"),
    ),
    ("bottom", True): (
        gettext_lazy(
            "by their %(name)s they are among the last %(share)s percent of those with the same %(per)s"
        ),
        gettext_lazy(
            "by their %(name)s they are not among the last %(share)s percent of those with the same %(per)s"
        ),
    ),
    ("middle", False): (
        gettext_lazy(
            "by their %(name)s they stand between %(low)s and %(high)s percent from below"
        ),
        gettext_lazy(
            "by their %(name)s they do not stand between %(low)s and %(high)s percent from below"
        ),
    ),
    ("middle", True): (
        gettext_lazy(
            "by their %(name)s they stand between %(low)s and %(high)s percent from below among those with the same %(per)s"
        ),
        gettext_lazy(
            "by their %(name)s they do not stand between %(low)s and %(high)s percent from below among those with the same %(per)s"
        ),
    ),
}


def said(leaf: Leaf, names: Names, *, is_not: bool = False) -> str:
    """The condition as a clause about "them"."""
    match leaf:
        case Everyone():
            return _("nobody") if is_not else _("everybody the shop knows")
        case Compare(field, test):
            label = _("their %(attribute)s") % {"attribute": words.attribute(field)}
            return comparing.clause(
                label, test, is_not=is_not, field=field, truths=OF_PEOPLE, currency=names.currency
            )
        case Measure():
            return _measure(leaf, names, is_not)
        case Sequence():
            return _sequence(leaf, names, is_not)
        case Been(inner, days):
            template = (
                _("it has not been so without a break for %(length)s: %(clause)s")
                if is_not
                else _("for %(length)s without a break: %(clause)s")
            )
            length = times.length(days, times.Unit.DAYS)
            return template % {"length": length, "clause": said(inner, names)}
        case Rank():
            return _rank(leaf, is_not)
        case InSegment(slug):
            template = (
                _("they are not in the segment “%(segment)s”")
                if is_not
                else _("they are in the segment “%(segment)s”")
            )
            return template % {"segment": names.segments.get(slug, slug)}
        case Share(salt, low, high):
            template = (
                _(
                    "the lot “%(salt)s” did not put them into its part from %(low)s to %(high)s percent"
                )
                if is_not
                else _("the lot “%(salt)s” put them into its part from %(low)s to %(high)s percent")
            )
            return template % {"salt": salt, "low": f"{plain(low):f}", "high": f"{plain(high):f}"}
        case Listed(people):
            count = len(people)
            template = (
                ngettext(
                    "they are not the one person listed",
                    "they are not among the %(count)s people listed",
                    count,
                )
                if is_not
                else ngettext(
                    "they are the one person listed",
                    "they are among the %(count)s people listed",
                    count,
                )
            )
            return template % {"count": count}
    raise TypeError(f"not a condition: {leaf!r}")


# ---------------------------------------------------------------- what they did


def _measure(leaf: Measure, names: Names, is_not: bool) -> str:
    if leaf.fold is Fold.COUNT and leaf.test.op in (Op.AT_LEAST, Op.AT_MOST, Op.IS):
        return _did(leaf, names, is_not)
    when = times.window(leaf.records.window)
    what = deeds.name(leaf.records.of)
    if leaf.records.where is not None:
        there = where(leaf.records.where, names)
        what = _("%(what)s (%(where)s)") % {"what": what, "where": there}
    template = MADE[leaf.fold][0 if when else 1]
    made = str(template) % {"what": what, "field": words.field(leaf.field), "when": when}
    return comparing.clause(
        made,
        leaf.test,
        is_not=is_not,
        field=leaf.field if leaf.fold in (Fold.FIRST, Fold.LAST) else "",
        truths={},
        currency=names.currency,
    )


def _did(leaf: Measure, names: Names, is_not: bool) -> str:
    when = times.window(leaf.records.window)
    count = int(leaf.test.values[0])  # type: ignore[arg-type]
    op = leaf.test.op
    once = count == 1 and op is Op.AT_LEAST
    never = count == 0 and op in (Op.IS, Op.AT_MOST)
    if once or never:
        did = _deed(leaf.records, names, is_not=once == is_not)
        return str(ONCE[0 if when else 1]) % {"did": did, "when": when}
    did = _deed(leaf.records, names)
    template = OFTEN[op, is_not][0 if when else 1]
    often = ngettext("%(count)s time", "%(count)s times", count) % {"count": count}
    return str(template) % {"did": did, "when": when, "often": often}


def _deed(records: Records, names: Names, *, is_not: bool = False) -> str:
    there = "" if records.where is None else where(records.where, names)
    return deeds.phrase(records.of, there, is_not=is_not)


def _sequence(leaf: Sequence, names: Names, is_not: bool) -> str:
    steps = _deed(leaf.steps[0], names)
    for each in leaf.steps[1:]:
        steps = _("%(before)s, then %(next)s") % {"before": steps, "next": _deed(each, names)}
    when = times.window(leaf.window)
    length = times.length(leaf.within, leaf.unit)
    if when:
        template = (
            _("they did not, beginning %(when)s and within %(length)s, do this in order: %(steps)s")
            if is_not
            else _("they did this in order, beginning %(when)s and within %(length)s: %(steps)s")
        )
    else:
        template = (
            _("they never did this in order within %(length)s: %(steps)s")
            if is_not
            else _("they did this in order within %(length)s: %(steps)s")
        )
    return template % {"when": when, "length": length, "steps": steps}


def where(rule: Rule, names: Names, *, is_not: bool = False, nested: bool = False) -> str:
    """A condition on one record; parts that are joined themselves stand in brackets."""
    match rule:
        case Not(inner):
            return where(inner, names, is_not=not is_not, nested=nested)
        case Compare(field, test):
            label = words.field(field)
            return comparing.clause(
                label, test, is_not=is_not, field=field, truths=OF_RECORDS, currency=names.currency
            )
        case All(rules) | AnyOf(rules):
            # "Not both" is "one not or the other not": the negation goes inside.
            both = isinstance(rule, All) != is_not
            parts = [where(each, names, is_not=is_not, nested=True) for each in rules]
            joined = parts[0]
            for each in parts[1:]:
                template = _("%(before)s and %(next)s") if both else _("%(before)s or %(next)s")
                joined = template % {"before": joined, "next": each}
            return _("(%(part)s)") % {"part": joined} if nested else joined
    raise TypeError(f"not a condition on a record: {rule!r}")


# ---------------------------------------------------------------- places


def _rank(leaf: Rank, is_not: bool) -> str:
    end = "top" if leaf.high == 100 else "bottom" if leaf.low == 0 else "middle"
    share = 100 - leaf.low if end == "top" else leaf.high
    template = RANKS[end, bool(leaf.per)][is_not]
    return str(template) % {
        "name": words.attribute(leaf.field),
        "share": f"{plain(share):f}",
        "low": f"{plain(leaf.low):f}",
        "high": f"{plain(leaf.high):f}",
        "per": words.attribute(leaf.per),
    }
