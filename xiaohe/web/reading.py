"""Reading an uploaded file: what it is, the mapping a person confirms, the import, and refusals in words."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from django.utils.translation import gettext as _

from xiaohe.kernel.errors import RetryLater, XiaoheError
from xiaohe.shop.sealed_files import SealedReader
from xiaohe.sources import importing
from xiaohe.sources.mapping import Mapping
from xiaohe.sources.refusals import MESSAGES, refuse
from xiaohe.web.spool import Waiting

# What a refusal's sentence names beside the file; never cells of it.
PLAIN_DATA = frozenset({"line", "count", "most"})


@dataclass(frozen=True)
class Looked:
    """What an upload turned out to be: ready to read, to be confirmed, or refused."""

    proposal: str = ""
    mapping: Mapping | None = None
    refusal: str = ""


def look(waiting: Waiting) -> Looked:
    """Recognise a file by its header; changes nothing."""
    try:
        with SealedReader(waiting.path) as body:
            found = importing.inspect(body, name=waiting.name)
    except XiaoheError as refusal:
        return Looked(refusal=str(refusal))
    if not found.needs_confirmation:
        return Looked()
    return Looked(proposal=found.sentence, mapping=found.mapping)


def run(
    waiting: Waiting,
    mapping: dict[str, Any] | None,
    *,
    now: Any,
    progress: Callable[[dict[str, Any]], None],
) -> list[int]:
    """Import a file that was recognised or confirmed; the ids of its imports."""
    confirmed = Mapping.from_json(mapping) if mapping else None
    with SealedReader(waiting.path) as body:
        report = importing.run(body, confirmed, now=now, name=waiting.name, progress=progress)
    return [part.import_id for part in (report.parts or (report,))]


def refusal_as_data(refusal: XiaoheError) -> dict[str, Any]:
    """A refusal without the file's name: what a job may keep. Busy is no refusal: it is raised again."""
    if isinstance(refusal, RetryLater):
        raise refusal
    kept = {name: value for name, value in refusal.data.items() if name in PLAIN_DATA}
    return {"refused": refusal.code, "data": kept}


def refusal_said(told: dict[str, Any], name: str) -> str:
    """The sentence of a kept refusal, in the language of whoever reads it."""
    code, data = told.get("refused", ""), told.get("data", {})
    if code in MESSAGES:
        try:
            return str(refuse(code, name, **data))
        except KeyError:
            pass
    return _("“%(name)s” could not be read. Nothing was changed.") % {"name": name}
