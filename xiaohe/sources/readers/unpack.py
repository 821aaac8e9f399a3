"""What kind of file it is, by its first bytes, and the tables inside it."""

from __future__ import annotations

import gzip
import io
import zipfile
from typing import BinaryIO

from xiaohe.sources.readers.limits import Limited, allowed, check_members
from xiaohe.sources.readers.opened import CHUNK, Source, Table
from xiaohe.sources.readers.text import text_table
from xiaohe.sources.readers.workbook import workbook_tables
from xiaohe.sources.refusals import refuse

OLE2 = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
ZIP = b"PK\x03\x04"
EMPTY_ZIP = b"PK\x05\x06"
GZIP = b"\x1f\x8b"
# Things that are certainly no tables, told by their first bytes.
NO_TABLES = (
    b"%PDF",
    b"\x89PNG",
    b"\xff\xd8\xff",
    b"GIF8",
    b"Rar!",
    b"7z\xbc\xaf",
    b"SQLite format",
    b"PAR1",
)
TABLE_ENDINGS = (".csv", ".txt", ".tsv", ".xlsx", ".xlsm", ".xls", ".gz", ".zip")


def tables_of(source: Source) -> list[Table]:
    """All tables of a file, archives opened, in the order of their names; refuses what is no table."""
    if source.size == 0:
        raise refuse("empty_file", source.name)
    head = source.head(8)
    if head.startswith((ZIP, EMPTY_ZIP)):
        return _zip_tables(source)
    if head.startswith(GZIP):
        inner = _gunzipped(source)
        if inner.head(4).startswith((GZIP, ZIP)) and not _is_workbook(inner):
            raise refuse("nested", source.name)
        return _plain_tables(inner, source.name)
    return _plain_tables(source, source.name)


def _plain_tables(source: Source, label: str) -> list[Table]:
    head = source.head(8)
    if not head:
        raise refuse("empty_file", source.name)
    if head.startswith(OLE2):
        raise refuse("protected" if _is_encrypted_workbook(source) else "old_excel", source.name)
    if head.startswith(ZIP):
        return workbook_tables(source, label)
    if head.startswith(NO_TABLES):
        raise refuse("not_a_table", source.name)
    return [text_table(source, label)]


def _zip_tables(source: Source) -> list[Table]:
    try:
        with zipfile.ZipFile(source.open()) as archive:
            members = archive.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError):
        raise refuse("truncated", source.name) from None
    names = {member.filename for member in members}
    if "[Content_Types].xml" in names:
        return workbook_tables(source, source.name)
    check_members(members, source.name)
    tables: list[Table] = []
    empty: list[str] = []
    for member in sorted(members, key=lambda member: member.filename):
        if not _may_be_a_table(member):
            continue
        if not member.file_size:
            # A month without orders comes as a file of nothing beside the others.
            empty.append(member.filename)
            continue
        inner = _member(source, member)
        if inner.head(4).startswith((ZIP, GZIP)) and not _is_workbook(inner):
            raise refuse("nested", source.name)
        tables += _plain_tables(inner, f"{source.name} › {_spoken_name(member)}")
    if not tables and empty:
        raise refuse("empty_file", source.name)
    if not tables:
        raise refuse("nothing_inside", source.name)
    return tables


def _may_be_a_table(member: zipfile.ZipInfo) -> bool:
    name = member.filename
    base = name.rsplit("/", 1)[-1]
    if member.is_dir() or base.startswith(".") or name.startswith("__MACOSX"):
        return False
    return base.lower().endswith(TABLE_ENDINGS)


def _spoken_name(member: zipfile.ZipInfo) -> str:
    """The member's base name; Windows writes Chinese names in GBK and does not say so."""
    name = member.filename.rsplit("/", 1)[-1]
    if member.flag_bits & 0x800:
        return name
    try:
        return name.encode("cp437").decode("gb18030")
    except UnicodeError:
        return name


def _member(source: Source, member: zipfile.ZipInfo) -> Source:
    def opened() -> BinaryIO:
        archive = zipfile.ZipFile(source.open())
        stream = Limited(archive.open(member), allowed(member.compress_size), source.name)
        return io.BufferedReader(stream, CHUNK)

    return Source(_spoken_name(member), opened, member.file_size, seekable=False)


def _gunzipped(source: Source) -> Source:
    def opened() -> BinaryIO:
        stream = Limited(gzip.GzipFile(fileobj=source.open()), allowed(source.size), source.name)
        return io.BufferedReader(stream, CHUNK)

    return Source(source.name.removesuffix(".gz"), opened, source.size, seekable=False)


def _is_workbook(source: Source) -> bool:
    """A ZIP whose first entry is one that only Office files have; enough to tell it from an archive."""
    head = source.head(4096)
    return head.startswith(ZIP) and any(
        mark in head for mark in (b"[Content_Types].xml", b"_rels/", b"xl/", b"docProps/")
    )


def _is_encrypted_workbook(source: Source) -> bool:
    """OLE2 wraps both the old .xls and an encrypted .xlsx; only the latter has this stream."""
    with source.open() as stream:
        content = stream.read(8 << 20)
    return (
        "EncryptedPackage".encode("utf-16-le") in content
        or "EncryptionInfo".encode("utf-16-le") in content
    )
