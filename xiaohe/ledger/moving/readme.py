"""The README.md of a whole export: every file and every column, so that a stranger needs nobody."""

from __future__ import annotations

from collections.abc import Iterator

from xiaohe.kernel import belongings
from xiaohe.kernel.belongings import Column
from xiaohe.ledger import dictionary
from xiaohe.ledger.dictionary import ExportFacts
from xiaohe.ledger.moving.manifest import Manifest
from xiaohe.shop import queries

WITH = """\
**The folder `private/` holds names, phone numbers and notes of your customers in clear.** Only your user account of \
this computer can read it. Whoever gets it knows your customers: encrypt it, or delete it, before you pass anything on.
"""
WITHOUT = """\
Names, phone numbers, notes, names of imported files and rejected rows were left out (`--without-identifiers`): an \
import shows people without names until their files are imported again.
"""
FORMAT = """\
- **Bring it back**: `xiaohe import all DIR` into an empty workspace, with `DIR.keys` beside it. The keys are not in \
this folder: under them the same phone number becomes the same customer again, so without them the next import would \
take everybody for somebody new. Keep them apart from the folder.
- **Ids** are keyed 63-bit hashes or plain numbers. A *subject* is the hash of a fact's strongest key; a person's id is \
one of their subjects (`persons.parquet`).
- **CSV**: UTF-8, one header row, instants in UTC. A null is empty; in a column of text it is `\\N`. A text that a \
spreadsheet would run as a formula begins with an apostrophe, which is not part of it.
- `manifest.json` lists every file with its sha256.
"""
FILES = """\
| file | one row is |
|---|---|
| `facts/facts-*.parquet` | one fact that counts, with the import it came from. Undone imports and facts taken back are **already left out**: apply nothing more |
| `facts/shadows-*.parquet` | a statement of a fact that was known already: it counts when the import that stated it first is undone. Leave these out of every sum |"""


def text(told: Manifest) -> str:
    return "\n".join(_parts(told))


def _parts(told: Manifest) -> Iterator[str]:
    shop = queries.the_shop()
    yield "# Everything of this shop\n"
    yield (
        f"{told.facts:,} facts, lake version {told.versions['lake_version']}, written {told.created_at} by Xiaohe {told.version}."
        f" Shop days: {shop.time_zone}, starting at {shop.day_starts_at:%H:%M}. Currency: {shop.currency}.\n"
    )
    yield WITH if told.identifiers else WITHOUT
    yield FORMAT
    yield "## Files\n\n" + FILES
    for view in belongings.views():
        yield f"| `{view.name}.parquet` | {view.about} |"
    parts = [each for each in belongings.parts() if each.name in told.tables]
    for part in parts:
        yield f"| `{_folder(part.is_private)}/{part.name}.csv` | {part.about} |"
    for each in belongings.all_files() if told.identifiers else []:
        yield f"| `private/{each.name}/` | {each.about} |"
    yield "\n## Columns of the tables\n"
    for view in belongings.views():
        yield from _columns(f"{view.name}.parquet", view.columns)
    for part in parts:
        yield from _columns(f"{_folder(part.is_private)}/{part.name}.csv", part.columns)
    about = ExportFacts(
        told.versions["lake_version"], told.facts, shop.time_zone, shop.day_starts_at, shop.currency
    )
    yield from dictionary.about_facts(about)


def _folder(is_private: bool) -> str:
    return "private" if is_private else "tables"


def _columns(file: str, columns: tuple[Column, ...]) -> Iterator[str]:
    yield f"### {file}\n\n| column | type | meaning |\n|---|---|---|"
    for each in columns:
        null = ", may be null" if each.may_be_null else ""
        yield f"| `{each.name}` | {each.kind.replace('_', ' or ')}{null} | {each.meaning} |"
    yield ""
