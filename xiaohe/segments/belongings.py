"""Segments, their versions and tags go along; who is in them is computed again."""

from __future__ import annotations

from xiaohe.kernel.belongings import Kind, Turned, travels
from xiaohe.segments.models import (
    MadeOf,
    Segment,
    SegmentDay,
    SegmentVersion,
    Tag,
    TagReason,
)
from xiaohe.shop import vault

# Under which a reason is sealed.
REASON = "reason of a tag"

RULE = {
    "text": "the rule as people read it, docs/segments.md",
    "tree": "the same rule as a tree",
}

travels(
    Segment,
    about="a rule with a name; who fits it is a segment",
    meanings={
        **RULE,
        "slug": "in rules, addresses and facts; never changes",
        "salt": "of random shares within it",
        "as_shipped": "of the library, unchanged: the rule that ships holds",
        "kind": "own, library (ships with Xiaohe, edited here) or tag",
    },
)
travels(
    SegmentVersion,
    about="what a segment was after one change",
    meanings={**RULE, "act": "what was done: saved, renamed, archived, restored, put_back, undone"},
)
travels(
    MadeOf,
    about="a category of goods or a printed code that has a tag of its own",
    meanings={
        "slug": "of the tag's segment",
        "each": "category or code",
        "people": "whom it was true of",
    },
)
travels(SegmentDay, about="how many people a segment had on a shop day")
travels(
    Tag,
    about="a tag that somebody answers for",
    meanings={
        "slug": "the segment whose members have it; empty: given by hand",
        "days": "days until it ends by itself; null: it does not",
        "sensitive": "given only with a reason",
        "owner": "the user who answers for it",
    },
)
travels(
    TagReason,
    about="why a person was given a tag, in somebody's own words",
    meanings={"fact": "key of the fact that gave it", "sealed": "the words in clear"},
    turned={
        "sealed": Turned(
            Kind.TEXT,
            lambda sealed: vault.unseal(bytes(sealed), REASON),
            lambda text: vault.seal(text, REASON),
        )
    },
    is_private=True,
)
