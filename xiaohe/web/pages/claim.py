"""The public page of a code, in the visitor's words; the same for every order number."""

from __future__ import annotations

from dataclasses import dataclass

from django.utils.translation import gettext as _

from xiaohe.entries import words
from xiaohe.entries.models import Code, Gift
from xiaohe.shop.queries import the_shop


@dataclass(frozen=True)
class ClaimPage:
    title: str
    shop: str = ""
    text: str = ""
    word: str = ""
    gift_text: str = ""
    gift_link: str = ""
    picture: str = ""
    account: str = ""
    asks: str = ""
    action: str = ""
    hint: str = ""
    asks_code: bool = False

    @property
    def has_account(self) -> bool:
        return bool(self.picture or self.account)


def asking(code: Code, *, is_open: bool, hint: str = "") -> ClaimPage:
    """What somebody sees who scanned: whom to add, and where an order number goes."""
    return ClaimPage(
        title=code.offer,
        shop=the_shop().name,
        text="" if is_open else _("This card's time is over; you can still add us."),
        picture=_picture(code),
        account=code.account_said,
        asks=_asked(code) if is_open else "",
        action=f"/claim/{code.code}",
        hint=hint,
    )


def noted(code: Code, word: str) -> ClaimPage:
    """After any order number whatever: the word to send."""
    return ClaimPage(
        title=_("Noted. Send us this word."),
        shop=the_shop().name,
        word=words.said(word),
        gift_text=code.gift_text,
        gift_link=code.gift_link,
        picture=_picture(code),
        account=code.account_said,
    )


def unknown_code() -> ClaimPage:
    return ClaimPage(
        title=_("This code is not whole."),
        shop=the_shop().name,
        text=_("Scan the card once more, or type what stands on it."),
        asks_code=True,
    )


def hurried() -> ClaimPage:
    return ClaimPage(
        title=_("One moment, please."),
        text=_("A lot of people are here at once. Nothing is lost; please try again in a while."),
    )


def unreadable() -> ClaimPage:
    return ClaimPage(title=_("That did not arrive whole."), text=_("Please go back and try again."))


def _asked(code: Code) -> str:
    return {
        Gift.GUIDE: _("Your order number, and we send you the guide"),
        Gift.WARRANTY: _("Your order number, and we enter your warranty"),
        Gift.GIFT: _("Your order number, and we put a small gift aside"),
    }[Gift(code.gift)]


def _picture(code: Code) -> str:
    return f"/c/{code.code}/account.png" if code.picture else ""
