"""Service: complaints, which silence everything else."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

TYPES = (
    FactType(
        "complaint.opened",
        "投诉",
        "Complaint opened",
        "The person complained.",
        {"severity": "1 to 3", "task": "id of the task it was marked on"},
    ),
    FactType("complaint.closed", "投诉了结", "Complaint closed", "The complaint was settled."),
)
