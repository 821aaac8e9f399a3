"""What came of a file: counts that add up to the row, money that adds up to the penny, and a sentence.

read = accepted + updated + duplicate + Σ excluded + Σ rejected
"""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date
from typing import Any

from django.utils import formats
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe.kernel.money import spoken
from xiaohe.sources import identifies
from xiaohe.sources.facts import NULL
from xiaohe.sources.formats import title_of
from xiaohe.sources.reasons import LABELS, Excluded, Rejected
from xiaohe.sources.rows.context import Found
from xiaohe.sources.tally import ACCEPTED, DUPLICATE, UPDATED, Counts, Money
from xiaohe.sources.times import shop_day

# Files that say nothing of who bought: orders of other files do.
WITHOUT_BUYERS = (
    "contacts",
    "aftersales",
    "settlements",
    "costs",
    "group_members",
    "members",
    "recharges",
)


DAY_FIRST, MONTH_FIRST = "day_first", "month_first"


@dataclass(frozen=True)
class Report:
    """One imported file. `money` and `money_by_outcome` are integers of minor units, and exact decimals as text."""

    import_id: int
    format: str
    kind: str
    source: str
    encoding: str
    read: int
    accepted: int
    updated: int
    duplicate: int
    excluded: dict[str, int]
    rejected: dict[str, int]
    no_buyer: int
    changed: int
    money: dict[str, Any]
    money_by_outcome: dict[str, dict[str, Any]]
    first_on: date | None
    last_on: date | None
    buyers: int
    names_buyers: bool
    masked_phone_share: float | None
    shop_currency: str
    goods: list[dict[str, Any]] = field(default_factory=list)
    other_currencies: dict[str, int] = field(default_factory=dict)
    not_data_marks: list[int] = field(default_factory=list)
    # How dates such as 07/05/2026 were read, where nothing in the file decides it; else empty.
    day_order: str = ""
    # Cells of a column of birthdays that say no day.
    no_birthdays: int = 0
    parts: tuple[Report, ...] = ()

    @property
    def valid(self) -> int:
        return self.accepted + self.updated

    def as_json(self) -> dict[str, Any]:
        """The report as stored and as `--json` prints it; the sentence in the language of the moment."""
        told = {
            name: value
            for name, value in self.__dict__.items()
            if name not in ("first_on", "last_on", "parts")
        }
        told["first_on"] = self.first_on.isoformat() if self.first_on else None
        told["last_on"] = self.last_on.isoformat() if self.last_on else None
        told["sentence"] = self.sentence
        told["identifies"] = identifies.of(self)
        for name in ("day_order", "no_birthdays"):
            if not told[name]:
                del told[name]
        if self.parts:
            told["parts"] = [part.as_json() for part in self.parts]
        return told

    @classmethod
    def from_json(cls, stored: dict[str, Any]) -> Report:
        """A stored report, to say it again in another language."""
        values = {name: stored[name] for name in cls.__dataclass_fields__ if name in stored}
        for name in ("first_on", "last_on"):
            values[name] = date.fromisoformat(stored[name]) if stored.get(name) else None
        values["parts"] = tuple(cls.from_json(part) for part in stored.get("parts", ()))
        return cls(**values)

    @property
    def sentence(self) -> str:
        """What came of the file, as one would say it."""
        if self.parts:
            return _one_after_another([part.sentence for part in self.parts])
        return _one_after_another([
            self._rows_said(), self._left_out_said(), self._rejected_said(), self._birthdays_said(), self._buyers_said(),
            self._money_said(), self._order_of_days_said(), self._days_said(),
        ])  # fmt: skip

    def _rows_said(self) -> str:
        named = {
            "title": title_of(self.format) or self.format,
            "read": _grouped(self.read),
            "valid": _grouped(self.valid),
        }
        if self.read and self.duplicate == self.read:
            return _("%(title)s: %(read)s rows, all known already.") % named
        if self.kind == "contacts":
            return _("%(title)s: %(read)s rows, %(valid)s new.") % named
        return _("%(title)s: %(read)s rows, %(valid)s valid.") % named

    def _left_out_said(self) -> str:
        left = [
            _("%(reason)s %(count)s") % {"reason": LABELS[reason], "count": _grouped(count)}
            for reason in Excluded
            if (count := self.excluded.get(reason, 0))
        ]
        if 0 < self.duplicate < self.read:
            left.append(_("known already %(count)s") % {"count": _grouped(self.duplicate)})
        return _("Not counted: %(reasons)s.") % {"reasons": _(", ").join(left)} if left else ""

    def _rejected_said(self) -> str:
        bad = [
            _("%(reason)s %(count)s") % {"reason": LABELS[reason], "count": _grouped(count)}
            for reason in Rejected
            if (count := self.rejected.get(reason, 0))
        ]
        return _("Could not be read: %(reasons)s.") % {"reasons": _(", ").join(bad)} if bad else ""

    def _birthdays_said(self) -> str:
        if not self.no_birthdays:
            return ""
        return ngettext(
            "%(count)s birthday is no day of the calendar and was left out.",
            "%(count)s birthdays are no day of the calendar and were left out.",
            self.no_birthdays,
        ) % {"count": _grouped(self.no_birthdays)}

    def _buyers_said(self) -> str:
        if self.kind in WITHOUT_BUYERS:
            return ""
        if self.kind == "items" and not self.names_buyers:
            return _("Who bought is told by the order list.")
        if not self.names_buyers:
            return _(
                "This file names no buyer, so people cannot be told apart."
                " What it shows is how often each thing sells."
            )
        said = ngettext("%(count)s person bought.", "%(count)s people bought.", self.buyers) % {
            "count": _grouped(self.buyers)
        }
        if self.masked_phone_share and self.masked_phone_share >= 0.01:
            masked = _("%(share)s of the phones are masked and identify nobody.") % {
                "share": f"{self.masked_phone_share:.0%}"
            }
            return _one_after_another([said, masked])
        return said

    def _money_said(self) -> str:
        currency = self.money["currency"]
        if self.other_currencies:
            listed = [
                spoken(amount, code) for code, amount in sorted(self.other_currencies.items())
            ]
            return _("Also in other currencies, listed and never added: %(amounts)s.") % {
                "amounts": _(", ").join(listed)
            }
        if currency == self.shop_currency or not self.money["paid"]:
            return ""
        return _(
            "Amounts are in %(currency)s (%(paid)s); they are listed and never added to your %(shops)s."
        ) % {
            "currency": currency,
            "paid": spoken(self.money["paid"], currency),
            "shops": self.shop_currency,
        }

    def _order_of_days_said(self) -> str:
        if self.day_order == DAY_FIRST:
            return _(
                "Dates such as 07/05/2026 were read as the 7th of May; nothing in the file says whether the 5th of"
                " July is meant. If it is, take it back and export with the year first."
            )
        if self.day_order == MONTH_FIRST:
            return _(
                "Dates such as 07/05/2026 were read as the 5th of July; nothing in the file says whether the 7th of"
                " May is meant. If it is, take it back and export with the year first."
            )
        return ""

    def _days_said(self) -> str:
        if self.last_on is None:
            return ""
        return _("Data up to %(day)s.") % {"day": formats.date_format(self.last_on, "DATE_FORMAT")}


