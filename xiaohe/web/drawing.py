"""Small pictures as numbers for SVG templates: no inline style, so the strict content policy holds. Pure."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import date

# The strip's drawing area, in the units of its viewBox (360 × 84): a phone shows them one to one.
LEFT, RIGHT, WIDTH = 10, 350, 360
# Labels closer than this would run into each other.
LABEL_GAP = 64
MOST_BUYS = 12


@dataclass(frozen=True)
class Label:
    x: int
    y: int
    text: str
    kind: str = ""
    anchor: str = "middle"


@dataclass(frozen=True)
class Strip:
    """A person's purchases on a line, the span of their own cycle after the last, and today."""

    buys: tuple[int, ...]
    today: int
    last: int
    due: int | None
    span: int
    labels: tuple[Label, ...]
    said: str


def strip(
    bought_on: Sequence[date],
    *,
    due_on: date | None,
    today: date,
    words: StripWords,
) -> Strip | None:
    """The rhythm strip, or None for somebody who never bought; the latest twelve purchases are drawn."""
    days = sorted(set(bought_on))[-MOST_BUYS:]
    if not days:
        return None
    end = max([today, days[-1], *([due_on] if due_on else [])])
    # Nobody's rhythm fits the page when the next date lies years behind or ahead of it.
    total = max((end - days[0]).days, 1)

    def x(day: date) -> int:
        return LEFT + round((RIGHT - LEFT) * (day - days[0]).days / total)

    last, at = x(days[-1]), x(today)
    due = x(due_on) if due_on else None
    labels: list[Label] = [Label(x(days[0]), 24, words.day(days[0]), "", _anchor(x(days[0])))]
    # The last purchase gives way to the day they are due: that is what the strip is read for.
    if last - x(days[0]) > LABEL_GAP and (due is None or due - last > LABEL_GAP):
        labels.append(Label(last, 24, words.day(days[-1]), "", _anchor(last)))
    labels.append(Label(at, 76, words.today, "strong", _anchor(at)))
    if due is not None:
        beside = due - 10 if due <= at else due + 10
        close = abs(due - at) < LABEL_GAP
        y = 12 if due - last < LABEL_GAP or close else 24
        labels.append(Label(beside, y, words.due, "", "end" if due <= at else _anchor_after(due)))
    return Strip(
        buys=tuple(x(day) for day in days),
        today=at,
        last=last,
        due=due,
        span=max(due - last, 0) if due is not None else 0,
        labels=tuple(labels),
        said=words.said,
    )


@dataclass(frozen=True)
class StripWords:
    today: str
    due: str
    said: str
    days: dict[date, str] = field(default_factory=dict)

    def day(self, day: date) -> str:
        return self.days.get(day, day.isoformat())


def _anchor(x: int) -> str:
    if x < 34:
        return "start"
    return "end" if x > WIDTH - 34 else "middle"


def _anchor_after(x: int) -> str:
    return "end" if x > WIDTH - 50 else "start"


# ---- cohort bars ----
BAR_AREA, BASELINE, BAR_STEP, BAR_WIDTH = 112, 140, 44, 28
# Fewer cohorts than this leave room on the right: bars never grow fat.
LEAST_COLUMNS = 8


@dataclass(frozen=True)
class Cohort:
    label: str
    rate: float | None
    n: int
    mature: bool


@dataclass(frozen=True)
class Column:
    x: int
    y: int
    width: int
    height: int
    middle: int
    value: str
    value_y: int
    label: str
    mature: bool
    few: bool


@dataclass(frozen=True)
class Bars:
    title: str
    columns: tuple[Column, ...]
    width: int
    said: str
    note: str


def bars(title: str, cohorts: Sequence[Cohort], *, note: str, few_below: int = 30) -> Bars:
    """One column per cohort, scaled to the highest; immature ones are hatched, small ones faint."""
    # A handful of people early in their time can show any rate: they neither set the scale nor get a number.
    said_of = [c.rate if c.mature or c.n >= few_below else None for c in cohorts]
    top = max([rate for rate in said_of if rate is not None], default=0.0) or 1.0
    columns = []
    for index, (cohort, rate) in enumerate(zip(cohorts, said_of, strict=True)):
        value = "–" if rate is None else f"{rate * 100:.0f}%"
        rate = rate or 0.0
        height = max(2, round(BAR_AREA * rate / top))
        x = index * BAR_STEP + (BAR_STEP - BAR_WIDTH) // 2
        y = BASELINE - height
        columns.append(
            Column(
                x,
                y,
                BAR_WIDTH,
                height,
                x + BAR_WIDTH // 2,
                value,
                y - 6,
                cohort.label,
                cohort.mature,
                cohort.n < few_below,
            )
        )
    said = title + ": " + ", ".join(f"{c.label} {c.value}" for c in columns)
    return Bars(title, tuple(columns), max(len(columns), LEAST_COLUMNS) * BAR_STEP, said, note)


# ---- the river ----
RIVER_WIDTH, RIVER_HEIGHT = 600, 84


@dataclass(frozen=True)
class Reach:
    path: str
    kind: str


def river(counts: Sequence[int]) -> tuple[Reach, ...]:
    """A stream that narrows from stop to stop; its width is the share of people who came that far."""
    if len(counts) < 2 or not counts[0]:
        return ()
    step = RIVER_WIDTH / len(counts)
    middle = RIVER_HEIGHT / 2
    # The square root keeps a share of 12 % visible as water rather than as a hairline.
    half = [
        max(2.0, (RIVER_HEIGHT / 2 - 2) * min(1.0, count / counts[0]) ** 0.5) for count in counts
    ]
    reaches = []
    for index in range(len(counts)):
        left = index * step
        here, after = half[index], half[min(index + 1, len(counts) - 1)]
        bend = left + step * 0.55
        right = left + step
        reaches.append(
            Reach(
                f"M{left:.0f} {middle - here:.1f}H{bend:.0f}"
                f"C{bend + step * 0.25:.0f} {middle - here:.1f} {bend + step * 0.2:.0f} {middle - after:.1f}"
                f" {right:.0f} {middle - after:.1f}V{middle + after:.1f}"
                f"C{bend + step * 0.2:.0f} {middle + after:.1f} {bend + step * 0.25:.0f} {middle + here:.1f}"
                f" {bend:.0f} {middle + here:.1f}H{left:.0f}Z",
                "deep" if index else "water",
            )
        )
    return tuple(reaches)
