"""The hot tables of this room: sealed identifiers and blind search grams, in both dialects.

    people_identifier   one row per (subject, kind, value): the sealed value and every import that stated it
    people_search_gram  keyed hash of a searchable piece → subject; says nothing without the shop's secret

`imports` is the list ",4,7,9"; a value counts while at least one of them does. A row is written once and
then only grows by an import's number, so stating a file again costs no new sealed values.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from xiaohe.kernel import store
from xiaohe.kernel.store import rows

# SQLite allows 32,766 slots in a statement; a few hundred keep it quick to prepare.
CHUNK = 500

GROW = """
    ON CONFLICT (subject, kind, key_hash) DO UPDATE
    SET imports = people_identifier.imports || excluded.imports, last_import = excluded.last_import
    WHERE people_identifier.last_import <> excluded.last_import
"""
# In the list of imports, for a value that an event told; `last_import` is then minus the second it was told.
BY_EVENT = -1
TELL = f"""
    ON CONFLICT (subject, kind, key_hash) DO UPDATE
    SET last_import = excluded.last_import,
        imports = CASE WHEN people_identifier.imports || ',' LIKE '%%,{BY_EVENT},%%' THEN people_identifier.imports
                       ELSE people_identifier.imports || excluded.imports END
"""
INSERT_IDENTIFIER = (
    "INSERT INTO people_identifier (subject, kind, key_hash, sealed, last_import, imports)"
)
INSERT_GRAM = "INSERT INTO people_search_gram (gram, subject)"

IdentifierRow = tuple[int, str, int, bytes]  # subject, kind, key_hash, sealed
Place = tuple[int, str, int]  # subject, kind, key_hash
FIRST: Place = (-1, "", -1)


class StoredValue(NamedTuple):
    """One sealed value and the imports that stated it."""

    subject: int
    kind: str
    key_hash: int
    sealed: bytes
    imports: str
    last_import: int = 0

    @property
    def place(self) -> Place:
        return self.subject, self.kind, self.key_hash

    @property
    def import_ids(self) -> list[int]:
        return [int(each) for each in self.imports.split(",")[1:]]


def add_identifiers(values: Sequence[IdentifierRow], import_id: int) -> None:
    """Insert values, each at most once in `values`; a known one notes that this import states it too."""
    stated = f",{import_id}"
    _insert(values, import_id, stated, GROW)


def add_told(values: Sequence[IdentifierRow], told_at: int) -> None:
    """The same for values that events told, at this second: the list says so once, however often they are told."""
    _insert(values, -told_at, f",{BY_EVENT}", TELL)


def _insert(values: Sequence[IdentifierRow], last: int, stated: str, on_conflict: str) -> None:
    if store.is_postgres():
        subjects, kinds, hashes, sealed = zip(*values, strict=True)
        store.execute(
            f"{INSERT_IDENTIFIER} SELECT s, k, h, v, %s, %s FROM"
            " unnest(%s::bigint[], %s::text[], %s::bigint[], %s::bytea[]) AS t(s, k, h, v)"
            f" {on_conflict}",
            [last, stated, list(subjects), list(kinds), list(hashes), list(sealed)],
        )
        return
    store.execute_many(
        f"{INSERT_IDENTIFIER} VALUES (%s, %s, %s, %s, {int(last)}, '{stated}') {on_conflict}",
        values,
    )


def add_grams(grams: Sequence[tuple[int, int]]) -> None:
    """Insert (gram, subject) pairs; known ones stay."""
    if store.is_postgres():
        pieces, subjects = zip(*grams, strict=True)
        store.execute(
            f"{INSERT_GRAM} SELECT * FROM unnest(%s::bigint[], %s::bigint[]) ON CONFLICT DO NOTHING",
            [list(pieces), list(subjects)],
        )
        return
    store.execute_many(f"{INSERT_GRAM} VALUES (%s, %s) ON CONFLICT DO NOTHING", grams)


def values_of(subjects: Sequence[int], kinds: Sequence[str] = ()) -> list[StoredValue]:
    """The stored values of these subjects, sealed, whichever import stated them; `kinds`: only of these."""
    only = f" AND kind IN ({_slots(kinds)})" if kinds else ""
    found: list[StoredValue] = []
    for chunk in _chunks(subjects):
        found += _stored(
            "SELECT subject, kind, key_hash, sealed, imports, last_import FROM people_identifier"
            f" WHERE subject IN ({_slots(chunk)}){only}",
            [*chunk, *kinds],
        )
    return found


def subjects_with(grams: Sequence[int], limit: int) -> list[int]:
    """Subjects that have all these grams, smallest first, at most `limit`."""
    first, *others = grams
    joins = "".join(
        f" JOIN people_search_gram g{n} ON g{n}.gram = %s AND g{n}.subject = g.subject"
        for n in range(len(others))
    )
    found = rows(
        f"SELECT g.subject FROM people_search_gram g{joins} WHERE g.gram = %s"
        " ORDER BY g.subject LIMIT %s",
        [*others, first, limit],
    )
    return [subject for (subject,) in found]


def stated_last_by(imports: Sequence[int], after: Place, limit: int) -> list[StoredValue]:
    """Values whose latest statement came from one of these imports, in key order after a place."""
    listed = ", ".join(str(int(each)) for each in imports)
    return _stored(
        "SELECT subject, kind, key_hash, sealed, imports, last_import FROM people_identifier"
        " WHERE (subject, kind, key_hash) > (%s, %s, %s)"
        f" AND last_import IN ({listed})"
        " ORDER BY subject, kind, key_hash LIMIT %s",
        [*after, limit],
    )


def forget(values: Sequence[StoredValue]) -> None:
    store.execute_many(
        "DELETE FROM people_identifier WHERE subject = %s AND kind = %s AND key_hash = %s",
        [value.place for value in values],
    )


def forget_grams(pairs: Sequence[tuple[int, int]]) -> None:
    """Remove (gram, subject) pairs."""
    store.execute_many("DELETE FROM people_search_gram WHERE gram = %s AND subject = %s", pairs)


def _stored(sql: str, parameters: Sequence[Any]) -> list[StoredValue]:
    return [
        StoredValue(subject, kind, key_hash, bytes(sealed), imports, last_import)
        for subject, kind, key_hash, sealed, imports, last_import in rows(sql, parameters)
    ]


def _chunks(values: Sequence[int]) -> Iterator[Sequence[int]]:
    for start in range(0, len(values), CHUNK):
        yield values[start : start + CHUNK]


def _slots(values: Sequence[Any]) -> str:
    return ", ".join(["%s"] * len(values))


# ---------------------------------------------------------------- everything, for moving house


def every_value(at_a_time: int) -> Iterator[StoredValue]:
    """Every stored value in key order, slice by slice."""
    after = FIRST
    while True:
        found = _stored(
            "SELECT subject, kind, key_hash, sealed, imports, last_import FROM people_identifier"
            " WHERE (subject, kind, key_hash) > (%s, %s, %s) ORDER BY subject, kind, key_hash LIMIT %s",
            [*after, at_a_time],
        )
        yield from found
        if len(found) < at_a_time:
            return
        after = found[-1].place


def restore_values(values: Sequence[StoredValue]) -> None:
    """Insert values that nobody stated here yet, as they stood elsewhere."""
    told = [(*each.place, each.sealed, each.last_import, each.imports) for each in values]
    store.execute_many(f"{INSERT_IDENTIFIER} VALUES (%s, %s, %s, %s, %s, %s)", told)


def has_values() -> bool:
    return bool(rows("SELECT 1 FROM people_identifier LIMIT 1"))


def how_many_subjects() -> int:
    return int(rows("SELECT count(DISTINCT subject) FROM people_identifier")[0][0])
