"""Readiness as columns: the published points (`stats.readiness`) of each person's evidence."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import ibis
import ibis.expr.types as ir

from xiaohe.segments.attributes.cuts import Cuts
from xiaohe.stats import readiness
from xiaohe.stats.readiness import (
    LEAST,
    MOST,
    NEEDED,
    PERCENTILE,
    PERCENTILE_STEP,
    RHYTHM,
    SCORES,
    Line,
    Ready,
)
from xiaohe.stats.value import purchase_class
from xiaohe.traits import chance

EVIDENCE = tuple(line.code for lines in SCORES.values() for line in lines)


def percentile(usual_net: Any, cuts: Cuts) -> Any:
    """How many of a hundred buyers somebody's usual purchase is worth at least as much as, in steps of five."""
    values = cuts.values("usual_net")
    if not values:
        return ibis.null("int64")
    steps = [
        (usual_net >= cut, PERCENTILE_STEP * place)
        for place, cut in reversed(list(enumerate(values, start=1)))
    ]
    return ibis.cases(*steps, (usual_net.notnull(), 0)).cast("int64")


def scores(known: ir.Table, cuts: Cuts) -> dict[str, Any]:
    """trust, need, means and the weakest of them; `known` has the columns of EVIDENCE and `occasions`."""
    found: dict[str, Any] = {}
    for name, lines in SCORES.items():
        total: Any = ibis.literal(0, "int64")
        for line in lines:
            total = total + _points(known, line, cuts)
        bound = ibis.least(ibis.greatest(total, LEAST), MOST).cast("int64")
        needed = NEEDED.get(name)
        found[name] = (
            bound
            if needed is None
            else ibis.ifelse(known[needed].notnull(), bound, ibis.null("int64"))
        )
    # What nobody knows is not the weakest.
    weight = {name: value.fill_null(MOST + 1) for name, value in found.items()}
    least = ibis.least(*weight.values())
    found["weakest"] = ibis.cases(*((value == least, name) for name, value in weight.items()))
    return found


def _points(known: ir.Table, line: Line, cuts: Cuts) -> Any:
    value: Any = known[line.code]
    if value.type().is_boolean():
        # Whether something is so, with a line that begins at one.
        value = value.cast("int64")
    if line is PERCENTILE:
        return (value + PERCENTILE_STEP).fill_null(0)
    plain = _of_line(line, value)
    if line is not RHYTHM or not cuts.curves:
        return plain
    kind = chance.purchase_class(known)
    own = [(kind == each, _of_line(curve, value)) for each, curve in cuts.curves.items()]
    return ibis.cases(*own, else_=plain)


def _of_line(line: Line, value: Any) -> Any:
    steps = [(value >= begins, given) for begins, given in reversed(line.steps)]
    return ibis.cases(*steps, else_=0).cast("int64")


def explained(row: Mapping[str, Any], cuts: Cuts) -> Ready:
    """The scores of one row of `table.evidence` with their reasons: the same numbers as the columns."""
    told = {code: None if row[code] is None else float(row[code]) for code in EVIDENCE}
    occasions = row["occasions"] or 0
    curve = cuts.curves.get(purchase_class(occasions)) if occasions else None
    return readiness.ready(told, curve or RHYTHM)
