"""What makes a whole file unusable: one sentence each, and nothing was changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput

MESSAGES: dict[str, Any] = {
    "empty_file": _("“%(name)s” is empty. Nothing was changed."),
    "no_rows": _("“%(name)s” has headings but no rows. Nothing was changed."),
    "truncated": _(
        "“%(name)s” breaks off in the middle; the download may not have finished."
        " Export it again. Nothing was changed."
    ),
    "wrong_encoding": _(
        "The characters of “%(name)s” cannot be read (neither UTF-8 nor GBK, near line %(line)s)."
        " Save it as “CSV UTF-8” or XLSX and try again. Nothing was changed."
    ),
    "not_a_table": _(
        "“%(name)s” is not a table we can read. CSV, XLSX, ZIP and GZIP files work."
        " Nothing was changed."
    ),
    "old_excel": _(
        "“%(name)s” is in the old Excel format (.xls). Open it, save it as .xlsx or CSV,"
        " and try again. Nothing was changed."
    ),
    "protected": _(
        "“%(name)s” is protected by a password. Take the password off and try again."
        " Nothing was changed."
    ),
    "bomb": _(
        "“%(name)s” unpacks to far more than a table can be, so it was not opened."
        " Nothing was changed."
    ),
    "nested": _(
        "“%(name)s” holds another archive. Unpack it once and try again. Nothing was changed."
    ),
    "nothing_inside": _("There is no table inside “%(name)s”. Nothing was changed."),
    "too_many_columns": _(
        "“%(name)s” has %(count)s columns; a table of orders has a few dozen (at most %(most)s)."
        " Nothing was changed."
    ),
    "broken_quotes": _(
        "A quotation mark in “%(name)s” is never closed (near line %(line)s), so its rows run into"
        " each other. Export it again. Nothing was changed."
    ),
    "damaged": _("“%(name)s” is damaged and cannot be opened. Nothing was changed."),
    "no_header": _(
        "“%(name)s” has no row of headings, so it cannot be told which column is which."
        " Nothing was changed."
    ),
    "unknown_table": _(
        "In “%(name)s” no column for a time and no column for an amount or quantity was found,"
        " so it is not a table of orders. Nothing was changed."
    ),
    "needs_confirmation": _(
        "“%(name)s” is no export we know. Please confirm how to read it: %(proposal)s"
    ),
}


# Of a file that no format knows, while a format of the merchant's own cannot be read.
WITH_BROKEN_FORMAT: dict[str, Any] = {
    "unknown_table": _(
        "“%(name)s” is no export we know, and the format file “%(file)s” of yours cannot be read: it may be"
        " the one for it. “xiaohe sources formats” says what is wrong there. Nothing was changed."
    ),
    "needs_confirmation": _(
        "“%(name)s” is no export we know, and the format file “%(file)s” of yours cannot be read: it may be"
        " the one for it. “xiaohe sources formats” says what is wrong there. Or confirm how to read the"
        " table: %(proposal)s"
    ),
}


def refuse(code: str, name: str, **data: Any) -> BadInput:
    """The error to raise for a file that cannot be used."""
    return BadInput(code, MESSAGES[code], name=name, **data)


def refuse_unknown(code: str, name: str, broken: Sequence[str], **data: Any) -> BadInput:
    """`refuse` for a file that no format knows; `broken` are the merchant's format files that cannot be read."""
    if not broken:
        return refuse(code, name, **data)
    return BadInput(code, WITH_BROKEN_FORMAT[code], name=name, file=", ".join(broken), **data)
