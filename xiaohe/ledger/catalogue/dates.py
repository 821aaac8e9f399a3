"""Days that come back every year: what a person told us of theirs."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

TYPES = (
    FactType(
        "date.told",
        "重要日子",
        "Date told",
        "The person told us a day that comes back every year; of each name the latest statement holds, and one"
        " without a month takes it back.",
        {
            "name": "birthday, anniversary or baby (a child's birthday)",
            "calendar": "solar or lunar; solar if absent. A day of a leap lunar month is told as the ordinary month's",
            "month": "1 to 12",
            "day": "1 to 31, of the moon 1 to 30",
            "year": "the year, if told",
        },
    ),
)
