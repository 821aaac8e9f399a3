"""Who came into a segment and who left it, and from one stage to the next: what the shop concluded, with the reason."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

_SEGMENT = {
    "segment": "the segment's slug",
    "version": "its version that was asked",
    "because": "the condition that changed, as text; or rule changed, joined, time",
}
_BECAUSE = "what it came from: a purchase, a refund, a link, a signal, others (the shop's lines moved), time, joined"

TYPES = (
    FactType("segment.entered", "进入人群", "Segment entered",
             "The person fits a segment that they did not fit before; whoever fitted a new segment at once has none.",
             _SEGMENT),
    FactType("segment.left", "离开人群", "Segment left", "The person fits it no longer.", _SEGMENT),
    FactType("stage.changed", "阶段变化", "Stage changed", "The person's stage is another than before.",
             {"from": "stage before, null for a newcomer", "to": "stage since", "because": _BECAUSE}),
    FactType("tier.changed", "层级变化", "Tier changed", "The person's tier is another than before.",
             {"from": "tier before, null for none", "to": "tier since, null for none", "because": _BECAUSE}),
    FactType("vip.changed", "VIP 变化", "VIP changed", "The person became a VIP, or is none any longer.",
             {"from": "true or false", "to": "true or false", "because": _BECAUSE}),
)  # fmt: skip
