"""Files in: readers (bytes → rows), formats (rows → meaning), facts (meaning → ledger), one report per file.

importing.py   the doors: inspect, run, run_all, undo, rejected_rows
readers/       what a file is and how its rows are read, streaming, defended
formats/       one declarative file per known export; `table` proposes a mapping for any other
cells.py       one cell cleaned of what back offices and spreadsheets do to it
rows/          a slice of rows → facts, columnar
report.py      what came of each row, adding up to the row and to the penny
"""
