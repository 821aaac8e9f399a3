"""What can be wrong with a format file: one sentence that names the file, the key and what to do."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput

MESSAGES: dict[str, Any] = {
    "format_unreadable": _(
        "The format file “%(file)s” is no TOML (%(where)s). Put texts between quotation marks and lists"
        " between [ and ]."
    ),
    "format_too_large": _(
        "The format file “%(file)s” is larger than a description of columns can be."
    ),
    "format_bad_name": _(
        "The format file “%(file)s” needs a name of small letters, digits and _ before .toml."
    ),
    "format_missing": _(
        "The format file “%(file)s” does not say “%(key)s”. Add a line for it: %(example)s"
    ),
    "format_unknown_key": _(
        "The format file “%(file)s” says “%(key)s”, which means nothing there. Possible are: %(possible)s."
    ),
    "format_wrong_type": _(
        "In the format file “%(file)s”, “%(key)s” must be %(expected)s. For example: %(example)s"
    ),
    "format_unknown_word": _(
        "In the format file “%(file)s”, “%(key)s” is “%(word)s”. Possible are: %(possible)s."
    ),
    "format_not_of_this_kind": _(
        "In the format file “%(file)s”, “%(key)s” means nothing for the kind “%(kind)s”."
        " It goes with the kind “%(possible)s”: change the kind, or take it out."
    ),
    "format_not_a_column": _(
        "In the format file “%(file)s”, “%(key)s” asks for “%(word)s”, which is not under [columns]."
        " Add it there, or take it out here."
    ),
    "format_twice": _(
        "In the format file “%(file)s”, the heading “%(word)s” stands for both %(fields)s. Leave it in one place."
    ),
    "format_bad_pattern": _(
        "In the format file “%(file)s”, “%(key)s” must be a pattern with three groups: year, month and day."
        " For example: %(example)s"
    ),
}
EXPECTED: dict[str, Any] = {
    "text": _("one text"),
    "texts": _("a list of texts"),
    "number": _("a whole number"),
    "truth": _("true or false"),
    "table": _("a section of its own"),
}


def problem(code: str, file: str, **data: Any) -> BadInput:
    """The error to raise for a format file that cannot be used."""
    return BadInput(code, MESSAGES[code], file=file, **data)
