"""Stored: who may sign in."""

from __future__ import annotations

from django.contrib.auth.models import AbstractUser


class User(AbstractUser):
    """A person who signs in; `account` is always our end of a link, never this."""
