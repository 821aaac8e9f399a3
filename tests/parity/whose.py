"""What is asked of facts about who is who, beside the join itself: its stored copy, marks, and what is likely."""

from __future__ import annotations

from typing import Any

from tests.parity.shop import NOW
from xiaohe.ledger import engine
from xiaohe.people import answered, marks, overlay
from xiaohe.people.joined import kept
from xiaohe.people.likely import building, records, said
from xiaohe.web.pages import joining


def stored_join(_stand: Any) -> Any:
    """The join as it is kept beside a large ledger."""
    with engine.reading() as read:
        first = read.run(kept._first(read.facts)).sort_by("subject")
        stored = kept.build(read)
    columns = ("nodes", "said", "own", "phones", "files", "person", "first_us", "first_import")
    return [first.to_pylist(), {name: getattr(stored, name).tolist() for name in columns}]


def marked(stand: Any) -> Any:
    """Who is no customer, by what is marked."""
    with engine.reading() as read:
        held = marks._held(read)
        seen = marks._seen_with(read, held)
        left_out = marks.left_out(read)
    assert len(seen) > 1
    assert left_out.num_rows
    return [
        sorted((key, sorted(who)) for key, who in seen.items()),
        left_out.to_pylist(),
        [repr(each) for each in marks.listing()],
    ]


def likely_pairs(_stand: Any) -> Any:
    """Both sides of the likely join, and what it makes of them."""
    with engine.reading() as read:
        joined = overlay.overlay_of(read)
        both = records.read_both(read, joined.table, building.left_out(read, joined))
        told = said.said_in(read, joined)
    assert len(both.contacts)
    assert len(both.buyers)
    assert both.buyers.hours.size
    sides = [
        {name: column.tolist() for name, column in sorted(vars(side).items())}
        for side in (both.contacts, both.buyers)
    ]
    found = building.weigh(both, told, joined)
    return [
        sides, both.dictionary_size, sorted(told.together), sorted(map(sorted, told.apart)),
        sorted((sorted(pair), sorted(because)) for pair, because in told.left_open.items()),
        [repr(row) for row in found.pairs.to_pylist()],
    ]  # fmt: skip


def asked_once(_stand: Any) -> Any:
    """Of whom the owner has said whether they are in WeChat."""
    with engine.reading() as read:
        found = answered._answered(read)
    assert len(found) > 1
    return [sorted(found), sorted(answered.answered())]


def answers_lately(_stand: Any) -> Any:
    """What the owner answered to questions about who is who."""
    found = [*joining._answered(NOW), *joining._answered(NOW, since=NOW.replace(hour=0))]
    assert found
    return [[repr(each) for each in found], [repr(each) for each in joining.lately(NOW)]]
