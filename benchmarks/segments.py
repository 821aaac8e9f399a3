"""Segments kept ready, against asking for each: `python benchmarks/segments.py` (50,000 people, 1 M facts).

    python benchmarks/segments.py --people 1000000 --facts 20000000 --data DIR     keep the data there, and use it again
    python benchmarks/segments.py … --chdb DIR                                     a folder with the package chdb
    python benchmarks/segments.py … --only counts                                  live counts alone, of many people

In one run, side by side: traits with one segment and with a hundred; the hundred as hand-written queries on the same files
(answers compared) and, where it is at hand, in ClickHouse, of a plain hundred and of one as a shop has it; live counts;
leaves never seen; a thousand people touched; seconds from a fact to its membership; peak memory. CPU seconds stand
beside wall seconds: they hold on a busy machine.
"""

from __future__ import annotations

import argparse
import os
import random
import resource
import secrets
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))


def main() -> None:
    arguments = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    arguments.add_argument("--people", type=int, default=50_000)
    arguments.add_argument("--facts", type=int, default=1_000_000)
    arguments.add_argument("--data", default="")
    arguments.add_argument("--chdb", default="")
    arguments.add_argument("--seconds", type=float, default=5, help="of 2,000 facts a second")
    arguments.add_argument("--only", choices=("bases", "counts"), default="")
    arguments.add_argument("--hundred", choices=("plain", "mixed"), default="")
    asked = arguments.parse_args()
    if asked.chdb:
        sys.path.insert(0, asked.chdb)
    home = Path(asked.data or tempfile.mkdtemp(prefix="xiaohe-segments-")).resolve()
    home.mkdir(parents=True, exist_ok=True)
    os.environ.update(XIAOHE_HOME=str(home), DJANGO_SETTINGS_MODULE="xiaohe.settings")
    import django

    django.setup()
    from django.core.management import call_command

    call_command("migrate", verbosity=0, interactive=False)
    from benchmarks import segments_data, segments_mixed, segments_rules
    from benchmarks.queries_data import NOW, Shop, prepare
    from xiaohe.ledger import drain

    with timed(f"{asked.facts:,} facts of {asked.people:,} people written"):
        prepare(home, Shop(asked.people, asked.facts))
        segments_data.enrich(home)
        # What an earlier run told by the stream door is in files too, for queries by hand.
        drain.drain(NOW, force=True)
    hundreds: dict[str, Sequence[Any]] = {
        "mixed": segments_mixed.SEGMENTS,
        "plain": segments_rules.SEGMENTS,
    }
    if asked.only == "counts":
        del hundreds["mixed"]
    for name in [asked.hundred] if asked.hundred else list(hundreds):
        print(f"-- a {name} hundred")
        spent = refreshes(NOW, hundreds[name])
        if asked.only != "counts":
            by_hand(NOW, hundreds[name], spent, bool(asked.chdb))
    if asked.only != "bases":
        counts(NOW)
    if not asked.only:
        touched(asked.people, NOW)
        door(asked.people, asked.seconds, NOW)


@contextmanager
def timed(what: str) -> Iterator[list[float]]:
    """Say wall and CPU seconds and the most memory held meanwhile; both seconds are given when it is over."""
    found: list[float] = []
    watch = Memory()
    wall, cpu = time.perf_counter(), _cpu()
    with watch:
        yield found
    found += [time.perf_counter() - wall, _cpu() - cpu]
    print(
        f"{what:58} {found[0]:8.2f} s  {found[1]:8.2f} cpu s  {watch.most_mb:6.0f} MB", flush=True
    )


def _cpu() -> float:
    told = resource.getrusage(resource.RUSAGE_SELF)
    return told.ru_utime + told.ru_stime


class Memory:
    """The largest resident size seen, looked at ten times a second."""

    def __enter__(self) -> Memory:
        self.most_mb, self._stop = _resident_mb(), threading.Event()
        self._thread = threading.Thread(target=self._watch, daemon=True)
        self._thread.start()
        return self

    def __exit__(self, *_error: object) -> None:
        self._stop.set()
        self._thread.join()

    def _watch(self) -> None:
        while not self._stop.wait(0.1):
            self.most_mb = max(self.most_mb, _resident_mb())


def _resident_mb() -> float:
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE") / 1_000_000


Spent = tuple[list[float], list[float]]


def refreshes(now: datetime, segments: Sequence[Any]) -> Spent:
    """Traits and one segment, traits and all; what traits and the base of all took."""
    from xiaohe.segments import queries, state
    from xiaohe.segments.state import wanting
    from xiaohe.traits import state as traits

    put_away(now)
    with timed("traits") as alone:
        traits.refresh(now)
    put_up(segments[:1], now)
    with timed("one segment: base") as one:
        state.refresh(now, anew=True)
    put_up(segments[1:], now)
    leaves = len(wanting.columns_of(each.rule for each in queries.segments()))
    with timed(f"{len(segments)} segments of {leaves} leaves: base") as many:
        made = state.refresh(now, anew=True)
    assert made is not None
    assert made.is_base
    for place, unit in enumerate(("wall", "cpu")):
        ratio = (alone[place] + many[place]) / (alone[place] + one[place])
        print(f"  traits + {len(segments)} ÷ traits + 1 ({unit}): {ratio:.2f}")
    return alone, many


