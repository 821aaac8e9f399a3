"""How to read a table that is no known export: which column means what, said in words and confirmed by a person."""

from __future__ import annotations

import re
from dataclasses import asdict, dataclass, field, replace
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.ids import fold
from xiaohe.shop import taxonomy

FIELDS = (
    "order_no",
    "buyer",
    "phone",
    "receiver",
    "time",
    "paid_at",
    "amount",
    "quantity",
    "unit_price",
    "refunded",
    "item",
    "title",
    "status",
    "currency",
    "covers",
    "seated",
    "slot",
    "table_no",
    "store",
    "tender",
    "balance_paid",
    "units",
)
# With one of these a row is a visit at a till.
OF_A_VISIT = ("covers", "seated", "table_no", "balance_paid", "units")
# What people call platforms whose exports nobody has shown us; any other id is taken as it is.
PLATFORM_WORDS = {
    "美团": "meituan",
    "美团外卖": "meituan",
    "大众点评": "meituan",
    "饿了么": "eleme",
    "ele.me": "eleme",
}
NO_PLATFORM = "table"
_PLATFORM = re.compile(r"[a-z0-9_]{1,40}")

# The doubt whether `07/05/2026` is the fifth of July or the seventh of May.
DAY_ORDER = "day_order"
# The doubt whether an amount that repeats within an order is the order's or each row's.
ORDER_TOTAL = "order_total"


@dataclass(frozen=True)
class Mapping:
    """Columns of a table by field; `per_order` means one row is one whole order, not one line of it."""

    columns: dict[str, str]
    positions: dict[str, int]
    header: tuple[str, ...]
    currency: str
    day_first: bool = False
    per_order: bool = False
    # Things the person should look at before saying yes.
    doubts: tuple[str, ...] = field(default_factory=tuple)
    # Whose order numbers and buyers these are, as the person says.
    platform: str = NO_PLATFORM

    @property
    def is_visits(self) -> bool:
        """Whether each row is a visit at a till, with what paid for it."""
        is_of_a_till = any(name in self.positions for name in OF_A_VISIT)
        return is_of_a_till and any(self.has(name) for name in ("amount", "balance_paid", "units"))

    def has(self, *names: str) -> bool:
        return all(name in self.positions for name in names)

    def changed(self, **answers: Any) -> Mapping:
        """The mapping with a person's corrections: `currency`, `day_first`, `platform`, or field=heading (None to drop)."""
        columns, positions = dict(self.columns), dict(self.positions)
        header = list(self.header)
        options: dict[str, Any] = {}
        for name, answer in answers.items():
            if name in ("day_first", "per_order"):
                options[name] = bool(answer)
            elif name == "currency" and answer not in header:
                options[name] = str(answer).upper()
            elif name == "platform":
                options[name] = platform_named(str(answer or ""))
            elif name not in FIELDS:
                raise BadInput("unknown_field", _("There is no field named %(name)s."), name=name)
            elif answer in (None, ""):
                columns.pop(name, None)
                positions.pop(name, None)
            elif answer not in header:
                raise BadInput(
                    "unknown_column", _("The table has no column %(name)s."), name=answer
                )
            else:
                columns[name], positions[name] = answer, header.index(answer)
        return replace(self, columns=columns, positions=positions, **options)

    def doubting(self, doubt: str) -> Mapping:
        return replace(self, doubts=(*self.doubts, doubt))

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Mapping:
        return cls(
            columns=dict(stored["columns"]),
            positions={name: int(at) for name, at in stored["positions"].items()},
            header=tuple(stored["header"]),
            currency=stored["currency"],
            day_first=bool(stored.get("day_first")),
            per_order=bool(stored.get("per_order")),
            doubts=tuple(stored.get("doubts", ())),
            platform=str(stored.get("platform") or NO_PLATFORM),
        )

    def in_words(self) -> str:
        """The proposal as a person would say it."""
        said = [
            _("the order number is “%(column)s”") % {"column": self.columns["order_no"]}
            if self.has("order_no")
            else _("there is no order number, so each row is an order of its own"),
            _("the buyer is “%(column)s”") % {"column": self.columns["buyer"]}
            if self.has("buyer")
            else _("the buyer's phone is “%(column)s”") % {"column": self.columns["phone"]}
            if self.has("phone")
            else _("no column names the buyer, so people cannot be told apart"),
            _("the time is “%(column)s”") % {"column": self.columns["time"]},
        ]
        if self.per_order and ORDER_TOTAL in self.doubts:
            said.append(
                _(
                    "“%(column)s” repeats on each row of an order, so it is taken for the total of the whole order and"
                    " counts once, not row by row (if it is the amount of each row, answer per_order=no)"
                )
                % {"column": self.columns["amount"]}
            )
        elif self.has("amount"):
            said.append(_("the amount is “%(column)s”") % {"column": self.columns["amount"]})
        elif self.has("unit_price", "quantity"):
            said.append(
                _("the amount is “%(quantity)s” × “%(price)s”")
                % {"quantity": self.columns["quantity"], "price": self.columns["unit_price"]}
            )
        if self.has("amount", "quantity"):
            said.append(_("the pieces are “%(column)s”") % {"column": self.columns["quantity"]})
        if self.has("item") or self.has("title"):
            column = self.columns.get("item") or self.columns["title"]
            said.append(_("the goods are “%(column)s”") % {"column": column})
        if self.has("status"):
            said.append(
                _("the state of the order is “%(column)s”") % {"column": self.columns["status"]}
            )
        if self.is_visits:
            said.append(_("each row is a visit; what a balance paid is no cash"))
        if self.platform != NO_PLATFORM:
            name = taxonomy.platform_name(self.platform)
            said.append(_("the orders are those of %(platform)s") % {"platform": name})
        said.append(_("amounts are in %(currency)s") % {"currency": self.currency})
        return _("%(parts)s.") % {"parts": _("; ").join(said)}


def platform_named(said: str) -> str:
    """The id of the platform a person names: its id, its name, or a new id of their own."""
    folded = fold(said)
    if not folded:
        return NO_PLATFORM
    names = {fold(str(each.name)): each.id for each in taxonomy.PLATFORMS.values()}
    found = PLATFORM_WORDS.get(folded) or names.get(folded, folded)
    if not _PLATFORM.fullmatch(found):
        raise BadInput(
            "bad_platform",
            _("A platform is named in small letters and digits, for example meituan."),
        )
    return found
