"""What of the ledger's tables leaves with an export of everything; the facts themselves go as Parquet (moving/facts.py)."""

from __future__ import annotations

from xiaohe.kernel.belongings import Kind, Turned, stays, travels
from xiaohe.ledger.models import Import, ImportState, Retraction


def _settled(state: str) -> str:
    """An import still under way is not in the export: what it has written so far never was."""
    return ImportState.ABANDONED.value if state == ImportState.STAGING else state


travels(
    Import,
    about="one imported file, with its report; undone and abandoned ones too",
    meanings={
        "id": "`import_id` of facts",
        "source": "the platform it came from",
        "state": "`committed` counts; `undone` was taken back; `abandoned` never counted",
        "report": "the numbers shown after the import",
        "lake_version": "the version of the ledger that it made",
    },
    turned={"state": Turned(Kind.TEXT, _settled, str)},
    left_out={
        "label": "the file's name may hold a person's: it is in `private/ledger_import_name.csv`",
        "holder": "the process that was at it",
    },
)
travels(
    Retraction,
    about="one import, or one fact, that was taken back; what was exported has it left out already",
    meanings={
        "import_id": "a whole import",
        "key_hash": "one fact, as long as it was stated up to `until_us`: stated again later, it counts",
        "until_us": "microseconds since 1970, UTC",
        "retracted_us": "when; microseconds since 1970, UTC",
    },
)
stays(
    "ledger_lakefile",
    "ledger_inboxbatch",
    why="rebuilt: their facts travel, as Parquet",
)
stays(
    "ledger_inboxkey",
    "ledger_keyrun",
    "ledger_freedkey",
    why="rebuilt: the keys of facts are those of the facts",
)
stays("ledger_ledgerstate", why="travels in the manifest: the versions")
stays("ledger_lease", why="rebuilt: who works at what now")
