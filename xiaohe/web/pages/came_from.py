"""One line on where a person came from: the first source, kept for ever, beside the last."""

from __future__ import annotations

from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _

from xiaohe.people.spells import SOURCE
from xiaohe.traits import state
from xiaohe.web.pages import sources_of
from xiaohe.web.templatetags.xiaohe import long_day


def said(person: int) -> str:
    """Empty for somebody nothing is known of."""
    with state.current().reading("came") as read:
        asked = read.register("asked", pa.table({"person": pa.array([person], pa.int64())}))
        rows = read.run(read.table("came").semi_join(asked, "person")).to_pylist()
    if not rows:
        return ""
    row = rows[0]
    first = _("Came from: %(source)s, %(day)s.") % _of(row, "first")
    if all(row[f"first_{name}"] == row[f"last_{name}"] for name in SOURCE):
        return first
    return _("%(first)s Most recently: %(source)s, %(day)s.") % {
        "first": first,
        **_of(row, "last"),
    }


def _of(row: dict[str, Any], which: str) -> dict[str, str]:
    parts = (row[f"{which}_platform"], row[f"{which}_entry"], row[f"{which}_code"])
    return {"source": sources_of.said("/".join(parts)), "day": long_day(row[f"{which}_on"])}
