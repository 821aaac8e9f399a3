"""What attributes hang on, beside the person's own facts of the moment."""

from __future__ import annotations

OF_FACTS = frozenset({
    "net_total", "net_365", "days_365", "first_on", "hour_habit", "shop_habit", "store", "category_1", "category_2",
    "promo_share", "refund_share", "linked", "friend", "in_group", "follows", "ever_linked", "linked_since",
    "link_days", "account", "staff", "ended_by", "last_signal_on", "consent", "muted", "complaint_open",
})  # fmt: skip
OF_FIRST = frozenset({"source_first_on", "first_source_type", "first_platform", "first_entry", "first_code"})  # fmt: skip
OF_LAST = frozenset({"last_source_type", "last_platform", "last_entry", "last_code"})
OF_OTHERS = frozenset({"referrals", "chain_depth", "was_referred", "promoter", "trust"})
# Reckoned anew each day by how others of their kind bought.
OF_DAY = frozenset({"chance", "ev"})
OF_SOURCES = OF_FIRST | OF_LAST
OF_RHYTHM = frozenset({
    "stage", "occasions", "days_since", "ratio", "due", "due_on", "last_on", "cycle", "basis", "chance", "ev", "usual_net",
    "need", "means", "weakest", "bargain_hunter",
})  # fmt: skip
OF_REFERRALS = OF_OTHERS | {"weakest"}
