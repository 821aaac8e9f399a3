"""Why an event could not be read: codes for programs, sentences for people."""

from __future__ import annotations

from enum import StrEnum

from django.utils.translation import gettext_lazy as _


class Reason(StrEnum):
    NOT_AN_OBJECT = "not_an_object"
    TOO_LARGE = "too_large"
    UNKNOWN_TYPE = "unknown_type"
    MISSING_ID = "missing_id"
    MISSING_EVENT = "missing_event"
    MISSING_GROUP = "missing_group"
    MISSING_PREVIOUS_ID = "missing_previous_id"
    BAD_TIMESTAMP = "bad_timestamp"
    BAD_PROPERTIES = "bad_properties"
    MISSING_ORDER_ID = "missing_order_id"
    BAD_MONEY = "bad_money"
    BAD_QUANTITY = "bad_quantity"


LABELS = {
    Reason.NOT_AN_OBJECT: _("It is not a JSON object."),
    Reason.TOO_LARGE: _("It is larger than 32 KB."),
    Reason.UNKNOWN_TYPE: _("Its type is none of identify, track, page, screen, group, alias."),
    Reason.MISSING_ID: _("It has neither a userId nor an anonymousId."),
    Reason.MISSING_EVENT: _("It is a track call without the name of an event."),
    Reason.MISSING_GROUP: _("It is a group call without a groupId."),
    Reason.MISSING_PREVIOUS_ID: _("It is an alias call without a userId or a previousId."),
    Reason.BAD_TIMESTAMP: _("Its timestamp is no time like 2026-11-22T08:30:00Z."),
    Reason.BAD_PROPERTIES: _("Its properties, traits or context are no JSON object."),
    Reason.MISSING_ORDER_ID: _("It is about an order and has no order_id."),
    Reason.BAD_MONEY: _("An amount or a currency in it is none."),
    Reason.BAD_QUANTITY: _("A quantity in it is none."),
}


class Unreadable(Exception):
    """One event cannot be read; the others of its batch can."""

    def __init__(self, reason: Reason) -> None:
        super().__init__(reason.value)
        self.reason = reason
