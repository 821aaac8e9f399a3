"""Kinds of records a rule of this shop may name: all of the catalogue, and events of the shop's own naming."""

from __future__ import annotations

from collections.abc import Iterator, Mapping

from xiaohe.ledger.catalogue.custom import PREFIX
from xiaohe.ledger.models import LakeFile
from xiaohe.segments.records.registry import RECORDS, kind_named
from xiaohe.segments.rules.vocabulary import RecordKind


class Records(Mapping[str, RecordKind]):
    """By name. `custom:<name>` may be named before the first such event came; only those that came are listed."""

    def __getitem__(self, name: str) -> RecordKind:
        if (found := kind_named(name)) is None:
            raise KeyError(name)
        return found

    def __iter__(self) -> Iterator[str]:
        yield from RECORDS
        yield from self._custom()

    def __len__(self) -> int:
        return len(RECORDS) + len(self._custom())

    def _custom(self) -> list[str]:
        """As the files on disk are sorted by type; what came within the last minutes is not among them yet."""
        files = LakeFile.objects.filter(type__startswith=PREFIX, retired_us__isnull=True)
        return sorted(filter(None, files.order_by().values_list("type", flat=True).distinct()))
