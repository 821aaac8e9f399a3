"""Running the shop: what work cost, what was imported."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import FactType

TYPES = (
    FactType(
        "cost.recorded",
        "成本",
        "Cost recorded",
        "Money or minutes went into the work; amount is null where only minutes did.",
        {"minutes": "whole minutes of somebody's time", "what": "published name of the cost"},
    ),
    FactType(
        "import.finished",
        "导入完成",
        "Import finished",
        "A file was imported.",
        {"import": "id of the import", "rows": "data rows read"},
    ),
)
