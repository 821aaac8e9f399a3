"""After another choice in a line, what was filled in for the one before and means nothing any more is let go. Pure."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace

from xiaohe.segments.rules.kinds import WITHOUT_FIELD, result
from xiaohe.segments.rules.tree import Fold, Op
from xiaohe.segments.rules.vocabulary import Field, Kind, Vocabulary
from xiaohe.web.pages.segments.draft import Draft, Is
from xiaohe.web.pages.segments.drafts import IS_NUMBER
from xiaohe.web.pages.segments.words import OPS, TRUTHS


def fitted(draft: Draft, vocabulary: Vocabulary, record: str = "") -> Draft:
    """The draft with only such comparisons and values as go with what each line is about; `record`: of a detail."""
    below = draft.one("of") if draft.kind in (Is.MEASURE, Is.STEP) else record
    children = tuple(fitted(each, vocabulary, below) for each in draft.children)
    draft = replace(draft, children=children)
    if draft.kind is Is.MEASURE:
        return _measure(draft, vocabulary)
    if draft.kind is Is.STEP:
        return _details(draft, vocabulary)
    if draft.kind is not Is.VALUE:
        return draft
    kind = vocabulary.records.get(record) if record else None
    fields = kind.fields if kind else vocabulary.attributes
    return _compared(draft, fields.get(draft.one("field")))


def _measure(draft: Draft, vocabulary: Vocabulary) -> Draft:
    kind = vocabulary.records.get(draft.one("of"))
    if kind is None:
        return draft
    fold = Fold(draft.one("fold") or Fold.COUNT.value)
    told = result(fold, kind.fields.get(draft.one("field")))
    if told is None and fold not in WITHOUT_FIELD:
        draft = _without(draft, "field", "op", "v")
    return _compared(_details(draft, vocabulary), told)


def _details(draft: Draft, vocabulary: Vocabulary) -> Draft:
    kind = vocabulary.records.get(draft.one("of"))
    return _of_fields(draft, kind.fields if kind else {})


def _of_fields(draft: Draft, known: Mapping[str, Field]) -> Draft:
    """Details only of fields there are; a bracket of which nothing is left goes, too."""
    stay = []
    for each in draft.children:
        if each.kind is Is.GROUP:
            inner = _of_fields(each, known)
            stay += [inner] if inner.children or not each.children else []
        elif not each.one("field") or each.one("field") in known:
            stay.append(each)
    return replace(draft, children=tuple(stay))


def _compared(draft: Draft, told: Field | None) -> Draft:
    if told is None:
        return draft
    op, known = draft.one("op"), OPS[told.kind]
    alike = {Op.IS.value} if told.kind in (Kind.CHOICE, Kind.RECURRING) else set()
    if told.kind in (Kind.NUMBER, Kind.MONEY):
        alike = {IS_NUMBER}
    if told.kind is Kind.TRUTH:
        alike = {*TRUTHS, Op.TRUE.value}
    if op and op not in known and op not in alike:
        return _without(draft, "op", "v")
    if told.kind is Kind.CHOICE and not set(draft.all("v")) <= {"", *told.choices}:
        return _without(draft, "v")
    if op and op != Op.IN.value and len(draft.all("v")) > 2:
        # Only a list has so many.
        draft = replace(draft, fields={**draft.fields, "v": draft.all("v")[:1]})
    if told.kind in (Kind.NUMBER, Kind.MONEY) and not all(map(_is_number, draft.all("v"))):
        return _without(draft, "v")
    return draft


def _is_number(text: str) -> bool:
    return not text or any(sign.isdigit() for sign in text)


def _without(draft: Draft, *names: str) -> Draft:
    return replace(draft, fields={n: v for n, v in draft.fields.items() if n not in names})
