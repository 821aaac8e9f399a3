"""Two weeks of a small shop, day by day: who waits their week waits it, comes up afterwards, and is counted as drawn."""

from __future__ import annotations

import hmac
from collections.abc import Callable
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any

from tests.acceptance.exports import CONTACTS, LEGACY_ORDERS, contact, csv, order

BASE = 710000000000000000
FIRST, DAYS = date(2025, 7, 1), 17
REGULARS = 54
# Everybody comes every 10 days, so C is 10, due from the 9th day on, and r 1.5 is passed on the 15th: before the
# 16th, when a week of waiting is over.
CYCLE, DUE_AFTER, WEEK = 10, 9, timedelta(days=7)


def name(n: int) -> str:
    return f"常客{n:02}"


def last_visit(n: int) -> date:
    """Newly due on some day of the first ten."""
    return FIRST - timedelta(days=DUE_AFTER) + timedelta(days=n % 10)


def next_visit(n: int) -> date | None:
    """Every third one comes back within their week, every ninth one after it."""
    if n % 9 == 1:
        return last_visit(n) + timedelta(days=DUE_AFTER + 7)
    return last_visit(n) + timedelta(days=DUE_AFTER + n % 7) if n % 3 == 0 else None


def at_noon(on: date) -> datetime:
    return datetime.combine(on, time(5), tzinfo=UTC)


def orders_before(on: date) -> list[Any]:
    """Everything the shop has sold before a day; a stranger a day keeps the data fresh."""
    rows = []
    for n in range(REGULARS):
        days = [last_visit(n) - timedelta(days=CYCLE * k) for k in range(6)]
        days += [day] if (day := next_visit(n)) else []
        rows += [order(BASE + n * 100 + k, name(n), f"{40 + n}.00", str(day)) for k, day in enumerate(days) if day < on]  # fmt: skip
    strangers = (on - FIRST).days + 1
    # The best customers are never drawn: strangers are, so that it is the same people every day.
    return rows + [
        order(BASE + 900_005 + k, f"路人{k}", "5000.00", str(FIRST + timedelta(days=k - 1)))
        for k in range(-5, strangers)
    ]


