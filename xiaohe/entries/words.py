"""The letters of codes and claim words: Crockford's base 32, which has no I, L, O and U to be misread.

code        5 drawn + 1 check     K7Q2MX     printed; the check tells a slip of the pen from another card
claim word  6 drawn               7K3F9Q     said as 小河-7K3F9Q; long enough not to be guessed
"""

from __future__ import annotations

import secrets

ALPHABET = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
LENGTH = 6
# In front of a claim word, so that a program finds it in a remark (people.evidence.claim_words).
SAID = "小河-"
_VALUE = {letter: value for value, letter in enumerate(ALPHABET)}
_READ_AS = str.maketrans("OILU", "011V")
_BETWEEN = dict.fromkeys(map(ord, " -‐‑–—_·."))


def new_code() -> str:
    drawn = _drawn(LENGTH - 1)
    return drawn + check_letter(drawn)


def new_claim_word() -> str:
    return _drawn(LENGTH)


def said(word: str) -> str:
    """A claim word as the customer sends it."""
    return SAID + word


def tidy(text: str) -> str:
    """What somebody typed from a card, in the letters we use: upper case, O as 0, I and L as 1, U as V."""
    return text.strip().upper().translate(_BETWEEN).translate(_READ_AS)


def code_of(text: str) -> str | None:
    """The code somebody typed or scanned; None when it is none of ours, a single wrong letter included."""
    tidied = tidy(text[:24])
    if len(tidied) != LENGTH or any(letter not in _VALUE for letter in tidied):
        return None
    return tidied if check_letter(tidied[:-1]) == tidied[-1] else None


def check_letter(drawn: str) -> str:
    """Luhn's check modulo 32: finds every single wrong letter and every swap of two neighbours but 0 and Z."""
    total = 0
    for place, letter in enumerate(reversed(drawn)):
        value = _VALUE[letter] * (2 if place % 2 == 0 else 1)
        total += value // 32 + value % 32
    return ALPHABET[-total % 32]


def _drawn(length: int) -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(length))
