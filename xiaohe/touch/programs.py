"""What may propose a touch, and which of them speaks when several would."""

from __future__ import annotations

from enum import StrEnum

from xiaohe.touch.words import Reason


class Program(StrEnum):
    """A proposer of touches."""

    # Somebody of the shop put them on the list by hand.
    CHOSEN = "chosen"
    AT_RISK = "at_risk"
    JUST_LINKED = "just_linked"
    FIRST_ARRIVED = "first_arrived"
    LATE_DUE = "late_due"
    RESTOCK = "restock"

    @property
    def asks(self) -> bool:
        """Whether it rests on the rhythm: counted per cycle and compared with people left alone."""
        return self in ASKS

    @property
    def is_care(self) -> bool:
        return self is not Program.RESTOCK


ASKS = frozenset({Program.LATE_DUE, Program.RESTOCK})
# By kind, most pressing first; one program speaks to a person on one day.
CARE_ORDER = (
    Program.CHOSEN,
    Program.AT_RISK,
    Program.JUST_LINKED,
    Program.FIRST_ARRIVED,
    Program.LATE_DUE,
)
SPEAKING_ORDER = (*CARE_ORDER, Program.RESTOCK)

# The program a sentence belongs to, for touches whose task is not at hand.
PROGRAM_OF_REASON = {
    Reason.RESTOCK: Program.RESTOCK,
    Reason.RESTOCK_QUESTION: Program.RESTOCK,
    Reason.ASK: Program.RESTOCK,
    Reason.LATE: Program.LATE_DUE,
    Reason.LATE_FIRST: Program.LATE_DUE,
    Reason.DRIFTING: Program.AT_RISK,
    Reason.LINKED: Program.JUST_LINKED,
    Reason.LINKED_QUIET: Program.JUST_LINKED,
    Reason.ARRIVED: Program.FIRST_ARRIVED,
}
