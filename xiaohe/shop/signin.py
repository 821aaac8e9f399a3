"""Signing in: a link that works once, for a quarter of an hour. There are no passwords."""

from __future__ import annotations

import secrets
from datetime import datetime, timedelta
from hashlib import sha256

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store, workspace
from xiaohe.kernel.errors import NotAllowed
from xiaohe.shop.models import SignInToken, User

VALID_FOR = timedelta(minutes=15)
# Spent and stale links are kept a day, so that a second click is told "used" rather than "unknown".
KEPT_FOR = timedelta(days=1)
OWNER = "owner"


def new_link_token(now: datetime) -> str:
    """A fresh secret for a sign-in link; only its hash is stored."""
    token = secrets.token_urlsafe(32)
    with workspace.entered(workspace.workspace()), store.write():
        SignInToken.objects.filter(expires_at__lt=now - KEPT_FOR).delete()
        SignInToken.objects.create(
            token_hash=_hash(token), created_at=now, expires_at=now + VALID_FOR
        )
    return token


def redeem(token: str, now: datetime) -> User:
    """Spend a sign-in link and return whom it signs in; a used, stale or unknown one raises NotAllowed."""
    with workspace.entered(workspace.workspace()), store.write():
        mine = SignInToken.objects.filter(token_hash=_hash(token))
        # One statement decides who was first, on both stores.
        spent = mine.filter(used_at=None, expires_at__gt=now).update(used_at=now)
        if not spent:
            raise _refusal(mine.first())
        return owner()


def owner() -> User:
    """The shop's owner, made at the first sign-in; no password ever works for them."""
    user, created = User.objects.get_or_create(username=OWNER)
    if created:
        user.set_unusable_password()
        user.save(update_fields=["password"])
    return user


def _hash(token: str) -> bytes:
    return sha256(token.encode()).digest()


def _refusal(known: SignInToken | None) -> NotAllowed:
    if known is not None and known.used_at is not None:
        return NotAllowed(
            "link_used", _("This sign-in link was already used. Run “xiaohe open” for a new one.")
        )
    return NotAllowed(
        "link_stale", _("This sign-in link is no longer valid. Run “xiaohe open” for a new one.")
    )
