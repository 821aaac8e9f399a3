"""Keys that people type into free text: a phone or an order number in a name, a remark or a description."""

from __future__ import annotations

import re

from xiaohe.kernel.ids import fold

# Grouped by blanks or hyphens or not at all; digits on either side make it a part of something else.
_PHONE = re.compile(
    r"(?<!\d)(?:(?:\+|00)?86[ \-]?)?(1[3-9]\d)[ \-]?(\d{4})[ \-]?(\d{4})(?!\d)"
    # 13800138000-1234, 转1234, #1234, ,1234: a platform's virtual number, void after two weeks.
    r"(?!\s*(?:[\-#,*]|转|转接|分机|ext\.?)\s*\d{2,6}(?!\d))"
)
# Order numbers in use have 12 digits or more, some with up to three letters in front or a hyphen inside
# (拼多多: 230101-123456789012345). Shorter runs are dates, phones, prices.
_ORDER = re.compile(r"(?<![\da-z])(?:\d{6}-\d{12,18}|[a-z]{1,3}\d{12,24}|\d{12,24})(?![\da-z]|-\d)")
# What the claim page gives: six of Crockford's base 32 (no I, L, O, U), said with or without a hyphen.
_CLAIM = re.compile(r"小河\s?[-‐-―]?\s?([0-9a-hjkmnp-tv-z]{6})(?![0-9a-z])")
_PHONE_WITH_COUNTRY = re.compile(r"(?:00)?861[3-9]\d{9}")


def phones(text: str) -> list[str]:
    """All complete mobile numbers in a text, each once, in order."""
    found = ("".join(match.groups()) for match in _PHONE.finditer(fold(text)))
    return list(dict.fromkeys(found))


def extract_phone(text: str) -> str | None:
    """The complete mobile number in a text; None if there is none, or more than one: then it is not certain."""
    found = phones(text)
    return found[0] if len(found) == 1 else None


def order_numbers(text: str) -> list[str]:
    """What may be an order number, folded, each once; it joins only if such an order exists."""
    found = (match.group() for match in _ORDER.finditer(fold(text)))
    return list(
        dict.fromkeys(number for number in found if not _PHONE_WITH_COUNTRY.fullmatch(number))
    )


def claim_words(text: str) -> list[str]:
    """The codes of claim words in a text, upper case without the leading word, each once."""
    found = (match.group(1).upper() for match in _CLAIM.finditer(fold(text)))
    return list(dict.fromkeys(found))
