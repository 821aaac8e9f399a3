"""Codes and claims go along; what is left of this minute's rates does not."""

from __future__ import annotations

import base64

from xiaohe.entries.models import Claim, Code
from xiaohe.kernel.belongings import Kind, Turned, stays, travels
from xiaohe.shop import vault

# Under which a claimed order number is sealed.
NUMBER = "claimed number"

travels(
    Code,
    about="one printable code: a batch of parcel cards, a store, a table or a member of staff",
    meanings={
        "offer": "the one sentence on the card",
        "account_said": "what to search for in WeChat",
        "picture": "QR picture of the account, PNG in base64",
        "gift": "what whoever gives an order number gets",
    },
    turned={
        "picture": Turned(
            Kind.TEXT,
            lambda png: None if png is None else base64.b64encode(bytes(png)).decode(),
            lambda text: None if text is None else base64.b64decode(text),
        )
    },
)
travels(
    Claim,
    about="one order number that somebody typed on the public page",
    meanings={
        "word": "what the customer sends in the chat",
        "sealed": "the number in clear",
        "number_hash": "keyed hash of the number, platform apart",
        "scanner": "keyed hash of a cookie of our own",
    },
    turned={
        "sealed": Turned(
            Kind.TEXT,
            lambda sealed: vault.unseal(bytes(sealed), NUMBER),
            lambda text: vault.seal(text, NUMBER),
        )
    },
    is_private=True,
)
stays("entries_bucket", why="rebuilt: what is left of this minute's rates")