def put_away(now: datetime) -> None:
    """Every segment there is, the library's too."""
    from xiaohe.segments import actions, queries, resolve

    rules = dict(queries.rules())
    while rules:
        # One that no other stands on.
        slug = next(each for each in rules if not resolve.used_by(each, rules))
        actions.archive(slug, None, now)
        del rules[slug]


def put_up(segments: Sequence[Any], now: datetime) -> None:
    """Save these, or bring them back as they are written here."""
    from xiaohe.segments import actions, queries
    from xiaohe.segments.models import Segment
    from xiaohe.segments.text import parse

    words = queries.vocabulary()
    known = set(Segment.objects.values_list("slug", flat=True))
    for each in segments:
        rule = parse(each.text, words)
        if each.slug in known:
            actions.restore(each.slug, None, now)
            actions.save(each.slug, rule, None, now, slug=each.slug)
        else:
            actions.save(each.slug, rule, None, now)


def by_hand(now: datetime, segments: Sequence[Any], spent: Spent, with_clickhouse: bool) -> None:
    """The same as queries of their own, on the same files, with the same answers."""
    import duckdb

    from benchmarks.segments_sql import for_duckdb
    from xiaohe.kernel import workspace
    from xiaohe.ledger import store
    from xiaohe.ledger.models import FileRole
    from xiaohe.segments import state
    from xiaohe.segments.rules.tree import InSegment
    from xiaohe.shop.queries import calendar

    shop = calendar()
    day = shop.day_of(now)

    def begins(days: int) -> datetime:
        return shop.start_of(day - timedelta(days))

    paths = [str(workspace.current().lake / each.path) for each in store.live_files(FileRole.FACT)]
    listed = ", ".join(f"'{each}'" for each in paths)
    standing = state.current(now)
    ours = []
    for each in segments:
        ids = standing.ids(InSegment(each.slug))
        ours.append((len(ids), int((ids % 1_000_003).sum())))
    duck = duckdb.connect(config={"threads": os.cpu_count() or 1, "memory_limit": "4GB"})
    duck.execute("SET TimeZone = 'UTC'")
    write = for_duckdb(f"read_parquet([{listed}])", begins)
    with timed(f"{len(segments)} hand-written queries (DuckDB, the same files)") as took:
        theirs = [duck.sql(each.sql(write)).fetchall()[0] for each in segments]
    _compare(segments, ours, [(n, int(s or 0)) for n, s in theirs])
    _ratios(spent, took, "DuckDB")
    if with_clickhouse:
        _clickhouse(segments, paths, begins, ours, spent)


def _compare(
    segments: Sequence[Any], ours: list[tuple[int, int]], theirs: list[tuple[int, int]]
) -> None:
    both = list(zip(segments, ours, theirs, strict=True))
    same = sum(mine == other for _each, mine, other in both)
    print(f"  equal: {same} of {len(ours)}; {sum(n for n, _s in ours):,} memberships")
    for each, mine, other in both:
        if mine != other:
            print(f"  NOT EQUAL {each.slug}: {mine[0]:,} and by hand {other[0]:,}: {each.text}")


def _ratios(spent: Spent, took: list[float], engine: str) -> None:
    (traits, base), units = spent, ("wall", "cpu")
    for place, unit in enumerate(units):
        both = (traits[place] + base[place]) / took[place]
        alone = base[place] / took[place]
        print(
            f"  ÷ by hand in {engine} ({unit}): traits and base {both:.2f}, base alone {alone:.2f}"
        )


def _clickhouse(
    segments: Sequence[Any],
    paths: list[str],
    begins: Callable[[int], datetime],
    ours: list[tuple[int, int]],
    spent: Spent,
) -> None:
    import chdb  # type: ignore[import-not-found,unused-ignore]

    from benchmarks.segments_sql import for_clickhouse

    within = os.path.commonpath([Path(each).parent for each in paths])
    names = ",".join(os.path.relpath(each, within) for each in paths)
    listed = f"{within}/{{{names}}}" if len(paths) > 1 else paths[0]
    write = for_clickhouse(f"file('{listed}', Parquet)", begins)
    found = []
    with timed(f"{len(segments)} queries in ClickHouse (chdb, the same files)") as took:
        for each in segments:
            row = str(chdb.query(each.sql(write), "CSV")).strip().split(",")
            found.append((int(row[0]), int(row[1] or 0) if row[1] != "\\N" else 0))
    _compare(segments, ours, found)
    _ratios(spent, took, "ClickHouse")


