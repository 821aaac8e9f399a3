"""Running the shop: what work cost, what was imported."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType
from xiaohe.ledger.catalogue.link import SOURCE

_TAG = {
    "group": "the tag's group",
    "tag": "the tag",
    "by": "hand, rule, code or import; absent: import",
    # Of a tag that a printed code gave: whose code it is.
    **SOURCE,
}

TYPES = (
    FactType(
        "cost.recorded",
        "成本",
        "Cost recorded",
        "Money or minutes went into the work; amount is null where only minutes did.",
        {
            "minutes": "whole minutes of somebody's time",
            "what": "ads, bait, print, staff, tools or other",
            "source_type": "kind of platform the cost was for",
            "platform": "id of the platform, or the channel as the table names it",
            "entry": "how people come by it: parcel_card, store_code, live …",
            "code": "the printed code it was for",
            "store": "name of the store",
        },
    ),
    FactType(
        "tag.added",
        "加标签",
        "Tag added",
        "The person was given a tag: by somebody of the shop, by a rule, or in a file; of files occurred_at is when the"
        " contact was added, for exports do not say when the tag was.",
        _TAG
        | {"until": "shop day with which it ends by itself, as yyyy-mm-dd; absent: it does not"},
    ),
    FactType(
        "tag.removed",
        "去标签",
        "Tag removed",
        "A tag was taken away again, by hand or because the person fits its rule no longer.",
        _TAG,
    ),
    FactType(
        "import.finished",
        "导入完成",
        "Import finished",
        "A file was imported.",
        {"import": "id of the import", "rows": "data rows read"},
    ),
)
