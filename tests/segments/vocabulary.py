"""A shop's vocabulary for tests: every attribute and record there is, custom facts, and two saved segments."""

from __future__ import annotations

from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.records.registry import RECORDS, kind_named
from xiaohe.segments.rules.vocabulary import Field, Kind, RecordKind, Vocabulary

# A name of the shop's own choice, with whatever letters it likes.
CUSTOM = RecordKind(
    "custom:Order Completed",
    {each: Field(each, Kind.STATED) for each in ("name", "not", "Größe", 'é"x')},
    ("custom:Order Completed",),
)
BOOKED = kind_named("custom:booked")
assert BOOKED is not None
VOCABULARY = Vocabulary(
    ATTRIBUTES,
    {**RECORDS, CUSTOM.name: CUSTOM, BOOKED.name: BOOKED},
    frozenset({"regulars", "east-side"}),
)