def test_a_week_of_waiting_is_kept_and_counted(ask: Callable[..., Any], tmp_path: Path) -> None:
    from xiaohe.autopilot import today
    from xiaohe.people import actions, keys, overlay
    from xiaohe.people.keys import Namespace
    from xiaohe.shop import clock
    from xiaohe.shop.queries import the_shop
    from xiaohe.touch import comparison, outcomes
    from xiaohe.touch.models import Assignment, Listed
    from xiaohe.traits import state

    shop = the_shop()
    shop.list_size = 300
    shop.save()
    friends = [contact(f"友{n}", "man", f"2024-01-01 09:00:{n:02}", 描述=str(BASE + n * 100)) for n in range(REGULARS)]  # fmt: skip
    arms: dict[tuple[int, date], tuple[str, date]] = {}
    listed: dict[int, set[date]] = {}
    joined: tuple[int, int] | None = None
    own = {n: keys.hasher()(Namespace.MEMBER, f"taobao:{name(n)}") for n in range(REGULARS)}
    # Whoever does not come back in these days is drawn once only.
    people = {subject: n for n, subject in own.items()}

    def is_quiet(subject: int) -> bool:
        return next_visit(_regular(subject, people, overlay.current())) is None

    for day in range(DAYS):
        on = FIRST + timedelta(days=day)
        with clock.set_to(at_noon(on) - timedelta(hours=1)):
            if day == 0:
                ask("import", csv(tmp_path / "friends.csv", CONTACTS, friends, "utf-8-sig"))
            ask("import", csv(tmp_path / f"{on}.csv", LEGACY_ORDERS, orders_before(on)))
            today.prepare(on, at_noon(on))

            now = {(a.subject, a.cycle_start): (a.arm, a.first_due_on) for a in Assignment.objects.all()}  # fmt: skip
            # Once on record, an arm stays as it is.
            assert {case: now.get(case) for case in arms} == arms
            arms = now
            for person in Listed.objects.filter(on=on).values_list("task__person", flat=True):
                listed.setdefault(person, set()).add(on)
            told = {int(row["person"]): row["decision"] for row in ask("due", "--on", str(on))}
            for (subject, _start), (arm, due_on) in arms.items():
                if joined and subject in joined:
                    continue
                person = overlay.current().person(subject)
                if arm == "waiting" and due_on <= on < due_on + WEEK and person in told:
                    assert told[person] == "waiting", (on, due_on)
            if day == 8:
                # One who waits and one who is contacted turn out to be one person.
                waits, talks = (
                    next(s for (s, _), (arm, due) in sorted(arms.items()) if arm == kind and due >= FIRST and is_quiet(s))
                    for kind in ("waiting", "contacted")
                )  # fmt: skip
                joined = (waits, talks)
                actions.join(waits, talks, at_noon(on))
                state.refresh(at_noon(on))

    # Everybody newly due was drawn, as the published draw says; the few best customers never are.
    assert joined is not None
    salt = comparison.salt()
    drawn = {subject: (start, arm, due) for (subject, start), (arm, due) in arms.items()}
    persons = overlay.current()
    waited = 0
    for (subject, start), (arm, due_on) in arms.items():
        n = _regular(subject, people, persons)
        if start == last_visit(n):
            assert due_on == start + timedelta(days=DUE_AFTER)
        message = f"{subject}|{start.isoformat()}".encode()
        share = int.from_bytes(hmac.new(salt, message, sha256).digest()[:8], "big") / 2**64
        assert arm == ("waiting" if share < 1 / 3 else "contacted")
        days = listed.get(persons.person(subject), set())
        if subject in joined:
            continue
        if arm == "waiting":
            assert not {day for day in days if due_on <= day < due_on + WEEK}
            back = next_visit(n)
            after = due_on + WEEK
            if (
                start == last_visit(n)
                and after < FIRST + timedelta(days=DAYS)
                and not (back and back < after)
            ):
                # r is 1.6 by then.
                assert after in days, (n, due_on, sorted(days), _told(persons.person(subject)))
                waited += 1
        elif start == last_visit(n):
            assert due_on in days
    assert waited >= 3
    assert len(drawn) >= REGULARS * 0.9

    # The comparison, counted here by hand.
    until = FIRST + timedelta(days=DAYS - 1)
    expected: dict[str, list[int]] = {"waiting": [0, 0], "contacted": [0, 0]}
    for (subject, _start), (arm, due_on) in arms.items():
        if subject in joined or due_on + WEEK > until:
            continue
        n = _regular(subject, people, persons)
        visits = [day for day in (next_visit(n),) if day and day < until]
        expected[arm][0] += 1
        expected[arm][1] += any(due_on <= day < due_on + WEEK for day in visits)
    found = outcomes.compare(until)
    # The two who turned out to be one, drawn to both sides, are left out with every cycle they were drawn in.
    assert found.mixed == len({start for (subject, start) in arms if subject in joined})
    assert [found.left_alone.count.people, found.left_alone.count.ordered] == expected["waiting"]
    assert [found.contacted.count.people, found.contacted.count.ordered] == expected["contacted"]
    assert found.data_until == until - timedelta(days=1)


def _regular(subject: int, people: dict[int, int], persons: Any) -> int:
    """Which regular a subject stands for; a contact's subject may be the one that was recorded first."""
    if subject in people:
        return people[subject]
    return next(n for own, n in people.items() if persons.person(own) == persons.person(subject))


def _told(person: int) -> list[tuple[str, ...]]:
    """Every answer the governor gave about a person."""
    from xiaohe.touch.models import Decision

    rows = Decision.objects.filter(person=person).order_by("on")
    return [(str(row.on), row.program, row.kind, row.rule) for row in rows]
