"""Numbers a process counts about itself, for whoever watches it: counters and histograms, in the words of Prometheus.

    EVENTS = counters.Counter("xiaohe_ingest_events_total", "Events taken in.", "source")
    EVENTS.add(100, "7")

A name is declared once, at the top of the module that counts. Labels are ids, route names and codes, never a
person's data; a counter that meets more than MOST_SERIES of them counts the rest as one, so it cannot grow without
bound. `taken()` is what this process has counted (shared_counters.py puts it where a scrape finds it).
"""

from __future__ import annotations

import bisect
import threading
import time
from abc import ABC, abstractmethod
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

# Series of one metric; beyond it labels become OTHER.
MOST_SERIES = 1_000
OTHER = "other"
# Seconds; from a cached answer to the longest import.
SECONDS = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 120, 600)

_lock = threading.Lock()
_metrics: dict[str, Metric] = {}


@dataclass(frozen=True)
class Described:
    """What is said about a metric beside its numbers."""

    name: str
    kind: str
    help: str
    labels: tuple[str, ...]


class Metric(ABC):
    """A named family of series, one per combination of labels."""

    kind = ""

    def __init__(self, name: str, help: str, *labels: str) -> None:
        self.described = Described(name, self.kind, help, labels)
        self._series: dict[tuple[str, ...], Any] = {}
        with _lock:
            if name in _metrics:
                raise ValueError(f"two metrics called {name}")
            _metrics[name] = self

    @abstractmethod
    def samples(self) -> list[tuple[str, tuple[tuple[str, str], ...], float]]:
        """Name, labels and value of every line this metric is written as."""

    def _key(self, values: tuple[object, ...]) -> tuple[str, ...]:
        if len(values) != len(self.described.labels):
            raise ValueError(f"{self.described.name} wants the labels {self.described.labels}")
        key = tuple(str(each) for each in values)
        if key not in self._series and len(self._series) >= MOST_SERIES:
            return (OTHER,) * len(values)
        return key

    def _named(self, key: tuple[str, ...]) -> tuple[tuple[str, str], ...]:
        return tuple(zip(self.described.labels, key, strict=True))


class Counter(Metric):
    """Only grows."""

    kind = "counter"

    def add(self, amount: float = 1, *labels: object) -> None:
        with _lock:
            key = self._key(labels)
            self._series[key] = self._series.get(key, 0) + amount

    def samples(self) -> list[tuple[str, tuple[tuple[str, str], ...], float]]:
        with _lock:
            name = self.described.name
            return [(name, self._named(key), value) for key, value in self._series.items()]


class Gauge(Metric):
    """Goes up and down."""

    kind = "gauge"

    def set(self, value: float, *labels: object) -> None:
        with _lock:
            self._series[self._key(labels)] = value

    def samples(self) -> list[tuple[str, tuple[tuple[str, str], ...], float]]:
        with _lock:
            name = self.described.name
            return [(name, self._named(key), value) for key, value in self._series.items()]


class Histogram(Metric):
    """How many observations were at most so large."""

    kind = "histogram"

    def __init__(
        self, name: str, help: str, *labels: str, bounds: tuple[float, ...] = SECONDS
    ) -> None:
        self._bounds = bounds
        super().__init__(name, help, *labels)

    def observe(self, value: float, *labels: object) -> None:
        with _lock:
            key = self._key(labels)
            counts, total = self._series.get(key) or ([0] * (len(self._bounds) + 1), 0.0)
            counts[bisect.bisect_left(self._bounds, value)] += 1
            self._series[key] = (counts, total + value)

    @contextmanager
    def timed(self, *labels: object) -> Iterator[None]:
        """Observe how many seconds the block takes, whether or not it succeeds."""
        started = time.perf_counter()
        try:
            yield
        finally:
            self.observe(time.perf_counter() - started, *labels)

    def samples(self) -> list[tuple[str, tuple[tuple[str, str], ...], float]]:
        name = self.described.name
        found: list[tuple[str, tuple[tuple[str, str], ...], float]] = []
        with _lock:
            for key, (counts, total) in self._series.items():
                labels, so_far = self._named(key), 0
                for bound, count in zip((*self._bounds, None), counts, strict=True):
                    so_far += count
                    limit = "+Inf" if bound is None else f"{bound:g}"
                    found.append((f"{name}_bucket", (*labels, ("le", limit)), so_far))
                found.append((f"{name}_sum", labels, total))
                found.append((f"{name}_count", labels, so_far))
        return found


def described() -> list[Described]:
    """Every metric declared by the modules loaded so far, by name."""
    with _lock:
        return [each.described for _name, each in sorted(_metrics.items())]


def taken() -> list[dict[str, Any]]:
    """All numbers of this process, ready for JSON."""
    with _lock:
        metrics = [each for _name, each in sorted(_metrics.items())]
    return [
        {
            "name": each.described.name,
            "kind": each.kind,
            "help": each.described.help,
            "samples": samples,
        }
        for each in metrics
        if (samples := each.samples())
    ]


DRAINED_ROWS = Counter("xiaohe_drained_rows_total", "Facts brought from the inbox into files.")
QUERIES = Histogram(
    "xiaohe_query_seconds", "Questions to the engine by how they were asked.", "kind"
)
INGEST_REQUESTS = Counter(
    "xiaohe_ingest_requests_total",
    "Requests to the stream door by source and answer.",
    "source",
    "status",
)
INGEST_EVENTS = Counter("xiaohe_ingest_events_total", "Events recorded as new facts.", "source")
INGEST_DUPLICATES = Counter(
    "xiaohe_ingest_duplicates_total", "Events that were known already.", "source"
)
INGEST_DEAD_LETTERS = Counter(
    "xiaohe_ingest_dead_letters_total", "Events put aside because they could not be read.", "source"
)
