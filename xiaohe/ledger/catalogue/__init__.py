"""The catalogue: every type of fact there is, one file per area.

A new type is one entry in the file of its area; tests fail while it lacks a name, a label or a text.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput
from xiaohe.ledger.catalogue import (
    browse,
    claim,
    consent,
    content,
    custom,
    dates,
    identity,
    link,
    member,
    message,
    ops,
    order,
    segment,
    service,
    task,
    touch,
    voucher,
)
from xiaohe.ledger.catalogue.facttype import FactType, UnknownProps, as_json

AREAS = {
    "order": order.TYPES,
    "identity": identity.TYPES,
    "link": link.TYPES,
    "claim": claim.TYPES,
    "message": message.TYPES,
    "task": task.TYPES,
    "touch": touch.TYPES,
    "browse": browse.TYPES,
    "voucher": voucher.TYPES,
    "content": content.TYPES,
    "member": member.TYPES,
    "date": dates.TYPES,
    "consent": consent.TYPES,
    "service": service.TYPES,
    "ops": ops.TYPES,
    "segment": segment.TYPES,
}
TYPES: Mapping[str, FactType] = {each.name: each for types in AREAS.values() for each in types}


class UnknownFactType(BadInput):
    def __init__(self, name: str) -> None:
        super().__init__(
            "unknown_fact_type", _("There is no type of fact named %(name)s."), name=name
        )


def fact_type(name: str) -> FactType:
    """The entry of one type; raises UnknownFactType."""
    found = TYPES.get(name) or custom.custom_type(name)
    if found is None:
        raise UnknownFactType(name)
    return found


def check_props(name: str, given: Iterable[str]) -> None:
    """Refuse a type that does not exist and properties it does not list."""
    unknown = fact_type(name).unknown_props(given)
    if unknown:
        raise UnknownProps(name, unknown)


def checked_json(name: str, props: Mapping[str, Any] | None) -> str | None:
    """Properties as the ledger stores them, after the check."""
    each = TYPES.get(name) or fact_type(name)
    if props and not props.keys() <= each.props.keys():
        raise UnknownProps(name, each.unknown_props(props))
    return as_json(props)


__all__ = [
    "AREAS",
    "TYPES",
    "FactType",
    "UnknownFactType",
    "UnknownProps",
    "as_json",
    "check_props",
    "checked_json",
    "fact_type",
]
