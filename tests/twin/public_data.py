"""The two public shops as twin rows; both live outside the repository in ../shared."""

from __future__ import annotations

import csv
import gzip
from datetime import datetime
from decimal import ROUND_HALF_EVEN, Decimal
from pathlib import Path

from tests.twin.orders import Row

SHARED = Path(__file__).resolve().parents[3] / "shared" / "data"


def minor(text: Decimal) -> int:
    return int((text * 100).quantize(Decimal(1), rounding=ROUND_HALF_EVEN))


def online_retail(*, cancellations: bool) -> list[Row]:
    """Invoice lines; negative lines without a buyer and at price 0 are stock corrections and left out."""
    path = SHARED / "online-retail" / "online_retail_2010_2011.csv.gz"
    rows = []
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        for line in csv.DictReader(lines):
            quantity = int(line["Quantity"])
            cancel = quantity <= 0 or line["InvoiceNo"].startswith("C")
            if cancel and not cancellations:
                continue
            rows.append(
                Row(
                    at=datetime.fromisoformat(line["InvoiceDate"]),
                    buyer=line["CustomerID"] or None,
                    order_no=line["InvoiceNo"],
                    state="cancel" if cancel else "paid",
                    line=minor(quantity * Decimal(line["UnitPrice"])),
                    quantity=quantity,
                    item=line["StockCode"],
                )
            )
    return rows


def cdnow() -> list[Row]:
    """Purchases without an order number: every row is an order of its own."""
    path = SHARED / "cdnow" / "cdnow_master_transactions.csv.gz"
    with gzip.open(path, "rt", encoding="utf-8", newline="") as lines:
        return [
            Row(
                at=datetime.fromisoformat(line["date"]),
                date_only=True,
                buyer=line["customer_id"],
                line=minor(Decimal(line["dollar_value"])),
                quantity=int(line["number_of_cds"]),
                item="cd",
            )
            for line in csv.DictReader(lines)
        ]
