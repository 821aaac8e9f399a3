"""The join of all files and events, kept in HOME/derived/join: so that few new facts touch few people.

    nodes · left right told (by key) · by_left      edges
    order buyer platform (by order) · by_buyer      orders
    said own phones files person · by_person        labels after each level (rule.Labels)
    first_us first_import                           when a node was first recorded, and by which import
    unused cut quarantined · moved moved_to         what came of it

Arrays are mapped, not read: every process of this machine shares one copy. The owner's word is in none of them; it is
laid on top each time, like what came since (growing.py). A folder is written aside and renamed; nobody changes it.
"""

from __future__ import annotations

import json
import shutil
import time
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

from xiaohe.people.components import Ids, Mask, Places
from xiaohe.people.evidence_kinds import KINDS
from xiaohe.people.joined.rule import Joined
from xiaohe.people.joined.stated import Graph, Holder, Saying

FORMAT = 1
NEVER = np.iinfo(np.int64).max
KEPT = 2


@dataclass(frozen=True)
class Stored:
    """One folder; its columns by name."""

    folder: Path
    about: Mapping[str, Any]

    def __getattr__(self, name: str) -> NDArray[Any]:
        if name.startswith("_") or not (self.folder / f"{name}.npy").exists():
            raise AttributeError(name)
        found: NDArray[Any] = np.load(self.folder / f"{name}.npy", mmap_mode="r")
        object.__setattr__(self, name, found)
        return found

    @cached_property
    def sayings(self) -> tuple[Saying, ...]:
        return tuple(
            Saying(KINDS[kind], Holder(holder), scope)
            for kind, holder, scope in self.about["sayings"]
        )

    @cached_property
    def platforms(self) -> tuple[str, ...]:
        return tuple(self.about["platforms"])


def keep(
    root: Path, graph: Graph, joined: Joined, first: tuple[Ids, Ids], about: Mapping[str, Any]
) -> Stored:
    """Write a folder; `first`: of every node, when and by which import it was first recorded."""
    root.mkdir(parents=True, exist_ok=True, mode=0o700)
    draft = root / f".{uuid.uuid4().hex}"
    draft.mkdir(mode=0o700)
    labels = joined.labels
    moved, moved_to = persons(graph.nodes, labels.person, *first)
    columns: dict[str, NDArray[Any]] = {
        "nodes": graph.nodes, "left": graph.left, "right": graph.right, "told": graph.told,
        "by_left": _sorted_by(graph.left), "order": graph.order, "buyer": graph.buyer,
        "platform": graph.platform, "by_buyer": _sorted_by(graph.buyer),
        "said": labels.said, "own": labels.own, "phones": labels.phones, "files": labels.files,
        "person": labels.person, "by_person": _sorted_by(labels.person),
        "first_us": first[0], "first_import": first[1],
        "unused": joined.unused, "cut": _cut(graph, joined), "quarantined": joined.quarantined,
        "moved": moved, "moved_to": moved_to, "moved_by_person": np.lexsort((moved, moved_to)),
    }  # fmt: skip
    for name in ("left", "buyer", "person"):
        columns[f"{name}_sorted"] = columns[name][columns[f"by_{name}"]]
    for name, column in columns.items():
        np.save(draft / f"{name}.npy", column)
    said = [(each.kind.name, int(each.holder), each.scope) for each in graph.sayings]
    conflicts = [
        (str(each.reason), each.nodes.tolist(), each.edges.tolist()) for each in joined.conflicts
    ]
    whole = {
        **about, "format": FORMAT, "sayings": said, "platforms": list(graph.platforms),
        "conflicts": conflicts, "built": time.time(),
    }  # fmt: skip
    (draft / "about.json").write_text(json.dumps(whole))
    place = root / uuid.uuid4().hex
    draft.rename(place)
    _prune(root)
    return Stored(place, whole)


def newest(root: Path) -> Stored | None:
    """The newest whole folder of this format."""
    for folder in _folders(root):
        try:
            about = json.loads((folder / "about.json").read_text())
        except (OSError, ValueError):
            continue
        if about.get("format") == FORMAT:
            return Stored(folder, about)
    return None


def newest_name(root: Path) -> str:
    """The name of the newest folder, of whatever format; empty if there is none."""
    return next((each.name for each in _folders(root)), "")


def _folders(root: Path) -> list[Path]:
    if not root.is_dir():
        return []
    found = [each for each in root.iterdir() if each.is_dir() and not each.name.startswith(".")]
    return sorted(found, key=lambda each: each.stat().st_mtime_ns, reverse=True)


def _prune(root: Path) -> None:
    for folder in _folders(root)[KEPT:]:
        shutil.rmtree(folder, ignore_errors=True)


def _sorted_by(column: Places) -> Places:
    return np.argsort(column, kind="stable").astype(np.int32)


def _cut(graph: Graph, joined: Joined) -> Mask:
    """Edges left out for a contradiction: who hangs at them is looked at together."""
    cut = np.zeros(len(graph.left), bool)
    for each in joined.conflicts:
        cut[each.edges] = True
    return cut


def persons(nodes: Ids, label: Places, first_us: Ids, first_import: Ids) -> tuple[Ids, Ids]:
    """Nodes that are not their own person, ascending, and their person: who was recorded first, then by import, then id."""
    known = np.flatnonzero(first_us != NEVER).astype(np.int32)
    size = np.bincount(label[known], minlength=len(label))
    known = known[size[label[known]] > 1]
    root = label[known]
    for column in (first_us, first_import):
        best = np.full(len(label), NEVER)
        np.minimum.at(best, root, column[known])
        first = column[known] == best[root]
        candidates, roots = known[first], root[first]
        if column is first_us:
            # Only the earliest go on; the others are remembered by `everybody`.
            everybody, everybodys = known, root
        known, root = candidates, roots
    winner = np.full(len(label), np.iinfo(np.int32).max, np.int32)
    np.minimum.at(winner, root, known)
    person = winner[everybodys]
    moved = person != everybody
    return nodes[everybody[moved]], nodes[person[moved]]


def rows_of(ascending: NDArray[Any], wanted: Places) -> NDArray[np.int64]:
    """All places at which any of these values stands in a sorted column."""
    if not len(wanted):
        return np.empty(0, np.int64)
    low = np.searchsorted(ascending, wanted, "left")
    count = np.searchsorted(ascending, wanted, "right") - low
    starts = np.repeat(low - np.concatenate([[0], np.cumsum(count)[:-1]]), count)
    return starts + np.arange(int(count.sum()))
