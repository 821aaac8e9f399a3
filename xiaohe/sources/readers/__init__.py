"""From a file to its tables, streaming: memory stays flat and every defence sits here.

path or binary file ─► opened.Source ─► archive (zip, gzip) ─► text (CSV) | workbook (XLSX) ─► Table
"""

from xiaohe.sources.readers.opened import Source, Table
from xiaohe.sources.readers.unpack import tables_of

__all__ = ["Source", "Table", "tables_of"]
