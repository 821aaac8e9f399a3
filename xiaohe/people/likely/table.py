"""The derived table of likely pairs: one file, replaced whole; without it there are no questions until it is rebuilt.

HOME/derived/likely.parquet   left (contact, or buyer), right (buyer), weight, chance, because (codes), between; the model beside
"""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.kernel import workspace

SCHEMA = pa.schema(
    [
        ("left", pa.int64()),
        ("right", pa.int64()),
        ("weight", pa.float64()),
        ("chance", pa.float64()),
        ("because", pa.list_(pa.string())),
        ("between", pa.string()),
    ]
)
# A change of what the columns mean: raise it, and nobody reads the old file.
FORMAT = 2
# `between`: a contact and a buyer, or buyers of two platforms.
CONTACT, PLATFORMS = "contact", "platforms"
_ABOUT = b"xiaohe"


@dataclass(frozen=True)
class Likely:
    """Pairs of each kind by falling chance, and what they were weighed by."""

    pairs: pa.Table
    about: dict[str, Any]


def path() -> Path:
    return workspace.current().derived / "likely.parquet"


def write(pairs: pa.Table, about: dict[str, Any]) -> None:
    """Put a new table in place of the old one."""
    place = path()
    workspace.current().made(place.parent)
    draft = place.with_name(f".{uuid.uuid4().hex}")
    told = json.dumps({"format": FORMAT, **about}).encode()
    try:
        pq.write_table(pairs.cast(SCHEMA).replace_schema_metadata({_ABOUT: told}), draft)
        with open(draft, "rb") as handle:
            os.fsync(handle.fileno())
        os.replace(draft, place)
    finally:
        draft.unlink(missing_ok=True)


def current() -> Likely | None:
    """The table as it stands; None before it was first built."""
    try:
        pairs = pq.read_table(path())
    except (FileNotFoundError, pa.ArrowInvalid):
        return None
    about = json.loads((pairs.schema.metadata or {}).get(_ABOUT, b"{}"))
    return Likely(pairs, about) if about.get("format") == FORMAT else None
