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
    # Holders of the key are counted together with those of this kind; by default its own.
    counted_as: str = ""

    @property
    def joins(self) -> str:
        return self.counted_as or self.name


# A phone or mailbox seen with two buyers is a family's or an office's (calculations: "seen with one member name
# only"). One person may be a contact of several of our accounts, and buy under several names; nobody is of, or
# under, more than a dozen: what more of them have in common is our own number, or what a form puts in for nothing.
ONE, A_DOZEN = 1, 12

KINDS = {
    each.name: each
    for each in (
        EvidenceKind("unionid", Reach.OWN, A_DOZEN, A_DOZEN),
        EvidenceKind("openid", Reach.OWN, A_DOZEN, A_DOZEN),
        EvidenceKind("external_userid", Reach.OWN, A_DOZEN, A_DOZEN),
        EvidenceKind("phone", Reach.CERTAIN, ONE, A_DOZEN),
        EvidenceKind("email", Reach.CERTAIN, ONE, A_DOZEN),
        # An order has one buyer: of two contacts that name it, one is somebody else.
        EvidenceKind("order_no", Reach.CERTAIN, None, ONE),
        EvidenceKind("claim", Reach.CERTAIN, ONE, ONE),
        EvidenceKind("alias", Reach.CERTAIN, ONE),
        EvidenceKind("device", Reach.CERTAIN, ONE),
        EvidenceKind("device_phone", Reach.CERTAIN, ONE, A_DOZEN, counted_as="phone"),
        EvidenceKind("device_email", Reach.CERTAIN, ONE, A_DOZEN, counted_as="email"),
        EvidenceKind("address", Reach.NEVER),
    )
}
