"""Consent: what a person allows; the latest statement holds."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

_PROPS = {
    "channel": "which channel it is about; absent means all of them",
    "task": "id of the task it was marked on",
}

TYPES = (
    FactType(
        "consent.given", "同意", "Consent given", "The person agrees to be written to.", _PROPS
    ),
    FactType(
        "consent.reduced", "少打扰", "Consent reduced", "The person wants less of it.", _PROPS
    ),
    FactType(
        "consent.withdrawn",
        "拒绝",
        "Consent withdrawn",
        "The person wants no more of it; service only.",
        _PROPS,
    ),
)
