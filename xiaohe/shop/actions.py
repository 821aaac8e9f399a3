"""Changes of the shop's settings."""

from __future__ import annotations

from datetime import date
from typing import Any
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput
from xiaohe.shop.models import Shop
from xiaohe.shop.queries import the_shop

EDITABLE = frozenset(f.name for f in Shop._meta.concrete_fields) - {"id"}


def update_shop(**settings: Any) -> Shop:
    """Change some settings and return the shop; refused as a whole if one of them makes no sense."""
    unknown = set(settings) - EDITABLE
    if unknown:
        raise TypeError(f"no such shop settings: {sorted(unknown)}")
    with store.write():
        shop = the_shop()
        for name, value in settings.items():
            setattr(shop, name, value)
        _check(shop)
        shop.save()
    return shop


def set_clock(on: date | None) -> Shop:
    """Put the sample shop on a date, or back on the real clock."""
    return update_shop(clock_on=on)


def _check(shop: Shop) -> None:
    try:
        ZoneInfo(shop.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        raise BadInput("time_zone", _("There is no time zone of this name.")) from None
    try:
        shop.clean_fields()
    except ValidationError as error:
        name = next(iter(error.message_dict))
        raise BadInput(
            "setting", _("This value does not fit the setting “%(setting)s”."), setting=name
        ) from None
    if not 1 <= shop.list_size <= 200:
        raise BadInput("list_size", _("A list has between 1 and 200 people a day."))
    if not 3 <= shop.preset_cycle_days <= 730:
        raise BadInput("preset_cycle_days", _("A rhythm lies between 3 and 730 days."))
    if not 0 <= shop.held_out_share <= 0.5:
        raise BadInput("held_out_share", _("At most half of the people can be held out."))
