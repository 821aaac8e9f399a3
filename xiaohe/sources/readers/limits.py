"""Limits against archives that unpack to far more than a table can be."""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterable
from typing import Any

from xiaohe.sources.refusals import refuse

# Order exports pack 5 to 60 times; DEFLATE cannot pass 1032. Small files may be as regular as they like.
MOST_RATIO = 200
FREE_BYTES = 64 << 20
MOST_BYTES = 16 << 30
MOST_MEMBERS = 2_000
ENCRYPTED = 0x1


def allowed(packed: int) -> int:
    """How many bytes `packed` bytes may become."""
    return min(MOST_BYTES, FREE_BYTES + packed * MOST_RATIO)


def check_members(members: Iterable[zipfile.ZipInfo], name: str) -> None:
    """Refuse an archive by what it declares; what it really unpacks to is watched by `Limited`."""
    members = list(members)
    if any(member.flag_bits & ENCRYPTED for member in members):
        raise refuse("protected", name)
    total = sum(member.file_size for member in members)
    packed = sum(member.compress_size for member in members)
    if len(members) > MOST_MEMBERS or total > allowed(packed):
        raise refuse("bomb", name)


class Limited(io.RawIOBase):
    """A stream that refuses to give more than `most` bytes."""

    def __init__(self, stream: Any, most: int, name: str) -> None:
        super().__init__()
        self._stream = stream
        self._left = most
        self._name = name

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int:
        try:
            piece: bytes = self._stream.read(len(buffer))
        except EOFError:
            raise refuse("truncated", self._name) from None
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            raise refuse("damaged", self._name) from None
        except Exception as error:
            # zlib and lzma have error types of their own for the same thing.
            if type(error).__module__ in {"zlib", "lzma", "_lzma"}:
                raise refuse("damaged", self._name) from None
            raise
        self._left -= len(piece)
        if self._left < 0:
            raise refuse("bomb", self._name)
        buffer[: len(piece)] = piece
        return len(piece)

    def close(self) -> None:
        self._stream.close()
        super().close()
