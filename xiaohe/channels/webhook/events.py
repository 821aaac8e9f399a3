"""What an endpoint may ask to be told: types of facts, and what happens to the ledger as a whole."""

from __future__ import annotations

from collections.abc import Sequence

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import catalogue

LAKE_COMMITTED = "lake.committed"
IMPORT_COMMITTED = "import.committed"
IMPORT_UNDONE = "import.undone"
LEDGER_EVENTS = (LAKE_COMMITTED, IMPORT_COMMITTED, IMPORT_UNDONE)
# One message for many facts, for an endpoint that asked for batches.
FACTS = "facts.recorded"
TEST = "webhook.test"
EVERY_FACT = "*"
CUSTOM = "custom:"
MOST_TYPES = 100


class UnknownType(BadInput):
    def __init__(self, name: str) -> None:
        super().__init__(
            "unknown_type",
            _(
                "A webhook cannot ask for “%(name)s”. It takes types of facts (order.paid), whole areas (order.*),"
                " events of other programs (custom:Name, custom:*), every fact (*), lake.committed,"
                " import.committed and import.undone."
            ),
            name=name,
        )


def checked(types: Sequence[str]) -> list[str]:
    """The types as they are kept: each once, sorted; raises UnknownType."""
    wanted = sorted({each.strip() for each in types} - {""})
    if not wanted or len(wanted) > MOST_TYPES:
        raise BadInput("types", _("A webhook asks for 1 to 100 types of events."))
    for each in wanted:
        if not _exists(each):
            raise UnknownType(each)
    return wanted


def wants(types: Sequence[str], name: str) -> bool:
    """Whether an endpoint that asked for `types` is told of a fact or event called `name`."""
    if name in types:
        return True
    if name in LEDGER_EVENTS:
        return False
    if EVERY_FACT in types:
        return True
    return any(
        name.startswith(each.removesuffix("*")) for each in types if each.endswith((".*", ":*"))
    )


def _exists(name: str) -> bool:
    if name in LEDGER_EVENTS or name == EVERY_FACT or name in catalogue.TYPES:
        return True
    if name.startswith(CUSTOM):
        return len(name) > len(CUSTOM)
    area = name.removesuffix("*")
    return area.endswith(".") and any(each.startswith(area) for each in catalogue.TYPES)
