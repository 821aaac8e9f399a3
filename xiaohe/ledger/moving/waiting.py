"""Facts of the stream door that are acknowledged, older than what keys are kept of, and not yet compared with the lake."""

from __future__ import annotations

import pyarrow as pa

from xiaohe.ledger import inbox


def late_facts() -> pa.Table:
    """All of them, in the caller's snapshot; bounded, as the inbox is."""
    return inbox.late()
