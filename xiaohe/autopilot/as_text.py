"""The whole list as numbered text, to be pasted into any chat: readable without Xiaohe at hand."""

from __future__ import annotations

from django.utils.translation import gettext as _

from xiaohe.autopilot.cards import Card, Today


def as_text(today: Today) -> str:
    """First line, then each open person with number, whom to search for, why, and the words by themselves."""
    cards = [card for card in today.cards if card.is_open]
    blocks = [today.first_line]
    blocks += [_block(number, card) for number, card in enumerate(cards, start=1)]
    return "\n\n".join(blocks) + "\n"


def _block(number: int, card: Card) -> str:
    title = _("%(number)d. %(name)s (%(bought)s)") % {
        "number": number,
        "name": card.name,
        "bought": card.bought,
    }
    lines = [title, card.reason]
    if card.advice:
        lines.append(card.advice)
    if card.account:
        lines.append(
            _("Use %(account)s, search for “%(search)s”.")
            % {"account": card.account, "search": card.search_for or card.name}
        )
    # On a line of its own, so that a long press on a phone takes it whole.
    lines.append(card.sentence.text if card.sentence else _("Find words of your own this time."))
    return "\n".join(lines)
