"""Reads of the shop's settings."""

from __future__ import annotations

from xiaohe.kernel.clock import ShopCalendar
from xiaohe.shop.models import Shop, User


def the_shop() -> Shop:
    """The current workspace's settings; the defaults, unsaved, until something is changed. Never writes."""
    return Shop.objects.filter(pk=Shop.ONLY).first() or Shop(pk=Shop.ONLY)


def calendar() -> ShopCalendar:
    """The shop's days."""
    shop = the_shop()
    return ShopCalendar(shop.time_zone, shop.day_starts_at)


def user_named(user_id: int | None) -> str | None:
    """The sign-in name of a user, for saying who looked; None for the command line or a deleted user."""
    if user_id is None:
        return None
    return User.objects.filter(pk=user_id).values_list("username", flat=True).first()
