"""Stored: what the shop sells, and where, when and by whom it is sold.

    GoodsGroup ◄─── Goods            Store ◄─── OpeningHours, ClosedDays, Shift ───► Staff ───► Store

A table of these never holds a phone or an address in plain: both are sealed (`shop.vault`).
"""

from __future__ import annotations

from django.db import models

LONGEST_TITLE = 200
# A name people say aloud; longer ones do not fit a sentence of sixty characters.
LONGEST_SPOKEN = 16
LONGEST_NAME = 80


class GoodsGroup(models.Model):
    """Goods that are bought in one rhythm: coffee beans, filters, cat food."""

    name = models.CharField(max_length=40, unique=True)
    # Assumed while fewer than 30 people show the group's own pace; null: the shop's preset.
    cycle_days = models.PositiveSmallIntegerField(null=True, blank=True)
    # Whoever took twice as much comes back later.
    is_consumable = models.BooleanField(default=False)

    def __str__(self) -> str:
        return self.name


class Goods(models.Model):
    """One article as listings name it; what files state is learned, the rest is the merchant's word."""

    # Keyed hash of code or title, the same as in facts.
    item_key = models.BigIntegerField(primary_key=True)
    # Learned, and forgotten when no fact states it any more.
    title = models.CharField(max_length=LONGEST_TITLE, default="", blank=True)
    lines = models.IntegerField(default=0, db_index=True)
    last_sold_on = models.DateField(null=True, blank=True)
    # Said by the merchant.
    spoken = models.CharField(max_length=LONGEST_SPOKEN, default="", blank=True)
    named_at = models.DateTimeField(null=True, blank=True)
    group = models.ForeignKey(
        GoodsGroup, null=True, blank=True, on_delete=models.SET_NULL, db_constraint=False
    )
    # Share of the price that is left, 0.35 for 35 %.
    margin = models.FloatField(null=True, blank=True)
    launched_on = models.DateField(null=True, blank=True)
    stock_confirmed_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.spoken or self.title or f"goods {self.item_key}"

    @property
    def cycle_days(self) -> int | None:
        """Of its group; null: the shop's preset, or no group."""
        return self.group.cycle_days if self.group else None

    @property
    def is_consumable(self) -> bool:
        return bool(self.group and self.group.is_consumable)

    @property
    def is_touched(self) -> bool:
        """Whether the merchant said anything of it."""
        return bool(
            self.spoken
            or self.named_at
            or self.group_id
            or self.margin is not None
            or self.launched_on
            or self.stock_confirmed_on
        )


class Store(models.Model):
    """A place where the shop sells: a street shop, a counter, a warehouse that packs."""

    name = models.CharField(max_length=LONGEST_NAME, unique=True)
    phone_sealed = models.BinaryField(null=True)
    address_sealed = models.BinaryField(null=True)
    gone_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class Staff(models.Model):
    """A colleague; their own orders are no customer's."""

    name = models.CharField(max_length=LONGEST_NAME, unique=True)
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.SET_NULL, db_constraint=False
    )
    phone_sealed = models.BinaryField(null=True)
    address_sealed = models.BinaryField(null=True)
    gone_on = models.DateField(null=True, blank=True)

    def __str__(self) -> str:
        return self.name


class OpeningHours(models.Model):
    """One stretch of a weekday (0: Monday) in which a store is open; past midnight if it closes before it opens."""

    store = models.ForeignKey(Store, on_delete=models.CASCADE, db_constraint=False)
    weekday = models.PositiveSmallIntegerField()
    opens_at = models.TimeField()
    closes_at = models.TimeField()

    def __str__(self) -> str:
        return f"{self.weekday} {self.opens_at:%H:%M}–{self.closes_at:%H:%M}"


class ClosedDays(models.Model):
    """Days, both ends included, on which a store was closed, or the whole shop; they count in no gap."""

    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.CASCADE, db_constraint=False
    )
    from_on = models.DateField()
    until_on = models.DateField()
    why = models.CharField(max_length=LONGEST_NAME, default="", blank=True)

    def __str__(self) -> str:
        return f"closed {self.from_on}–{self.until_on}"


class Shift(models.Model):
    """Who stands in which store, when."""

    staff = models.ForeignKey(Staff, on_delete=models.CASCADE, db_constraint=False)
    store = models.ForeignKey(
        Store, null=True, blank=True, on_delete=models.SET_NULL, db_constraint=False
    )
    on = models.DateField(db_index=True)
    starts_at = models.TimeField()
    ends_at = models.TimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["staff", "on", "starts_at"], name="shop_shift_once_at_a_time"
            )
        ]

    def __str__(self) -> str:
        return f"{self.on} {self.starts_at:%H:%M}–{self.ends_at:%H:%M}"


class OwnContact(models.Model):
    """A phone or an address of the shop itself: test orders and parcels to the warehouse go there."""

    kind = models.CharField(max_length=16)  # "phone" or "address"
    sealed = models.BinaryField()
    note = models.CharField(max_length=LONGEST_NAME, default="", blank=True)

    def __str__(self) -> str:
        return f"own {self.kind} {self.pk}"
