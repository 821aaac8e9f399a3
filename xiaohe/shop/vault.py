"""The vault: direct identifiers are sealed here before they touch a disk.

    sealed = version (1 byte) | nonce (12, random) | AES-256-GCM ciphertext and tag

The purpose is authenticated with the text, so a value sealed for one use cannot be passed off as another. One
key with random nonces is safe to 2³² values (NIST SP 800-38D, 8.3), far above any shop's identifiers.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from functools import lru_cache

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import workspace
from xiaohe.kernel.errors import XiaoheError

VERSION = b"\x01"
NONCE = 12


class Unsealable(XiaoheError):
    """The sealed value was tampered with, or sealed under another key or purpose."""

    def __init__(self) -> None:
        super().__init__(
            "unsealable", _("This value was sealed with another key, or was changed since.")
        )


@lru_cache(maxsize=8)
def _cipher(key: bytes) -> AESGCM:
    return AESGCM(key)


def sealer(purpose: str) -> Callable[[str], bytes]:
    """A sealing function for many values of one purpose in the current workspace."""
    encrypt = _cipher(workspace.current().secret("vault")).encrypt
    aad = purpose.encode()

    def seal_one(text: str) -> bytes:
        nonce = os.urandom(NONCE)
        return VERSION + nonce + encrypt(nonce, text.encode(), aad)

    return seal_one


def seal(text: str, purpose: str) -> bytes:
    """Encrypt one value; the same text gives other bytes every time."""
    return sealer(purpose)(text)


def unsealer() -> Callable[[bytes, str], str]:
    """An unsealing function for many values of the current workspace: (sealed, purpose) to text."""
    decrypt = _cipher(workspace.current().secret("vault")).decrypt

    def unseal_one(sealed: bytes, purpose: str) -> str:
        if sealed[:1] != VERSION:
            raise Unsealable
        try:
            nonce = sealed[1 : 1 + NONCE]
            return decrypt(nonce, sealed[1 + NONCE :], purpose.encode()).decode()
        except (InvalidTag, ValueError):
            raise Unsealable from None

    return unseal_one


def unseal(sealed: bytes | memoryview, purpose: str) -> str:
    """The text again; raises Unsealable if a byte, the key or the purpose differs."""
    return unsealer()(bytes(sealed), purpose)
