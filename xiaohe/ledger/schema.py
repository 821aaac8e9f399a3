"""The one shape of a fact in the lake, in the inbox and in every read.

| column      | meaning |
|-------------|---------|
| key_hash    | 63-bit id of (source, key): the same fact arriving twice has the same one |
| source      | who states it: `taobao`, `wecom`, `table`, `xiaohe` (taps), `segment:<source>`, `webhook:<endpoint>` |
| type        | a name of `xiaohe.ledger.catalogue` |
| occurred_at | when it happened, UTC |
| date_only   | the source gave a date without a time: it belongs to that very shop day |
| recorded_at | when we were told, UTC |
| subject     | keyed hash of the fact's strongest key, never a person id; for ever |
| order_key   | keyed hash of platform + order number |
| other       | the second key of an evidence edge (`identity.seen`) |
| item_key    | keyed hash of the goods code or title |
| account_id  | our end of a link (`shop.Account`) |
| amount      | minor units of `currency` |
| currency    | three letters (ISO 4217) |
| quantity    | pieces |
| content     | 63-bit hash of what the key does not cover: tells "again" from "changed" |
| import_id   | the file it came with; null for facts of the stream (taps, events, webhooks) |
| row_no      | its data row in that file; for facts of the stream the order of arrival, batch × 65536 + place: decides between facts of one instant |
| props       | JSON of the type's allow-listed properties; no direct identifiers |
"""

from __future__ import annotations

import pyarrow as pa

INSTANT = pa.timestamp("us", tz="UTC")

FACT_SCHEMA = pa.schema(
    [
        pa.field("key_hash", pa.int64(), nullable=False),
        pa.field("source", pa.string(), nullable=False),
        pa.field("type", pa.string(), nullable=False),
        pa.field("occurred_at", INSTANT, nullable=False),
        pa.field("date_only", pa.bool_(), nullable=False),
        pa.field("recorded_at", INSTANT, nullable=False),
        pa.field("subject", pa.int64(), nullable=False),
        pa.field("order_key", pa.int64()),
        pa.field("other", pa.int64()),
        pa.field("item_key", pa.int64()),
        pa.field("account_id", pa.int64()),
        pa.field("amount", pa.int64()),
        pa.field("currency", pa.string()),
        pa.field("quantity", pa.float64()),
        pa.field("content", pa.int64()),
        pa.field("import_id", pa.int64()),
        pa.field("row_no", pa.int64()),
        pa.field("props", pa.string()),
    ]
)

# What a parser hands to the bulk door: the same without the import, plus the data row it came from.
# `in_file_ordinal`: identical keys inside one file are different facts (lines of one order), told apart by their
# ordinal; elsewhere an identical key inside one file is the same fact stated twice.
STAGED_SCHEMA = pa.schema(
    [
        *[
            field
            for field in FACT_SCHEMA
            if field.name not in {"import_id", "recorded_at", "row_no"}
        ],
        pa.field("row_no", pa.int64(), nullable=False),
        pa.field("in_file_ordinal", pa.bool_(), nullable=False),
    ]
)
