"""The governor's rules in words: one line for a group of people, one sentence for a single person."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.touch.governor import Rule

# For the line "not listed today: …", with %(count)d people.
GROUPS: Mapping[Rule, Any] = {
    Rule.CLEAR: _("%(count)d free to contact"),
    Rule.NOT_LINKED: _("%(count)d not in your contacts"),
    Rule.OPTED_OUT: _("%(count)d who want no messages"),
    Rule.COMPLAINT_OPEN: _("%(count)d with an open complaint"),
    Rule.COMPLAINT_RECENT: _("%(count)d with a recent complaint"),
    Rule.REDUCED: _("%(count)d who asked for less"),
    Rule.RESTING: _("%(count)d resting after two unanswered"),
    Rule.ASKED_TWICE: _("%(count)d asked twice already"),
    Rule.ASKED_RECENTLY: _("%(count)d asked recently"),
    Rule.ALREADY_TOUCHED: _("%(count)d spoken to about it already"),
    Rule.CAP_WEEK: _("%(count)d contacted this week"),
    Rule.CAP_MONTH: _("%(count)d contacted often this month"),
    Rule.CAP_PROMOTION: _("%(count)d with enough offers this month"),
    Rule.SPOKEN_TODAY: _("%(count)d spoken to today for another reason"),
    Rule.QUIET_HOURS: _("%(count)d waiting for the morning"),
    Rule.HELD_OUT: _("%(count)d left alone for comparison"),
    Rule.WAITING: _("%(count)d waiting a week for comparison"),
    Rule.DATA_TOO_OLD: _("%(count)d waiting for newer order data"),
    Rule.POSTPONED: _("%(count)d put off"),
    Rule.SKIPPED_THIS_CYCLE: _("%(count)d skipped this time"),
    Rule.JUST_BOUGHT: _("%(count)d who have just bought"),
    Rule.ALREADY_ORDERED: _("%(count)d who have ordered already"),
    Rule.MIX: _("%(count)d kept back so that the list does not only sell"),
    Rule.DAILY_LIMIT: _("%(count)d for the next days, the list is full"),
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
