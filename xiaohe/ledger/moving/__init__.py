"""Everything in open formats, and back into an empty workspace: `export all` and `import all`.

    DIR/README.md        what is in the folder: every file, every column
        manifest.json    format, counts, sha256 of every file; written last, so a folder without it is a part of one
        facts/           every fact that counts, and what imports stated that was known already (Parquet)
        persons.parquet, left_out.parquet, links.parquet
                         who is whom, no customer, can be reached; for readers, an import computes them anew
        tables/*.csv     settings, accounts, imports, tasks, decisions … as each room's `belongings.py` says
        private/         names, phones, notes, rejected rows: in clear, mode 0600; absent with `--without-identifiers`
    DIR.keys             the keys under which a phone becomes the same person again; keep it apart

The logical content travels, not the layout: no inbox, no levels, no kept keys, no jobs.
"""

from xiaohe.ledger.moving.arrive import Arrived, move_in
from xiaohe.ledger.moving.leave import Left, move_out

__all__ = ["Arrived", "Left", "move_in", "move_out"]
