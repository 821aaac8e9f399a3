"""What came of contacting people: counted from the taps and the orders after them, with what it cost."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from xiaohe.traits.state import State
from xiaohe.web.pages.models import Figure


@dataclass(frozen=True)
class Outcome:
    """`earned`: the sentence on whether contact brought anything; figures open to people."""

    earned: str = ""
    figures: tuple[Figure, ...] = ()
    cost: str = ""


def outcome(known: State) -> Outcome:
    return Outcome(cost=_("No cost noted yet."))
