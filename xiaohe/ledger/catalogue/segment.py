"""Who came into a segment and who left it, and from one stage to the next: what the shop concluded, with the reason."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

_SEGMENT = {
    "segment": "the segment's slug",
    "version": "its version that was asked",
    "because": "the condition that changed, as text; or rule changed, joined, time",
}

TYPES = (
    FactType("segment.entered", "进入人群", "Segment entered",
             "The person fits a segment that they did not fit before; whoever fitted a new segment at once has none.",
             _SEGMENT),
    FactType("segment.left", "离开人群", "Segment left", "The person fits it no longer.", _SEGMENT),
    FactType("stage.changed", "阶段变化", "Stage changed", "The person's stage is another than before.",
             {"from": "stage before", "to": "stage since", "because": "what changed: a purchase, a link, time, joined"}),
)  # fmt: skip
