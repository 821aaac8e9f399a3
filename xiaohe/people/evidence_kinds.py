"""The table of evidence: what a source may say joins two keys, how far that goes, and when it says too much.

    identity.seen  subject ── kind ── other

| strength | consequence |
|---|---|
| own     | the key is one human's alone: two of them in one scope never are one person |
| certain | joins, unless the key has more holders than one person explains |
| likely  | is a question to the owner at most |
| never   | describes |
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import IntEnum


class Reach(IntEnum):
    """How far a kind of evidence goes."""

    NEVER = 0
    LIKELY = 1
    CERTAIN = 2
    OWN = 3


@dataclass(frozen=True)
class EvidenceKind:
    """One `kind` in the props of `identity.seen`."""

    name: str
    reach: Reach
    # More distinct buyers, or contacts, than this hold the key: it says nothing certain of any of them.
    most_buyers: int | None = None
    most_contacts: int | None = None


# A phone or mailbox seen with two buyers is a family's or an office's (calculations: "seen with one member name
# only"). One person may be a contact of several of our accounts; nobody is of more than a dozen, so what more of
# them have in their text is our own number or a colleague's.
ONE_PERSON, MANY_ACCOUNTS = 1, 12

KINDS = {
    each.name: each
    for each in (
        EvidenceKind("unionid", Reach.OWN),
        EvidenceKind("openid", Reach.OWN),
        EvidenceKind("external_userid", Reach.OWN),
        EvidenceKind("phone", Reach.CERTAIN, ONE_PERSON, MANY_ACCOUNTS),
        EvidenceKind("email", Reach.CERTAIN, ONE_PERSON, MANY_ACCOUNTS),
        EvidenceKind("order_no", Reach.CERTAIN, ONE_PERSON, MANY_ACCOUNTS),
        EvidenceKind("claim", Reach.CERTAIN, ONE_PERSON, MANY_ACCOUNTS),
        EvidenceKind("alias", Reach.CERTAIN, ONE_PERSON),
        EvidenceKind("device", Reach.CERTAIN, ONE_PERSON),
        EvidenceKind("device_phone", Reach.CERTAIN, ONE_PERSON),
        EvidenceKind("device_email", Reach.CERTAIN, ONE_PERSON),
        EvidenceKind("address", Reach.NEVER),
    )
}
