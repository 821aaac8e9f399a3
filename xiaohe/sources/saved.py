"""Confirmed readings of tables that are no known export, one per set of headings.

confirmed ──remember──► kept        a file of the same headings, in any order ──recall──► read without a question
                                    a heading more or less ──► asked again
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import NotFound
from xiaohe.kernel.store import write
from xiaohe.people import keys
from xiaohe.sources.formats.base import fold_header
from xiaohe.sources.mapping import Mapping
from xiaohe.sources.models import SavedMapping


def remember(mapping: Mapping, now: datetime) -> None:
    """Keep a confirmed reading; a later one of the same headings takes its place."""
    known = recall(mapping.header)
    told = replace(mapping, doubts=()).as_json()
    with write():
        if known is not None and known == replace(mapping, doubts=()):
            SavedMapping.objects.filter(header_hash=_hashed(mapping.header)).update(used_at=now)
            return
        SavedMapping.objects.update_or_create(
            header_hash=_hashed(mapping.header),
            defaults={"told": told, "used_at": now},
            create_defaults={"told": told, "saved_at": now, "used_at": now},
        )


def recall(header: Sequence[str]) -> Mapping | None:
    """How a table of these headings was read before, its columns found by name wherever they stand now."""
    row = SavedMapping.objects.filter(header_hash=_hashed(header)).first()
    if row is None:
        return None
    told = Mapping.from_json(row.told)
    places: dict[str, int] = {}
    for place, cell in enumerate(header):
        places.setdefault(fold_header(cell), place)
    columns = {name: header[places[fold_header(old)]] for name, old in told.columns.items()}
    positions = {name: places[fold_header(old)] for name, old in told.columns.items()}
    return replace(told, columns=columns, positions=positions, header=tuple(header))


def listing() -> list[SavedMapping]:
    """Every reading kept, the one used last first."""
    return list(SavedMapping.objects.order_by("-used_at", "-id"))


def forget(number: int) -> SavedMapping:
    """Ask again for the next table of these headings; returns what was forgotten."""
    with write():
        row = SavedMapping.objects.filter(pk=number).first()
        if row is None:
            raise NotFound(
                "no_such_mapping", _("There is no kept reading %(number)s."), number=number
            )
        SavedMapping.objects.filter(pk=number).delete()
    return row


def bring_back(told: dict[str, Any], saved_at: datetime, used_at: datetime) -> None:
    """Keep a forgotten reading again, unless somebody has confirmed another one of the same headings since."""
    with write():
        SavedMapping.objects.get_or_create(
            header_hash=_hashed(Mapping.from_json(told).header),
            defaults={"told": told, "saved_at": saved_at, "used_at": used_at},
        )


def _hashed(header: Sequence[str]) -> int:
    folded = sorted(filter(None, map(fold_header, header)))
    return keys.hasher()("header", "\x1f".join(folded))
