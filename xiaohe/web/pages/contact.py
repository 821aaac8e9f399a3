"""What came of contacting people: counts that open to them, what it cost, and what a comparison says so far."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.kernel.money import spoken
from xiaohe.measures.result import THIN_BELOW
from xiaohe.stats.experiment import Compared
from xiaohe.touch import outcomes
from xiaohe.touch.outcomes import Comparison
from xiaohe.touch.outcomes import Outcome as Came
from xiaohe.traits.state import State
from xiaohe.web.pages.models import Figure
from xiaohe.web.templatetags.xiaohe import grouped, shop_day

WINDOW = timedelta(days=30)

PEOPLE = {
    "contacted": gettext_lazy("Contacted"),
    "sent": gettext_lazy("Marked as sent"),
    "replied": gettext_lazy("Replied"),
    "ordered": gettext_lazy("Ordered afterwards"),
    "direct": gettext_lazy("of them marked by you"),
    "said": gettext_lazy("Said they ordered, not in the files yet"),
    "compared-contacted": gettext_lazy("Compared: contacted"),
    "compared-left": gettext_lazy("Compared: left alone"),
}


@dataclass(frozen=True)
class Outcome:
    """`earned`: the sentence on whether contact brought anything; figures open to people."""

    earned: str
    figures: tuple[Figure, ...]
    cost: str


def outcome(known: State, today: date) -> Outcome:
    """The last 30 days, today included."""
    came = _came(known, today)
    compared = outcomes.compare(today, state=known)
    if not came.contacts:
        return Outcome(_earned(compared, today), (), _cost(came))
    figures = [_figure(name, people) for name, people in _people(came).items()]
    return Outcome(
        earned=_earned(compared, today),
        figures=tuple(
            each for each in figures if each.value != "0" or each.label != str(PEOPLE["said"])
        ),
        cost=_cost(came),
    )


def people(known: State, today: date, name: str) -> list[int]:
    """The people behind one count."""
    if name.startswith("compared-"):
        compared = outcomes.compare(today, state=known)
        arm = compared.contacted if name.endswith("contacted") else compared.left_alone
        return sorted(set(arm.people))
    return _people(_came(known, today))[name]


def _came(known: State, today: date) -> Came:
    tomorrow = today + timedelta(days=1)
    return outcomes.came_of_it(tomorrow - WINDOW, tomorrow, state=known)


def _people(came: Came) -> dict[str, list[int]]:
    shown = set(came.ordered)
    return {
        "contacted": came.contacted,
        "sent": came.sent,
        "replied": came.replied,
        "ordered": came.ordered,
        "direct": came.ordered_directly,
        "said": [person for person in came.said_ordered if person not in shown],
    }


def _figure(name: str, persons: list[int]) -> Figure:
    href = reverse("contact-people", args=[name]) if persons else ""
    return Figure(str(PEOPLE[name]), grouped(len(persons)), href, few=len(persons) < THIN_BELOW)


def _earned(compared: Comparison, today: date) -> str:
    """How much of it came from contacting: only a comparison with people left alone can say."""
    reading = compared.reading
    if isinstance(reading, Compared):
        brought = reading.brought
        return _(
            "Contacting %(people)d people brought between %(low)d and %(high)d orders (95%%; left alone: %(left)d people)."
        ) % {
            "people": reading.contacted.people,
            "low": round(brought.low),
            "high": round(brought.high),
            "left": reading.left_alone.people,
        }
    waiting = len(compared.left_alone.people)
    said = ngettext(
        "How much of it came from contacting? Not visible yet: %(n)d person left alone so far",
        "How much of it came from contacting? Not visible yet: %(n)d people left alone so far",
        waiting,
    ) % {"n": waiting}
    if reading.expected_on:
        return _("%(said)s; first look about %(day)s.") % {
            "said": said,
            "day": shop_day(reading.expected_on, today),
        }
    if reading.over_a_year:
        return _("%(said)s; at this pace the first look is over a year away.") % {"said": said}
    return _("%(said)s; %(needed)d are needed.") % {"said": said, "needed": reading.needed}


def _cost(came: Came) -> str:
    parts = []
    if came.cost.amount:
        parts.append(spoken(came.cost.amount, came.currency))
    if came.cost.minutes >= 60:
        parts.append(_("%(hours).1f hours") % {"hours": came.cost.minutes / 60})
    elif came.cost.minutes:
        minutes = came.cost.minutes
        parts.append(
            ngettext("%(count)d minute", "%(count)d minutes", minutes) % {"count": minutes}
        )
    if not parts:
        return _("No cost noted yet.")
    return _("It took %(cost)s.") % {"cost": " + ".join(parts)}
