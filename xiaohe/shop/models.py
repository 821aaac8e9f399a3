"""Stored: who may sign in, the shop's settings, our accounts, and who looked at contact data.

`User` and `SignInToken` are one for all workspaces; everything else belongs to the current one, so nothing
here points at a user by foreign key.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time
from enum import StrEnum

from django.contrib.auth.models import AbstractUser
from django.db import models
from django.utils.translation import gettext_lazy as _

from xiaohe.shop.taxonomy import Zone

MEANS_LENGTH = 32


class User(AbstractUser):
    """A person who signs in; `account` is always our end of a link, never this."""


class SignInToken(models.Model):
    """A one-time sign-in link, kept as a hash only: a copied database signs nobody in."""

    token_hash = models.BinaryField(primary_key=True, max_length=32)
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField()
    used_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"sign-in link of {self.created_at:%Y-%m-%d %H:%M}"


@dataclass(frozen=True)
class Caps:
    """How often one person may be approached; replies, orders and service are exempt (domain library 3.7)."""

    proactive_week: int
    proactive_month: int
    promotional_month: int
    complaint_rest_days: int
    less_divisor: int


class Shop(models.Model):
    """The shop's settings, one row; the defaults are the playbook 购物助手 (shopping helper)."""

    ONLY = 1

    name = models.CharField(max_length=80, default="", blank=True)
    time_zone = models.CharField(max_length=64, default="Asia/Shanghai")
    day_starts_at = models.TimeField(default=time(0, 0))
    currency = models.CharField(max_length=3, default="CNY")
    language = models.CharField(max_length=16, default="zh-hans")
    # What the owner calls themself in a sentence ("我是阿禾"); empty picks sentences without a name.
    voice = models.CharField(max_length=80, default="", blank=True)

    list_size = models.PositiveSmallIntegerField(default=12)
    list_at = models.TimeField(default=time(13, 0))
    quiet_from = models.TimeField(default=time(21, 30))
    quiet_to = models.TimeField(default=time(9, 0))

    preset_cycle_days = models.PositiveSmallIntegerField(default=30)
    effective_window_days = models.PositiveSmallIntegerField(default=30)
    attribution_days = models.PositiveSmallIntegerField(default=3)
    held_out_share = models.FloatField(default=0.10)

    cap_proactive_week = models.PositiveSmallIntegerField(default=1)
    cap_proactive_month = models.PositiveSmallIntegerField(default=3)
    cap_promotional_month = models.PositiveSmallIntegerField(default=2)
    complaint_rest_days = models.PositiveSmallIntegerField(default=14)
    # Whoever asked for "less" gets this fraction of every cap: one quarter.
    less_divisor = models.PositiveSmallIntegerField(default=4)

    # Minor units an hour; 0: minutes are shown and not priced.
    staff_hour_cost = models.PositiveIntegerField(default=0)

    # The sample shop lives on its own date; null: the real clock.
    clock_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name or "shop"

    @property
    def caps(self) -> Caps:
        return Caps(
            proactive_week=self.cap_proactive_week,
            proactive_month=self.cap_proactive_month,
            promotional_month=self.cap_promotional_month,
            complaint_rest_days=self.complaint_rest_days,
            less_divisor=self.less_divisor,
        )


class AccountKind(StrEnum):
    """What our end of a link is."""

    WECOM = "wecom"
    PERSONAL_WECHAT = "personal_wechat"
    GROUP = "group"
    APP = "app"
    OFFICIAL_ACCOUNT = "official_account"
    SMS = "sms"
    EMAIL = "email"


class Account(models.Model):
    """Our end of a link: who we are when we talk to a customer, and how much of the way there is ours."""

    kind = models.CharField(
        max_length=MEANS_LENGTH, choices=[(k.value, k.value) for k in AccountKind]
    )
    name = models.CharField(max_length=120)
    # As files name them; `staff_member` and `store` are what the merchant says.
    staff = models.CharField(max_length=120, default="", blank=True)
    staff_member = models.ForeignKey(
        "shop.Staff", null=True, blank=True, on_delete=models.SET_NULL, db_constraint=False
    )
    store = models.ForeignKey(
        "shop.Store", null=True, blank=True, on_delete=models.SET_NULL, db_constraint=False
    )
    owned = models.BooleanField()
    free_reach = models.BooleanField()
    reusable = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["kind", "name"], name="one_account_per_name")
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def is_private(self) -> bool:
        """Three of three: only such links count as linked (M01)."""
        return self.owned and self.free_reach and self.reusable


class ZoneRow(models.Model):
    """One row of the zone table that a person has changed; what is not here stands as `shop.taxonomy` ships it."""

    key = models.CharField(primary_key=True, max_length=80)
    zone = models.CharField(
        max_length=MEANS_LENGTH, choices=[(each.value, each.value) for each in Zone]
    )

    def __str__(self) -> str:
        return f"{self.key}: {self.zone}"


class AuditAct(StrEnum):
    VIEWED = "viewed"
    SEARCHED = "searched"
    EXPORTED = "exported"
    COPIED = "copied"
    # A note that was private to somebody else: which one stands in `page`.
    OPENED = "opened"
    # Doors for programs: what was done to a key or an endpoint, by its id in `page`.
    ADDED = "added"
    ROTATED = "rotated"
    DISABLED = "disabled"
    ENABLED = "enabled"
    # A segment or a tag, by its name in `page`.
    CHANGED = "changed"


AUDIT_WORDS = {
    AuditAct.VIEWED: _("looked at"),
    AuditAct.SEARCHED: _("searched for"),
    AuditAct.EXPORTED: _("exported"),
    AuditAct.COPIED: _("copied"),
    AuditAct.OPENED: _("opened a private note of"),
    AuditAct.ADDED: _("added"),
    AuditAct.ROTATED: _("changed the secret of"),
    AuditAct.DISABLED: _("switched off"),
    AuditAct.ENABLED: _("switched on"),
    AuditAct.CHANGED: _("changed"),
}


class AuditEntry(models.Model):
    """Somebody saw or took contact data out, or changed a door for programs; ids and counts, never the data."""

    at = models.DateTimeField(db_index=True)
    user_id = models.BigIntegerField(null=True)  # null: the command line on the machine itself
    act = models.CharField(max_length=MEANS_LENGTH, choices=[(a.value, a.value) for a in AuditAct])
    page = models.CharField(max_length=80, default="")
    person = models.BigIntegerField(null=True, db_index=True)
    people = models.PositiveIntegerField(default=1)

    def __str__(self) -> str:
        return f"{self.act} {self.page}"


class ApiKey(models.Model):
    """A key with which a program of the merchant's asks; kept as a hash only, see api_keys.py."""

    name = models.CharField(max_length=80, unique=True)
    key_hash = models.CharField(max_length=64, unique=True)
    # The key before it, taken until then; empty where there is none.
    old_hash = models.CharField(max_length=64, default="", db_index=True)
    old_until = models.DateTimeField(null=True)
    # What it may do, such as `segments:read`.
    scopes = models.JSONField(default=list)
    created_at = models.DateTimeField()
    created_by = models.BigIntegerField(null=True)
    revoked_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"API key {self.pk}"


# What is sold, where and by whom: tables of this room too.
from xiaohe.shop.selling import (  # noqa: E402, F401
    ClosedDays,
    Goods,
    GoodsGroup,
    OpeningHours,
    OwnContact,
    Shift,
    Staff,
    Store,
)
