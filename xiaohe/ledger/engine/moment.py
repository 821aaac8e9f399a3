"""The instant a question is asked at, as a value that stands in it: compiled once, asked at any instant.

A question that holds its instant in so many words is another question a second later, and to compile a large one takes longer
than to answer it. `MOMENT` stands for the instant of the reading (`Reading.moment`) and is put in its place at the
last; no fact is as late, so files are chosen as if there were no end.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache

import ibis

MOMENT = datetime(9999, 12, 30, 23, 59, 59, 999_999, tzinfo=UTC)


def at(sql: str, moment: datetime | None) -> str:
    """DuckDB's SQL with the instant in the place of `MOMENT`."""
    return sql if moment is None else sql.replace(_STANDS_FOR_IT, _spelt(moment))


@lru_cache(maxsize=64)
def _spelt(moment: datetime) -> str:
    told = str(ibis.to_sql(ibis.literal(moment), dialect="duckdb"))
    # SELECT MAKE_TIMESTAMPTZ(…) AS "…"
    return told[told.index("MAKE_TIMESTAMPTZ") : told.rindex(" AS ")]


_STANDS_FOR_IT = _spelt(MOMENT)
