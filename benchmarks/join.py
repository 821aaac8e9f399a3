"""The certain join at size: everything from stored evidence, a thousand new facts, and beside splink's clustering.

    python benchmarks/join.py [EDGES] [--splink FOLDER] [--seed N]        default 1,500,000 edges of about 1,000,000 keys

`pip install --target FOLDER splink` first; without it only our figures are printed. Prints seconds and the memory at most
for a tenth of the edges and for all of them (so: how both grow), what was quarantined and cut, then a thousand new
edges joined onto the stored answer. Each size runs in a process of its own. splink clusters the very pairs that join.
"""

from __future__ import annotations

import argparse
import json
import resource
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from xiaohe.people.evidence_kinds import KINDS
from xiaohe.people.joined import stored
from xiaohe.people.joined.growing import grow
from xiaohe.people.joined.rule import resolve
from xiaohe.people.joined.stated import Holder, Saying, Stated, graph_of

SAYINGS = (
    Saying(KINDS["phone"], Holder.BUYER),
    Saying(KINDS["phone"], Holder.CONTACT),
    Saying(KINDS["order_no"], Holder.CONTACT),
    Saying(KINDS["unionid"], Holder.BUYER),
)
PLATFORMS = ("taobao", "jd", "wechat_shop")
SPLINK_EDGES = 1_000_000


