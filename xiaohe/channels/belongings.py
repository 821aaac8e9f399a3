"""Webhooks: where they go and what went; the secrets they are signed with stay behind, so they come in switched off."""

from __future__ import annotations

from typing import Any

from xiaohe.channels.models import (
    Attempt,
    Delivery,
    DeliveryState,
    Endpoint,
    Letter,
    OffReason,
)
from xiaohe.channels.webhook import deliver, endpoints, letters, signature
from xiaohe.kernel.belongings import Kind, Turned, travels
from xiaohe.shop import vault


def _sealed(purpose: str) -> Turned:
    def out(value: Any) -> str | None:
        return None if value is None else vault.unseal(bytes(value), purpose)

    def into(text: str | None) -> bytes | None:
        return None if text is None else vault.seal(text, purpose)

    return Turned(Kind.TEXT, out, into)


def _not_in_hand(state: str) -> str:
    """Whoever is sending it now does so from the old place."""
    return DeliveryState.UNKNOWN.value if state == DeliveryState.SENDING else state


SECRET = "secret: rotate it before the endpoint is switched on again"
travels(
    Endpoint,
    about="one end of a webhook: a door of ours, or somebody's URL",
    meanings={
        "direction": "`in` or `out`",
        "platform": "whose customers and orders its numbers name; `in` only",
        "url": "in clear; `out` only",
        "types": "types of facts it is told of; `out` only",
        "private": "its URL may lie in the own network; `out` only",
        "names": "names of its events that no type of fact lists; `in` only",
        "retired_at": "removed then; it can be brought back",
    },
    turned={"url": _sealed(endpoints.URL)},
    left_out={
        "secret": SECRET,
        "old_secret": SECRET,
        "old_until": SECRET,
        "off_reason": "comes in switched off",
        "off_at": "comes in switched off",
    },
    instead={
        "secret": lambda: vault.seal(signature.new_secret(), endpoints.SECRET),
        "off_reason": OffReason.BY_HAND.value,
    },
    is_private=True,
)
travels(
    Delivery,
    about="one message to one endpoint",
    meanings={
        "message_id": "the `webhook-id`, the same however often it is tried",
        "body": "JSON as it is signed; no direct identifiers",
        "created_us": "microseconds since 1970, UTC; so are the others ending in `_us`",
    },
    turned={"state": Turned(Kind.TEXT, _not_in_hand, str)},
    left_out={
        "token": "who has it in hand now",
        "claimed_until_us": "who has it in hand now",
    },
)
travels(
    Attempt,
    about="how one try went",
    meanings={"response": "the beginning of what they answered, in clear"},
    turned={"response": _sealed(deliver.RESPONSE)},
    is_private=True,
)
travels(
    Letter,
    about="a signed message, or one event of it, that could not be read yet",
    meanings={"body": "in clear", "key": "the key its fact will have"},
    turned={"body": _sealed(letters.BODY)},
    is_private=True,
)
