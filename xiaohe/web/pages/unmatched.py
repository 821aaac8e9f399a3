"""Friends of whom nobody knows yet whether they bought."""

from __future__ import annotations

from xiaohe.traits import state


def persons() -> list[int]:
    """Persons with a live private link and no purchase, newest friend first."""
    with state.current().reading() as read:
        links, rhythm = read.table("links"), read.table("rhythm")
        live = links.filter(links.private & links.ended_at.isnull())
        strangers = live.anti_join(rhythm, "person")
        newest = strangers.group_by("person").aggregate(since=strangers.started_at.max())
        rows = read.run(newest.order_by([newest.since.desc(), newest.person]))
    return [int(person) for person in rows.column("person").to_pylist()]
