"""Why a row was left out: the published vocabulary of import reports."""

from __future__ import annotations

from enum import StrEnum
from typing import Any

from django.utils.translation import gettext_lazy as _


class Excluded(StrEnum):
    """The row was understood and is no valid sale; where it is an order, its facts are kept."""

    UNPAID = "unpaid"
    CLOSED = "closed"
    REFUNDED = "refunded"
    NOT_DATA = "not_data"
    STOCK_ADJUSTMENT = "stock_adjustment"
    CANCELLATION_UNLINKED = "cancellation_unlinked"


class Rejected(StrEnum):
    """The row could not be understood; it is kept sealed, with this reason beside it, for download."""

    DAMAGED_NUMBER = "damaged_number"
    NO_ORDER_NUMBER = "no_order_number"
    BAD_DATE = "bad_date"
    BAD_AMOUNT = "bad_amount"
    BAD_QUANTITY = "bad_quantity"
    NO_ACCOUNT = "no_account"
    BROKEN_ROW = "broken_row"
    NO_NAME = "no_name"


LABELS: dict[Excluded | Rejected, Any] = {
    Excluded.UNPAID: _("not paid"),
    Excluded.CLOSED: _("closed"),
    Excluded.REFUNDED: _("fully refunded"),
    Excluded.NOT_DATA: _("totals or repeated headings"),
    Excluded.STOCK_ADJUSTMENT: _("stock corrections"),
    Excluded.CANCELLATION_UNLINKED: _("cancellations without their sale"),
    Rejected.DAMAGED_NUMBER: _("order number damaged by a spreadsheet"),
    Rejected.NO_ORDER_NUMBER: _("no order number"),
    Rejected.BAD_DATE: _("date cannot be read"),
    Rejected.BAD_AMOUNT: _("amount cannot be read"),
    Rejected.BAD_QUANTITY: _("quantity cannot be read"),
    Rejected.NO_ACCOUNT: _("no staff account"),
    Rejected.BROKEN_ROW: _("more cells than headings"),
    Rejected.NO_NAME: _("neither a name nor a number"),
}

# What each code means, for the documentation and for `--json` readers; tests hold it complete.
DOCS: dict[Excluded | Rejected, str] = {
    Excluded.UNPAID: "The order awaits payment. Kept as a fact; a later file that shows it paid updates it.",
    Excluded.CLOSED: "The order was closed. Kept as a fact, never an occasion.",
    Excluded.REFUNDED: "A new order whose refunds reach what was paid. Kept as a fact, never an occasion.",
    Excluded.NOT_DATA: "A totals row, a repeated header or a note of the exporting system.",
    Excluded.STOCK_ADJUSTMENT: "Negative quantity at price 0 without a buyer: goods moved, nobody bought.",
    Excluded.CANCELLATION_UNLINKED: "A cancelled line for which no earlier line of the same person and item"
    " has enough left; its money is shown in the report.",
    Rejected.DAMAGED_NUMBER: "The order number went through a spreadsheet (1.93E+17): digits are lost."
    " It is never guessed; export again and do not open the file in a spreadsheet.",
    Rejected.NO_ORDER_NUMBER: "The format needs an order number and the row has none.",
    Rejected.BAD_DATE: "The time of the row is missing or not a date.",
    Rejected.BAD_AMOUNT: "An amount holds something that is not a number.",
    Rejected.BAD_QUANTITY: "A quantity holds something that is not a number.",
    Rejected.NO_ACCOUNT: "A contact row that names no staff account.",
    Rejected.BROKEN_ROW: "The row has more filled cells than the file has columns.",
    Rejected.NO_NAME: "A member of a group whose row holds neither their name nor WeCom's number of them.",
}
