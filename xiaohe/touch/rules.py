"""The governor's rules in words: one line for a group of people, one sentence for a single person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.touch.governor import Rule

# For the line "not listed today: …", with %(count)d people.
GROUPS: Mapping[Rule, Any] = {
    Rule.CLEAR: _("%(count)d may be contacted"),
    Rule.NOT_LINKED: _("%(count)d are not in your contacts"),
    Rule.OPTED_OUT: _("%(count)d do not want to hear from us"),
    Rule.COMPLAINT_OPEN: _("%(count)d have an open complaint"),
    Rule.COMPLAINT_RECENT: _("%(count)d complained recently"),
    Rule.REDUCED: _("%(count)d asked for less"),
    Rule.RESTING: _("%(count)d did not answer twice and rest"),
    Rule.ASKED_TWICE: _("%(count)d were asked twice already"),
    Rule.ASKED_RECENTLY: _("%(count)d were asked recently"),
    Rule.ALREADY_TOUCHED: _("%(count)d were greeted already"),
    Rule.CAP_WEEK: _("%(count)d were contacted this week"),
    Rule.CAP_MONTH: _("%(count)d were contacted three times this month"),
    Rule.CAP_PROMOTION: _("%(count)d have had enough offers this month"),
    Rule.SPOKEN_TODAY: _("%(count)d are spoken to today for another reason"),
    Rule.QUIET_HOURS: _("%(count)d wait for the morning"),
    Rule.HELD_OUT: _("%(count)d are left alone for comparison"),
    Rule.WAITING: _("%(count)d wait a week for comparison"),
    Rule.DATA_TOO_OLD: _("%(count)d wait for newer order data"),
    Rule.POSTPONED: _("%(count)d were put off"),
    Rule.SKIPPED_THIS_CYCLE: _("%(count)d were skipped this time"),
    Rule.JUST_BOUGHT: _("%(count)d have just bought"),
    Rule.ALREADY_ORDERED: _("%(count)d have ordered already"),
    Rule.MIX: _("%(count)d wait so that the list does not only sell"),
    Rule.DAILY_LIMIT: _("%(count)d wait for the next days, the list is full"),
}

# For one person.
REASONS: Mapping[Rule, Any] = {
    Rule.CLEAR: _("Nothing stands against it."),
    Rule.NOT_LINKED: _("They are not in your contacts, so you cannot reach them."),
    Rule.OPTED_OUT: _("They said they do not want to be contacted again."),
    Rule.COMPLAINT_OPEN: _("Their complaint is not settled yet."),
    Rule.COMPLAINT_RECENT: _("They complained less than two weeks ago."),
    Rule.REDUCED: _("They asked for less, so they hear from us a quarter as often."),
    Rule.RESTING: _("Two messages in a row went unanswered; rest until they act or buy again."),
    Rule.ASKED_TWICE: _("They were asked twice since their last purchase; that is enough."),
    Rule.ASKED_RECENTLY: _("The last question is too fresh for another one."),
    Rule.ALREADY_TOUCHED: _("This was said to them already."),
    Rule.CAP_WEEK: _("At most one message in seven days."),
    Rule.CAP_MONTH: _("At most three messages in thirty days."),
    Rule.CAP_PROMOTION: _("At most two offers in thirty days."),
    Rule.SPOKEN_TODAY: _("Somebody speaks to them today already; one matter a day."),
    Rule.QUIET_HOURS: _("It is too late in the evening or too early; wait for the morning."),
    Rule.HELD_OUT: _("Left alone this time, to see who comes by themselves."),
    Rule.WAITING: _("Contacted a week later, to compare with those contacted now."),
    Rule.DATA_TOO_OLD: _("The order data is too old to know whether they have just bought."),
    Rule.POSTPONED: _("You put this off to another day."),
    Rule.SKIPPED_THIS_CYCLE: _(
        "You skipped them this time; they come back after the next purchase."
    ),
    Rule.JUST_BOUGHT: _("They have just bought; your next import will show it."),
    Rule.ALREADY_ORDERED: _("They have ordered; your next import will show it."),
    Rule.MIX: _("At most two thirds of a list sell something."),
    Rule.DAILY_LIMIT: _("Today's list is full; others go first."),
}


def group_sentence(rule: Rule, count: int) -> str:
    """How many people a rule kept off the list."""
    return str(GROUPS[rule]) % {"count": count}


def rule_sentence(rule: Rule) -> str:
    """Why one person is not contacted now."""
    return str(REASONS[rule])
