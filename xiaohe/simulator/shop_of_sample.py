"""The sample shop in a workspace of its own, brought in through the same doors as a merchant's files.

    load: write ─► import orders, articles, visits ─► import contacts ─► what the owner entered and people did
          ─► rhythm, questions and today's list                                     clock: 2025-06-30
    next_day: clock + 1 ─► (on day 4: import what was ordered since) ─► rhythm and today's list

Nothing of it touches the merchant's workspace; `discard_sample` takes it away whole.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from datetime import date, timedelta
from pathlib import Path

from django.core.management import call_command
from django.db import connections

from xiaohe.autopilot import today
from xiaohe.entries import checking
from xiaohe.kernel import workspace
from xiaohe.kernel.workspace import SAMPLE, Workspace
from xiaohe.people.likely import building
from xiaohe.shop import actions, clock, queries
from xiaohe.simulator import house, newest_friends, sample, told, wecom_file
from xiaohe.simulator.taobao_file import SHOP_NAME
from xiaohe.sources import importing, merchandise
from xiaohe.traits import state

# (step, share of the whole that is done); steps are named in the page that watches.
Tell = Callable[[str, float], None]

WRITE, ORDERS, CONTACTS, NUMBERS = "write", "orders", "contacts", "numbers"
# Where the last and longest step begins on the bar; those before it share what is left of it by how long they take.
_NUMBERS_FROM = 0.32
_READY = "ready"


def is_ready() -> bool:
    """Whether a whole sample shop stands; one that was cut off while loading does not count."""
    return (workspace.workspace(SAMPLE).home / _READY).exists()


def load(tell: Tell) -> date:
    """Set up the sample shop and return its date; calling again leaves a standing one as it is."""
    place = workspace.workspace(SAMPLE)
    if not is_ready():
        discard_sample()
        with workspace.entered(place):
            _set_up(place, tell)
        (place.home / _READY).touch()
    with workspace.entered(place):
        return clock.today()


def _set_up(place: Workspace, tell: Tell) -> None:
    tell(WRITE, 0.0)
    # Ours alone: the sample's people are invented, but the habit is not.
    place.home.mkdir(parents=True, exist_ok=True, mode=0o700)
    call_command("migrate", database=place.alias, verbosity=0, interactive=False)
    actions.update_shop(name=SHOP_NAME, clock_on=sample.TODAY)
    folder = Path(tempfile.mkdtemp(prefix="xiaohe-sample-"))
    try:
        files = sample.write(folder, count_again=False)
        _bring_in(files.orders, tell, ORDERS, 0.1, 0.17)
        _bring_in(files.contacts, tell, CONTACTS, 0.17, 0.2)
        _bring_in(files.items, tell, ORDERS, 0.2, 0.26)
        _bring_in(files.visits, tell, ORDERS, 0.26, 0.28)
        _live(files, tell)
    finally:
        shutil.rmtree(folder, ignore_errors=True)
    _prepare(tell, begins=_NUMBERS_FROM)
    building.rebuild()


def _live(files: sample.SampleFiles, tell: Tell) -> None:
    """What the owner entered and what people did beside buying."""
    now = clock.now()
    plan, newest = sample.newest_of()
    house.open_stores()
    merchandise.learn()
    house.sort_goods(now)
    words = house.hand_out_cards(plan.seed, newest.claimed)
    friends = newest_friends.friends(plan, newest, words)
    wecom_file.write(files.newest_contacts, friends)
    _bring_in(files.newest_contacts, tell, CONTACTS, 0.3, _NUMBERS_FROM)
    checking.check(now)
    told.Tells(plan, queries.calendar(), now).everything(friends)


def next_day(tell: Tell) -> date:
    """Move the sample's clock to the next morning; on day 4 the orders since come in. In the sample only."""
    if workspace.current().name != SAMPLE:
        raise ValueError("only the sample shop has a clock of its own")
    standing = queries.the_shop().clock_on or sample.TODAY
    on = standing + timedelta(days=1)
    actions.set_clock(on)
    if on == sample.LATER_ON:
        folder = Path(tempfile.mkdtemp(prefix="xiaohe-sample-"))
        try:
            files = sample.write(folder, count_again=False)
            _bring_in(files.later_orders, tell, ORDERS, 0.1, 0.2)
            _bring_in(files.later_items, tell, ORDERS, 0.2, _NUMBERS_FROM)
        finally:
            shutil.rmtree(folder, ignore_errors=True)
    _prepare(tell, begins=_NUMBERS_FROM if on == sample.LATER_ON else 0.0)
    return on


def discard_sample() -> None:
    """Take the sample shop away whole; the merchant's data is elsewhere and stays."""
    place = workspace.workspace(SAMPLE)
    connections[place.alias].close()
    workspace.discard(place)


def _bring_in(file: Path, tell: Tell, step: str, begins: float, until: float) -> None:
    def told_of(progress: dict[str, object]) -> None:
        share = progress.get("share")
        done = float(share) if isinstance(share, int | float) else 0.0
        tell(step, begins + (until - begins) * done)

    tell(step, begins)
    importing.run(file, now=clock.now(), progress=told_of)


def _prepare(tell: Tell, *, begins: float) -> None:
    """Everybody's rhythm, then the day's list."""
    steps = 0

    def told(_: str) -> None:
        nonlocal steps
        steps += 1
        # How many steps there are is not ours to know: each takes a fifth of what is left.
        tell(NUMBERS, begins + (0.95 - begins) * (1 - 0.8**steps))

    tell(NUMBERS, begins)
    state.refresh(clock.now(), told)
    today.prepare(clock.today(), clock.now())
    tell(NUMBERS, 1.0)
