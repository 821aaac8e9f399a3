"""What is read: a source of bytes that can be opened again, and the tables found in it."""

from __future__ import annotations

import io
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, BinaryIO

# A table of orders has a few dozen columns; ten thousand are a mistake or an attack.
MOST_COLUMNS = 1_000
CHUNK = 1 << 20


@dataclass(frozen=True)
class Source:
    """Bytes with a name; `open()` gives a fresh reader at the start each time."""

    name: str
    open: Callable[[], BinaryIO]
    size: int
    # Members of an archive cannot jump about cheaply: what needs that is read into memory instead.
    seekable: bool = True

    @classmethod
    def of(cls, file: Path | str | BinaryIO, name: str | None = None) -> Source:
        """A source from a path or from a seekable binary file object, which stays the caller's to close."""
        if isinstance(file, (str, Path)):
            path = Path(file)
            return cls(name or path.name, lambda: open(path, "rb"), path.stat().st_size)
        size = file.seek(0, io.SEEK_END)
        label = name or Path(str(getattr(file, "name", ""))).name or "file"
        return cls(label, lambda: io.BufferedReader(_Borrowed(file), CHUNK), size)

    def head(self, count: int) -> bytes:
        with self.open() as stream:
            return stream.read(count)


class _Borrowed(io.RawIOBase):
    """A view of somebody else's seekable file with its own position; closing it leaves theirs open."""

    def __init__(self, file: Any) -> None:
        super().__init__()
        self._file = file
        self._at = 0

    def readable(self) -> bool:
        return True

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._at

    def seek(self, offset: int, whence: int = io.SEEK_SET) -> int:
        if whence == io.SEEK_CUR:
            offset, whence = self._at + offset, io.SEEK_SET
        self._at = self._file.seek(offset, whence)
        return self._at

    def readinto(self, buffer: Any) -> int:
        self._file.seek(self._at)
        piece = self._file.read(len(buffer))
        buffer[: len(piece)] = piece
        self._at += len(piece)
        return len(piece)


@dataclass
class Position:
    """How far reading has come, in whatever unit the reader counts."""

    done: int = 0
    total: int = 0

    @property
    def share(self) -> float:
        return min(1.0, self.done / self.total) if self.total else 0.0


@dataclass
class Table:
    """One table inside a file; `rows()` starts again from its first row each time it is called."""

    label: str
    encoding: str
    rows: Callable[[], Iterator[list[str]]]
    position: Position = field(default_factory=Position)
    # The name of the sheet, if it came out of a workbook.
    sheet: str | None = None
