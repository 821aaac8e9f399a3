"""Names of imported files and their rejected rows, and who tells events: what may hold a person's name is private."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterable, Iterator, Sequence
from typing import BinaryIO

from xiaohe.kernel import workspace
from xiaohe.kernel.belongings import (
    Column,
    Files,
    Kind,
    Part,
    Row,
    Turned,
    files,
    part,
    stays,
    travels,
)
from xiaohe.ledger import durable
from xiaohe.ledger.models import Import, ImportState
from xiaohe.shop import vault
from xiaohe.shop.sealed_files import SealedReader, SealedWriter
from xiaohe.sources import formats
from xiaohe.sources.importing import LABEL_PURPOSE
from xiaohe.sources.models import CustomName, DeadLetter, SavedMapping, Source
from xiaohe.sources.segment import dead

BLOCK = 1 << 16
# A name and nothing that leads out of the folder.
FORMAT_FILE = re.compile(r"[\w.-]{1,200}\.toml")


def _names() -> Iterator[Row]:
    unseal = vault.unsealer()
    named = Import.objects.exclude(label=None).order_by("pk").values_list("pk", "label")
    return ((number, unseal(bytes(label or b""), LABEL_PURPOSE)) for number, label in named)


def _put_names(names: Sequence[str], rows: Iterator[Row]) -> None:
    seal = vault.sealer(LABEL_PURPOSE)
    for number, name in rows:
        Import.objects.filter(pk=number).update(label=seal(name))


part(
    Part(
        # After the imports themselves, which it names.
        name="ledger_import_name",
        about="the name of an imported file",
        columns=(
            Column("import_id", Kind.INTEGER, "`ledger_import.csv`"),
            Column("name", Kind.TEXT, "as it was on the computer it came from"),
        ),
        rows=_names,
        put=_put_names,
        is_empty=lambda: True,
        is_private=True,
    )
)


def _rejected() -> Iterator[tuple[str, Iterable[bytes]]]:
    over = Import.objects.filter(state__in=[ImportState.COMMITTED, ImportState.UNDONE])
    for number in over.order_by("pk").values_list("pk", flat=True):
        path = workspace.current().rejects / f"{number}.csv.sealed"
        if path.exists():
            with SealedReader(path) as handle:
                yield f"{number}.csv", iter(lambda h=handle: h.read(BLOCK), b"")  # type: ignore[misc]


def _put_rejected(name: str, handle: BinaryIO) -> None:
    path = workspace.current().rejects / f"{name}.sealed"
    path.unlink(missing_ok=True)
    with SealedWriter(path) as sealed:
        shutil.copyfileobj(handle, sealed, BLOCK)  # type: ignore[misc]


files(
    Files(
        name="rejected",
        about="the rows of an import that could not be read, the reason beside each: `<import>.csv`",
        each=_rejected,
        put=_put_rejected,
    )
)


def _formats() -> Iterator[Row]:
    for file in sorted(formats.folder().glob("*.toml")):
        # What is no text is no format either.
        yield file.name, file.read_text(encoding="utf-8", errors="replace")


def _put_formats(names: Sequence[str], rows: Iterator[Row]) -> None:
    folder = formats.folder()
    for name, text in rows:
        if not FORMAT_FILE.fullmatch(name):
            continue
        durable.make_folder(folder)
        (folder / name).write_text(text, encoding="utf-8")
        durable.sync_file(folder / name)


part(
    Part(
        name="sources_format",
        about="one format of files of the merchant's own, from `HOME/formats`",
        columns=(
            Column("name", Kind.TEXT, "of the file"),
            Column("text", Kind.TEXT, "TOML, as it was written"),
        ),
        rows=_formats,
        put=_put_formats,
        is_empty=lambda: True,
    )
)


travels(
    Source,
    about="one site, app or server that tells events; its write key stayed behind: give it a new one",
    meanings={
        "id": "as the `source` of a fact: `<kind>:<id>`",
        "platform": "under which its users and orders are known",
        "origins": "where a browser may send from; empty: anywhere",
        "dead_dropped": "unreadable events that found their shelf full",
    },
)
travels(CustomName, about="one name of its own that a source's events have")
travels(
    SavedMapping,
    about="how a table that is no known export is read",
    meanings={
        "header_hash": "of the headings in any order",
        "told": "heading by field, platform and currency, JSON",
    },
)
travels(
    DeadLetter,
    about="one event that could not be read yet",
    meanings={
        "sealed": "the event, JSON in clear",
        "message_hash": "of its messageId",
        "dropped_at": "thrown away then; gone a week later",
    },
    turned={
        "sealed": Turned(
            Kind.TEXT,
            lambda sealed: vault.unseal(bytes(sealed), dead.PURPOSE),
            lambda text: vault.seal(text, dead.PURPOSE),
        )
    },
    is_private=True,
)
stays("sources_writekey", why="secret: a write key is told once and kept as a hash only")
stays("sources_bucket", why="rebuilt: what is left of this second's events")