def _one_after_another(sentences: list[str]) -> str:
    """Sentences in a row; English sets a blank between them, Chinese none."""
    told = ""
    for sentence in filter(None, sentences):
        told = _("%(told)s %(more)s") % {"told": told, "more": sentence} if told else sentence
    return told


def _grouped(count: int) -> str:
    return f"{count:,}"


@dataclass(frozen=True)
class Origin:
    """Where a report's rows came from."""

    import_id: int
    format: str
    kind: str
    source: str
    encoding: str
    names_buyers: bool
    shop_currency: str


def build(
    origin: Origin,
    counts: Counts,
    found: Found,
    *,
    calendar: Any,
    currency: str,
    marks: list[int],
    day_order: str = "",
) -> Report:
    """The report of one import from what was counted and found."""
    by = counts.by_outcome
    share = found.masked_share
    return Report(
        **origin.__dict__,
        read=counts.read,
        accepted=by[ACCEPTED],
        updated=by[UPDATED],
        duplicate=by[DUPLICATE],
        excluded={reason.value: by[reason] for reason in Excluded},
        rejected={reason.value: by[reason] for reason in Rejected},
        no_buyer=counts.no_buyer,
        changed=counts.changed,
        money=counts.money.as_json(currency),
        money_by_outcome={
            str(getattr(name, "value", name)): money.as_json(currency)
            for name, money in counts.money_by_outcome.items()
        },
        first_on=shop_day(calendar, found.first_at) if found.first_at not in (None, NULL) else None,
        last_on=shop_day(calendar, found.last_at) if found.last_at not in (None, NULL) else None,
        buyers=len(found.buyers),
        masked_phone_share=round(share, 4) if share is not None else None,
        goods=found.goods.as_json(),
        other_currencies=dict(found.currencies),
        not_data_marks=marks,
        day_order=day_order,
        no_birthdays=found.no_birthdays,
    )


def together(parts: list[Report]) -> Report:
    """Several imports of one file (a ZIP, a workbook) said as one; money is summed only in one currency."""
    first = parts[0]
    money = Money()
    currencies = {part.money["currency"] for part in parts}
    if len(currencies) == 1:
        money.paid = sum(part.money["paid"] for part in parts)
        money.refunded = sum(part.money["refunded"] for part in parts)
    return Report(
        import_id=first.import_id,
        format=first.format,
        kind=first.kind,
        source=first.source,
        encoding=first.encoding,
        read=sum(part.read for part in parts),
        accepted=sum(part.accepted for part in parts),
        updated=sum(part.updated for part in parts),
        duplicate=sum(part.duplicate for part in parts),
        excluded=_summed([part.excluded for part in parts]),
        rejected=_summed([part.rejected for part in parts]),
        no_buyer=sum(part.no_buyer for part in parts),
        changed=sum(part.changed for part in parts),
        money=money.as_json(first.money["currency"]),
        money_by_outcome={},
        first_on=min((part.first_on for part in parts if part.first_on), default=None),
        last_on=max((part.last_on for part in parts if part.last_on), default=None),
        buyers=max(part.buyers for part in parts),
        names_buyers=any(part.names_buyers for part in parts),
        masked_phone_share=first.masked_phone_share,
        shop_currency=first.shop_currency,
        parts=tuple(parts),
    )


def _summed(dicts: list[dict[str, int]]) -> dict[str, int]:
    return {name: sum(each[name] for each in dicts) for name in dicts[0]}
