"""The key of a fact: 63 keyed bits of (source, key), the same whenever and wherever the fact is stated."""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
from numpy.typing import NDArray

from xiaohe.kernel import workspace
from xiaohe.kernel.ids import Hasher

NAMESPACE = "fact"


def key_hash(source: str, key: str, hasher: Hasher | None = None) -> int:
    """The `key_hash` of a fact of the current workspace; pass a hasher when there are many."""
    hasher = hasher or Hasher(workspace.current().secret("hash"))
    return hasher(NAMESPACE, f"{source}:{key}")


def key_hashes(stated: Iterable[tuple[str, str]]) -> NDArray[np.int64]:
    """The same for many pairs of source and key."""
    hasher = Hasher(workspace.current().secret("hash"))
    return hasher.many(NAMESPACE, [f"{source}:{key}" for source, key in stated])
