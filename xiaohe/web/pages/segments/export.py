"""People of a segment as a file for a spreadsheet: the chosen columns only, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.kernel.money import to_major
from xiaohe.people import names
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.listing import FORMULA
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.sentence import words
from xiaohe.segments.state import Standing
from xiaohe.web.pages import people
from xiaohe.web.pages.segments import called

SLICE = 2_000
# Spreadsheets take UTF-8 for another code page without it.
MARK = "\ufeff"


def may_see_names(user: Any) -> bool:
    """Whoever signed in as somebody of this shop; what programs ask with a key has no names."""
    return bool(user.is_authenticated and user.is_active)


def written(
    standing: Standing, rule: Rule, columns: Sequence[str], *, with_names: bool
) -> tuple[bytes, int]:
    """The file and how many people are in it; people without names go by their number."""
    out = io.StringIO()
    out.write(MARK)
    sheet = csv.writer(out)
    heads = [_("Name")] if with_names else []
    sheet.writerow([*heads, _("Person"), *(plain(words.attribute(name)) for name in columns)])
    found = standing.people(rule, "-net_365", None)
    currency = standing.generation.traits.currency
    for start in range(0, len(found), SLICE):
        some = found[start : start + SLICE]
        shown = names.display(some) if with_names else {}
        for row in standing.rows(some, columns).to_pylist():
            person = row["person"]
            name = [plain(people.name_of(shown, person))] if with_names else []
            told = [_cell(each, row[each], currency) for each in columns]
            sheet.writerow([*name, f"p{person}", *told])
    return out.getvalue().encode(), len(found)


def plain(text: str) -> str:
    """Text that a spreadsheet shows instead of running it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def _cell(name: str, value: Any, currency: str) -> str:
    if value is None:
        return ""
    match ATTRIBUTES[name].kind:
        case Kind.MONEY:
            return str(to_major(int(value), currency))
        case Kind.NUMBER:
            return str(value)
        case Kind.TRUTH:
            return "1" if value else "0"
        case Kind.CHOICE:
            return plain(called.choice(name, value))
    return value.isoformat() if isinstance(value, date) else plain(str(value))
