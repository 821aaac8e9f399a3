"""Metrics as text (Prometheus exposition format 0.0.4): what is read from the store, and what processes counted."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Any

from xiaohe.kernel.shared_counters import Numbers

CONTENT_TYPE = "text/plain; version=0.0.4; charset=utf-8"
Labels = tuple[tuple[str, str], ...]


@dataclass
class Family:
    """One metric with all its samples."""

    name: str
    kind: str
    help: str
    samples: list[tuple[str, Labels, float]] = field(default_factory=list)

    def add(self, value: float, **labels: object) -> Family:
        named = tuple((name, str(each)) for name, each in labels.items())
        self.samples.append((self.name, named, value))
        return self


def gauge(name: str, help: str) -> Family:
    return Family(name, "gauge", help)


def of_processes(all_numbers: Iterable[Numbers]) -> list[Family]:
    """What every process counted, told apart by role and process number: after a restart it begins anew."""
    families: dict[str, Family] = {}
    for numbers in all_numbers:
        who = (("role", numbers.role), ("pid", str(numbers.pid)))
        for metric in numbers.metrics:
            family = families.setdefault(
                metric["name"], Family(metric["name"], metric["kind"], metric["help"])
            )
            family.samples += [
                (name, (*((str(k), str(v)) for k, v in labels), *who), float(value))
                for name, labels, value in metric["samples"]
            ]
    return [families[name] for name in sorted(families)]


def text(families: Iterable[Family]) -> bytes:
    lines: list[str] = []
    for family in families:
        lines += [
            f"# HELP {family.name} {family.help}",
            f"# TYPE {family.name} {family.kind}",
            *(_line(name, labels, value) for name, labels, value in family.samples),
        ]
    return ("\n".join(lines) + "\n").encode()


def _line(name: str, labels: Labels, value: float) -> str:
    told = ",".join(f'{key}="{_escaped(each)}"' for key, each in labels)
    shown: Any = int(value) if float(value).is_integer() else value
    return f"{name}{{{told}}} {shown}" if told else f"{name} {shown}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
