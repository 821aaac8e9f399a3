"""Touches: which arm of the comparison a subject was in."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

TYPES = (
    FactType(
        "touch.assigned",
        "分组",
        "Arm assigned",
        "The draw put this subject into an arm for one due cycle, at its first exposure.",
        {
            "arm": "contacted, held_out or waiting",
            "cycle_start": "the shop day of the last occasion",
            "first_due_on": "the first shop day it was due",
        },
    ),
)
