"""The formats that are recognised by their header, ours and the merchant's; any other table goes through `table`.

Ours lie beside this file, the merchant's in `HOME/formats`; one of theirs with the name of one of ours takes its
place. A file of theirs that cannot be read is left out and told by `problems()`: it never stops an import.
"""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

from django.utils.translation import get_language
from django.utils.translation import gettext as _

from xiaohe.kernel import workspace
from xiaohe.kernel.errors import BadInput
from xiaohe.sources.formats.base import OF_A_TABLE, Format, Kind, Layout, PaidIs, best_layout
from xiaohe.sources.formats.loader import read
from xiaohe.sources.formats.words import Status

__all__ = [
    "OF_A_TABLE",
    "Format",
    "Kind",
    "Layout",
    "PaidIs",
    "Status",
    "best_layout",
    "broken",
    "folder",
    "known",
    "ours",
    "platforms",
    "problems",
    "read",
    "title_of",
]

# More files than this in HOME/formats are somebody's mistake; the first ones count.
MOST_FILES = 500
Stamp = tuple[tuple[str, int, int], ...]


@lru_cache(maxsize=1)
def ours() -> tuple[Format, ...]:
    """The formats that come with the software."""
    files = sorted(Path(__file__).parent.glob("[a-z0-9]*.toml"))
    return tuple(read(file, is_ours=True) for file in files)


def folder() -> Path:
    """Where a merchant puts formats of their own."""
    return workspace.current().home / "formats"


def known() -> tuple[Format, ...]:
    """Every format a header may be recognised as; the merchant's as their files are now."""
    place = folder()
    return _all(place, _stamp(place))[0]


def problems() -> tuple[BadInput, ...]:
    """What keeps files in HOME/formats from being used."""
    place = folder()
    return _all(place, _stamp(place))[1]


def broken() -> list[str]:
    """Names of files in HOME/formats that cannot be used."""
    return list(dict.fromkeys(str(each.data["file"]) for each in problems()))


def platforms() -> list[str]:
    """Platforms whose order numbers some format reads."""
    return sorted({each.source for each in known()})


def title_of(name: str) -> str | None:
    """What people call a format, in the language of the moment; None if its file is gone."""
    if name == "table":
        return _("Order table")
    found = next((each for each in known() if each.name == name), None)
    if found is None:
        return None
    language = (get_language() or "en").split("-")[0]
    titles = found.titles
    return titles.get(language) or titles.get("en") or next(iter(titles.values()))


def _stamp(place: Path) -> Stamp:
    try:
        files = sorted(place.glob("*.toml"))[:MOST_FILES]
        found = [(file.name, file.stat()) for file in files]
    except OSError:
        return ()
    return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in found)


@lru_cache(maxsize=8)
def _all(place: Path, stamp: Stamp) -> tuple[tuple[Format, ...], tuple[BadInput, ...]]:
    theirs: dict[str, Format] = {}
    refused: list[BadInput] = []
    for name, _changed, _size in stamp:
        try:
            theirs[Path(name).stem] = read(place / name)
        except BadInput as error:
            refused.append(error)
    kept = [each for each in ours() if each.name not in theirs]
    return (*theirs.values(), *kept), tuple(refused)
