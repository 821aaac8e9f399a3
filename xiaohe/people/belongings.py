"""Names, phones and notes: the private part of an export of everything; and who is whom, for readers."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np

from xiaohe.kernel.belongings import (
    Column,
    Kind,
    Part,
    Row,
    Turned,
    View,
    part,
    stays,
    travels,
    view,
)
from xiaohe.people import grams, links, marks, notes, overlay, store, ties
from xiaohe.people import keys as people_keys
from xiaohe.people.models import Note, Tie
from xiaohe.people.runs import unique_pairs
from xiaohe.people.store import StoredValue
from xiaohe.shop import vault

IDENTIFIERS = "people_identifier"
SLICE = 2_000
# Sorted before they are written: each index page is touched once per so many.
MOST_PAIRS = 200_000


def _identifiers() -> Iterator[Row]:
    unseal = vault.unsealer()
    for each in store.every_value(SLICE):
        yield (
            each.subject,
            each.kind,
            unseal(each.sealed, each.kind),
            each.key_hash,
            each.import_ids,
            each.last_import,
        )


def _put_identifiers(names: Sequence[str], rows: Iterator[Row]) -> None:
    """Sealed with this workspace's own keys, and found again under its own search keys."""
    seal = {kind.value: vault.sealer(kind.value) for kind in people_keys.Kind}
    blinded = grams.Blinded()
    values: list[StoredValue] = []
    pairs: list[tuple[int, int]] = []
    for subject, kind, text, key_hash, imports, last_import in rows:
        stated = "".join(f",{each}" for each in imports)
        values.append(StoredValue(subject, kind, key_hash, seal[kind](text), stated, last_import))
        pairs += [(piece, subject) for piece in blinded(people_keys.Kind(kind), text)]
        if len(values) >= SLICE:
            store.restore_values(values)
            values = []
        if len(pairs) >= MOST_PAIRS:
            _put_grams(pairs)
            pairs = []
    if values:
        store.restore_values(values)
    if pairs:
        _put_grams(pairs)


def _put_grams(pairs: list[tuple[int, int]]) -> None:
    unique = unique_pairs(np.array(pairs, dtype=np.int64))
    for start in range(0, len(unique), SLICE):
        store.add_grams(unique[start : start + SLICE].tolist())


part(
    Part(
        name=IDENTIFIERS,
        about="one name, number or remark of a subject, in clear, and the imports that stated it",
        columns=(
            Column("subject", Kind.INTEGER, "whose; `persons.parquet` says which person that is"),
            Column(
                "kind",
                Kind.TEXT,
                ", ".join(people_keys.Kind),
            ),
            Column("value", Kind.TEXT, "in clear; some as `platform:value`"),
            Column("key_hash", Kind.INTEGER, "its keyed hash"),
            Column(
                "imports",
                Kind.JSON,
                "numbers of the imports that stated it; 0: typed by hand, -1: told by an event",
            ),
            Column(
                "last_import",
                Kind.INTEGER,
                "the latest of them; minus a second since 1970: an event",
            ),
        ),
        rows=_identifiers,
        put=_put_identifiers,
        is_empty=lambda: not store.has_values(),
        is_private=True,
        people=store.how_many_subjects,
    )
)
travels(
    Note,
    about="one thing remembered of a person, in clear",
    turned={
        "sealed": Turned(
            Kind.TEXT,
            lambda sealed: vault.unseal(bytes(sealed), notes.PURPOSE),
            lambda text: vault.seal(text, notes.PURPOSE),
        )
    },
    meanings={
        "subject": "of whom",
        "sealed": "the words, in clear",
        "struck_at": "when it was struck out",
        "is_private": "read by its author (`user_id`) alone",
    },
    is_private=True,
)
travels(
    Tie,
    about="two people who belong together and stay two",
    turned={
        "sealed": Turned(
            Kind.TEXT,
            lambda sealed: vault.unseal(bytes(sealed), ties.PURPOSE) if sealed else None,
            lambda text: vault.seal(text, ties.PURPOSE) if text else None,
        )
    },
    meanings={
        "low": "one of them",
        "high": "the other",
        "kind": ", ".join(ties.TieKind),
        "sealed": "in words, in clear",
        "struck_at": "when it was taken back",
    },
    is_private=True,
)
stays(
    "people_search_gram",
    why="rebuilt: blind pieces of the identifiers, under a key that never leaves",
)

_ID = "63-bit id"
view(
    View(
        name="persons",
        about="a subject that belongs to a person of another number. A subject that is not listed is its own person:"
        " `coalesce(persons.person, facts.subject)`",
        columns=(
            Column("subject", Kind.INTEGER, _ID),
            Column("person", Kind.INTEGER, "the subject of theirs that was recorded first"),
        ),
        build=lambda read, _views: overlay.person_of(read),
    )
)
view(
    View(
        name="left_out",
        about="a person who is no customer: a colleague, a test, the shop itself. Their orders and links count in no number",
        columns=(Column("person", Kind.INTEGER, "who"),),
        build=lambda read, views: marks.left_out(read, views["persons"]),
    )
)
view(
    View(
        name="links",
        about="one way to reach a person; live if `ended_at` is null",
        columns=(
            Column("subject", Kind.INTEGER, _ID),
            Column("person", Kind.INTEGER, "whose"),
            Column("account_id", Kind.INTEGER, "our end (`shop_account.csv`)"),
            Column("kind", Kind.TEXT, "friend, group or follow"),
            Column("private", Kind.YES_NO, "owned, free and reusable"),
            Column("started_at", Kind.INSTANT, "UTC"),
            Column("ended_at", Kind.INSTANT, "UTC", may_be_null=True),
        ),
        build=lambda read, views: links.links(read, views["persons"]),
    )
)
