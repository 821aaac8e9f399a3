"""People of a segment as a file for a spreadsheet: the chosen columns only, and no cell that a spreadsheet would run."""

from __future__ import annotations

import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from xiaohe.kernel.money import to_major
from xiaohe.people import names
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.listing import FORMULA
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.rules.vocabulary import Kind
from xiaohe.segments.state import Standing
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.shop.queries import user_named
from xiaohe.web.pages import people
from xiaohe.web.pages.segments import called

SLICE = 2_000
MOST_TAKEN = 10
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
    sheet.writerow([*heads, _("Person"), *(plain(called.head(name)) for name in columns)])
    found = standing.people(rule, "-net_365", None)
    currency = standing.generation.traits.currency
    for start in range(0, len(found), SLICE):
        some = found[start : start + SLICE]
        shown = names.display(some) if with_names else {}
        for row in standing.rows(some, columns).to_pylist():
            person = row["person"]
            name = [plain(people.name_of(shown, person))] if with_names else []
            told = [cell(each, row[each], currency) for each in columns]
            sheet.writerow([*name, f"p{person}", *told])
    return out.getvalue().encode(), len(found)


@dataclass(frozen=True)
class Taken:
    """One file that left the house before."""

    at: datetime
    said: str
    columns: str


def noted(slug: str, columns: Sequence[str], *, with_names: bool) -> str:
    """What the audit says was taken; as much of the columns as it holds."""
    return f"segment {slug}: {','.join([*(['names'] if with_names else []), *columns])}"[:80]


def taken(slug: str) -> tuple[Taken, ...]:
    """Who took the people of this segment, how many, and with which columns, latest first."""
    return tuple(
        Taken(
            each.at,
            ngettext("%(who)s took %(shown)s person", "%(who)s took %(shown)s people", each.people)
            % {"who": user_named(each.user_id) or _("Xiaohe"), "shown": f"{each.people:,}"},
            _columns_said(each.page.partition(":")[2].strip()),
        )
        for each in audit.done_to(f"segment {slug}", AuditAct.EXPORTED, MOST_TAKEN)
    )


def _columns_said(noted: str) -> str:
    labels = {name: called.head(name) for name in ATTRIBUTES} | {"names": _("Names")}
    known = [labels[name] for name in noted.split(",") if name in labels]
    return _(", ").join(known)


def plain(text: str) -> str:
    """Text that a spreadsheet shows instead of running it."""
    return f"'{text}" if text.startswith(FORMULA) else text


def cell(name: str, value: Any, currency: str) -> str:
    """What is known of somebody as a spreadsheet takes it: numbers plain, everything else by its name."""
    if value is None:
        return ""
    match ATTRIBUTES[name].kind:
        case Kind.MONEY:
            return str(to_major(int(value), currency))
        case Kind.NUMBER:
            return str(value)
        case Kind.TRUTH:
            return plain(_("yes") if value else pgettext("in a cell", "no"))
        case Kind.CHOICE | Kind.TEXT:
            return plain(called.choice(name, str(value)))
    return value.isoformat() if isinstance(value, date) else plain(str(value))