def counts(now: datetime) -> None:
    """Live counts of rules over leaves that are kept; then leaves nobody asked before."""
    from benchmarks.segments_rules import LEAVES
    from xiaohe.segments import queries, state
    from xiaohe.segments.text import parse

    chance = random.Random(1)
    words = queries.vocabulary()
    rules = [
        parse(
            " and ".join(each.text for each in chance.sample(LEAVES, chance.randint(2, 6))), words
        )
        for _ in range(60)
    ]
    waits = [_seconds(lambda rule=rule: state.current(now).count(rule)) for rule in rules]  # type: ignore[misc]
    print(f"live count of {len(rules)} rules: p50 {_ms(waits, 0.5)}, p95 {_ms(waits, 0.95)}")
    fresh = [
        "count of page.viewed in last 365 days >= 5",
        'count of product.viewed where category is "category-7" in last 365 days >= 1',
        "sum of amount over order.paid in last 365 days >= 300 money",
        "did cart.added then checkout.started then order.paid within 7 days",
    ]
    for text in fresh:
        rule = parse(text, words)
        standing = state.current(now)
        with timed(f"never seen: {text[:44]}"):
            found = standing.count(rule)
        again = _seconds(lambda rule=rule: state.current(now).count(rule))  # type: ignore[misc]
        print(f"  {'about ' if found.about else ''}{found:,}; again {again * 1000:.0f} ms")


def touched(people: int, now: datetime) -> None:
    """A thousand people with a new fact each, of a kind nothing but leaves look at; and with a purchase."""
    import numpy as np

    from benchmarks.queries_data import subjects
    from xiaohe.ledger import stream
    from xiaohe.ledger.stream import Fact
    from xiaohe.segments import state

    ids = subjects(
        np.random.default_rng(5).choice(people, min(people, 1_000), replace=False)
    ).tolist()
    # Kept data knows the facts of former runs.
    run = secrets.token_hex(4)
    kinds = ["message.out"] * 3 + ["product.viewed"] * 2 + ["order.paid"] * 2
    for number, what in enumerate(kinds):
        paid = {"amount": 500, "currency": "CNY"} if what == "order.paid" else {}
        facts = [
            Fact(
                "segment:1",
                f"touch:{run}:{number}:{each}",
                what,
                now,
                each,
                order_key=each ^ secrets.randbits(40) if paid else None,
                **paid,
            )
            for each in ids
        ]
        stream.record(facts, now)
        with timed(f"{len(ids):,} people touched by {what}, time {number + 1}"):
            made = state.refresh(now)
        assert made is not None
        assert not made.is_base


def door(people: int, seconds: float, now: datetime) -> None:
    """From a fact to its membership, while 2,000 facts a second come and another thread follows."""
    import numpy as np

    from benchmarks.queries_data import subjects
    from xiaohe.ledger import stream
    from xiaohe.ledger.stream import Fact
    from xiaohe.segments import state

    ids = subjects(np.random.default_rng(6).integers(0, people, 100_000)).tolist()
    sent: dict[int, float] = {}
    seen: dict[int, float] = {}
    stopped, run = threading.Event(), secrets.token_hex(4)

    def follow() -> None:
        while not stopped.is_set():
            made = state.refresh(now)
            at = time.monotonic()
            for batch in [each for each in list(sent) if each not in seen]:
                if made is not None and made.position.has_seen(batch):
                    seen[batch] = at

    thread = threading.Thread(target=follow, daemon=True)
    thread.start()
    started = time.monotonic()
    for call in range(int(seconds * 20)):
        time.sleep(max(0.0, started + call / 20 - time.monotonic()))
        facts = [
            Fact(
                "segment:1",
                f"door:{run}:{call}:{place}",
                "product.viewed",
                now,
                ids[(call * 100 + place) % len(ids)],
            )
            for place in range(100)
        ]
        at = time.monotonic()
        told = stream.record(facts, now)
        if told.batch is not None:
            sent[told.batch] = at
    deadline = time.monotonic() + 60
    while len(seen) < len(sent) and time.monotonic() < deadline:
        time.sleep(0.05)
    stopped.set()
    thread.join()
    waits = [seen[batch] - at for batch, at in sent.items() if batch in seen]
    print(
        f"fact to membership, {len(waits)} of {len(sent)} batches: p50 {_ms(waits, 0.5)}, p99 {_ms(waits, 0.99)}"
    )


def _seconds(act: Callable[[], Any]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began


def _ms(waits: list[float], share: float) -> str:
    ordered = sorted(waits)
    place = min(len(ordered) - 1, int(len(ordered) * share))
    return f"{ordered[place] * 1000:.0f} ms" if ordered else "none"


if __name__ == "__main__":
    main()
