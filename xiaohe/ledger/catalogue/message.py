"""Messages between a person and us, as far as somebody marked them."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

TYPES = (
    FactType(
        "message.out",
        "发出",
        "Message sent",
        "Words left the house towards the person.",
        {
            "task": "id of the task",
            "template": "id of the words used",
            "how": "copied or sent",
        },
    ),
    FactType(
        "message.in",
        "收到",
        "Message received",
        "The person answered, as somebody marked it.",
        {"task": "id of the task"},
    ),
)