def make(edges: int, seed: int, folder: Path) -> None:
    """A shop's evidence: most phones of one buyer, some of a family, a few of a warehouse; contacts name phones and orders."""
    rng = np.random.default_rng(seed)
    buyers = edges // 4
    ids = rng.permutation(np.unique(rng.integers(1, 1 << 62, 4 * buyers)))
    buyer, phone, order, rest = np.array_split(ids, 4)
    contact, union = np.array_split(rest, 2)
    size = min(len(buyer), len(phone), len(order))
    buyer, phone, order = buyer[:size], phone[:size], order[:size]
    own = rng.integers(0, size, size)
    family = rng.random(size) < 0.03
    seen = np.where(rng.random(size) < 0.002, 0, np.where(family, own, np.arange(size)))
    known = rng.choice(size, len(contact), replace=len(contact) > size)
    by_phone = rng.random(len(contact)) < 0.6
    named = rng.choice(size, size // 3)
    has_union = rng.choice(size, size // 3)
    parts = [
        (buyer, phone[seen], 0),
        (contact[by_phone], phone[known[by_phone]], 1),
        (contact[~by_phone], order[known[~by_phone]], 2),
        (
            contact[rng.integers(0, len(contact), len(named))][: size // 20],
            order[named][: size // 20],
            2,
        ),
        (buyer[has_union], union[rng.integers(0, len(union), len(has_union))], 3),
    ]
    left = np.concatenate([part[0] for part in parts])
    right = np.concatenate([part[1] for part in parts])
    told = np.concatenate([np.full(len(part[0]), part[2]) for part in parts])
    mixed = rng.permutation(len(left))
    pq.write_table(
        pa.table({"left": left[mixed], "right": right[mixed], "told": told[mixed]}),
        folder / "edges.parquet",
    )
    # Whose the orders are is an edge, too: all further ones.
    more = max(0, edges - len(left) - size)
    orders = np.concatenate([order, rng.integers(1, 1 << 62, more // 2)])
    owner = np.concatenate([buyer, buyer[rng.integers(0, size, more // 2)]])
    table = {"order": orders, "buyer": owner, "platform": rng.integers(0, 3, len(orders))}
    pq.write_table(pa.table(table), folder / "orders.parquet")


def read(folder: Path) -> Stated:
    edges, orders = (
        pq.read_table(folder / "edges.parquet"),
        pq.read_table(folder / "orders.parquet"),
    )
    return Stated(
        left=edges["left"].to_numpy(), right=edges["right"].to_numpy(),
        told=edges["told"].to_numpy().astype(np.uint16), sayings=SAYINGS,
        order=orders["order"].to_numpy(), buyer=orders["buyer"].to_numpy(),
        platform=orders["platform"].to_numpy().astype(np.uint16), platforms=PLATFORMS,
    )  # fmt: skip


def measure(edges: int, seed: int) -> None:
    with tempfile.TemporaryDirectory() as place:
        folder = Path(place)
        # In a process of its own: what it takes to make them up is not ours.
        subprocess.run(
            [sys.executable, __file__, str(edges), "--seed", str(seed), "--make", place], check=True
        )
        began, cpu = time.perf_counter(), time.process_time()
        stated = read(folder)
        statements = len(stated.left) + len(stated.order)
        graph = graph_of(stated)
        del stated
        placed = time.perf_counter()
        joined = resolve(graph)
        resolved = time.perf_counter()
        first = np.zeros(len(graph.nodes), np.int64), np.zeros(len(graph.nodes), np.int64)
        moved, _persons = stored.persons(graph.nodes, joined.labels.person, *first)
        whole, cpu = time.perf_counter(), time.process_time() - cpu
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e6
        base = stored.keep(folder / "join", graph, joined, first, {})
        kept = time.perf_counter()
        rng = np.random.default_rng(seed + 1)
        new = [
            (int(graph.nodes[rng.integers(len(graph.nodes))]) if at % 2 else int(rng.integers(1 << 62)),
             int(graph.nodes[graph.right[rng.integers(len(graph.right))]]), "phone", Holder.CONTACT)
            for at in range(1_000)
        ]  # fmt: skip
        grow(base, Stated.of(new[:10]))
        more = Stated.of(new)
        start, grew_cpu = time.perf_counter(), time.process_time()
        grown = grow(base, more)
        grew, grew_cpu = time.perf_counter() - start, time.process_time() - grew_cpu
        print(json.dumps({
            "statements": statements, "keys": len(graph.nodes), "placed_s": round(placed - began, 2),
            "resolved_s": round(resolved - placed, 2), "whole_s": round(whole - began, 2), "whole_cpu_s": round(cpu, 2),
            "kept_s": round(kept - whole, 2), "peak_gb": round(peak, 2), "re_pointed": len(moved),
            "quarantined": len(joined.quarantined), "conflicts": len(joined.conflicts),
            "thousand_new_s": round(grew, 3), "thousand_new_cpu_s": round(grew_cpu, 3), "looked_at_anew": len(grown.region),
        }))  # fmt: skip


def splink(seed: int) -> None:
    """Both put the same pairs together: those that join, no rule left to apply."""
    from splink import DuckDBAPI
    from splink.clustering import cluster_pairwise_predictions_at_threshold

    from xiaohe.people.components import components

    with tempfile.TemporaryDirectory() as place:
        make(2 * SPLINK_EDGES, seed, Path(place))
        stated = read(Path(place))
    left, right = stated.left[:SPLINK_EDGES], stated.right[:SPLINK_EDGES]
    began = time.perf_counter()
    _nodes, root = components(left, right)
    ours = time.perf_counter() - began
    nodes = pa.table({"id": np.unique(np.concatenate([left, right]))})
    pairs = pa.table({"l": left, "r": right, "match_probability": np.ones(len(left))})
    began = time.perf_counter()
    api = DuckDBAPI()
    found = cluster_pairwise_predictions_at_threshold(
        api.register(nodes),
        api.register(pairs),
        api, "id", "l", "r", threshold_match_probability=0.5,
    ).as_record_list()  # fmt: skip
    theirs = time.perf_counter() - began
    clusters = len({row["cluster_id"] for row in found})
    print(json.dumps({
        "pairs": len(left), "ours_s": round(ours, 2), "splink_s": round(theirs, 2),
        "ours_clusters": len(np.unique(root)), "splink_clusters": clusters, "times": round(theirs / ours, 1),
    }))  # fmt: skip


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("edges", type=int, nargs="?", default=1_500_000)
    asked.add_argument("--seed", type=int, default=4)
    asked.add_argument("--splink", default="")
    asked.add_argument("--make", default="", help=argparse.SUPPRESS)
    asked.add_argument("--one", action="store_true", help=argparse.SUPPRESS)
    told = asked.parse_args()
    if told.make:
        make(told.edges, told.seed, Path(told.make))
        return
    if told.one:
        measure(told.edges, told.seed)
        return
    for edges in (told.edges // 10, told.edges):
        subprocess.run(
            [sys.executable, __file__, str(edges), "--seed", str(told.seed), "--one"], check=True
        )
    if told.splink:
        sys.path.insert(0, told.splink)
        splink(told.seed)


if __name__ == "__main__":
    main()
