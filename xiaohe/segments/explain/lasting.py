"""What has been so for some time, and since when stage, tier and vip are as they are: by the words written down of it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from xiaohe.segments.explain.folding import Clock
from xiaohe.segments.explain.timeline import Gap, Line, Truth, unknown
from xiaohe.segments.query import logged
from xiaohe.segments.query.world import World
from xiaohe.segments.rules.tree import Been, Compare, InSegment


@dataclass(frozen=True)
class Words:
    """Changes of a person, oldest first: from when on it is so, or not, and of which shop day the word is.

    `at_first`: how it was before the first; None: as it is now from `began` on, unknown before.
    """

    changes: tuple[tuple[datetime, date, bool], ...]
    at_first: bool | None
    began: date | None

    def at(self, instant: datetime) -> tuple[datetime, date, bool] | None:
        """The change that holds at an instant."""
        held = [each for each in self.changes if each[0] <= instant]
        return held[-1] if held else None


def words_of(world: World, rule: Compare | InSegment) -> Words:
    """What was written down of a rule that may stand behind `has been`; `world` is the person's own."""
    table, at_first, name = logged.words(world, rule)
    rows = world.read.run(table.order_by("at", "row_no", "key_hash")).to_pylist()
    changes: list[tuple[datetime, date, bool]] = []
    former = at_first
    for row in rows:
        if row["into"] is not former:
            seen = max(row["at"], world.calendar.start_of(row["on"]))
            changes.append((seen, row["on"], bool(row["into"])))
        former = bool(row["into"])
    return Words(tuple(changes), at_first, world.logged_from(name))


def line(
    leaf: Been,
    is_now: bool,
    words: Words,
    inner: Callable[[datetime], Truth],
    turns: set[datetime],
    now: datetime,
    clock: Clock,
) -> Line:
    """`inner`: whether what has to last is so at an instant ahead, `turns` where it changes."""
    ahead = sorted(each for each in turns if each > now)
    holds_now = inner(now)

    def began(at: datetime) -> tuple[bool, date | None] | None:
        """Whether it is so at an instant, and since which day without a break (None: for ever)."""
        held = words.at(min(at, now))
        so, since = (held[2], held[1]) if held else (words.at_first, None)
        if held is None and words.at_first is None:
            if words.began is None or clock.day_of(min(at, now)) < words.began:
                return False, None
            # Written down since then, and no word: it was always as it is.
            so, since = holds_now, words.began
        if at > now:
            # What turns by itself will be written down on its day.
            for turn in ahead:
                if turn > at:
                    break
                truth = inner(turn)
                if truth is None:
                    return None
                if truth is not so:
                    so, since = truth, clock.day_of(turn)
        return (bool(so), since) if so is not None else None

    def truth(at: datetime) -> Truth:
        found = began(at)
        if found is None:
            return None
        so, since = found
        return so and (since is None or since <= clock.day_of(at) - timedelta(leaf.days))

    if truth(now) is not is_now:
        return unknown(is_now, Gap.ASKED)
    days = [each[1] for each in words.changes] + [clock.day_of(each) for each in ahead]
    days += [words.began] if words.began else []
    found = {each[0] for each in words.changes} | set(ahead)
    found |= {clock.start_of(day + timedelta(later)) for day in days for later in (0, leaf.days)}
    return Line(is_now, truth, frozenset(found), Gap.LOG, Gap.HORIZON)


def with_words(line: Line, words: Words, world: World) -> Line:
    """The line of a concluded attribute, before today as it was written down."""
    today = world.calendar.start_of(world.on)
    began = world.calendar.start_of(words.began) if words.began else None

    def truth(at: datetime) -> Truth:
        if at >= min(today, world.at):
            return line.truth(at)
        held = words.at(at)
        if held is not None:
            return held[2]
        if began is not None and at >= began and not words.changes:
            return line.now
        return None

    turns = {each[0] for each in words.changes} | {today} | ({began} if began else set())
    return Line(line.now, truth, line.turns | turns, Gap.LOG, line.ahead)


__all__ = ["Words", "line", "with_words", "words_of"]
