"""Where people come from, in one vocabulary: platform type × platform × entry × code, and the zone a place is in.

The zones are the founding case's: public water is the platforms' three kinds of places; private are Moments, groups,
WeCom and an app of our own; mixed is whatever lets us gather followers while the platform decides who sees us.
Rows named `traffic:<platform>` are people met on a platform, `account:<carrier>` people who follow us there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from types import MappingProxyType
from typing import Any

from django.utils.translation import gettext_lazy as _


class Zone(StrEnum):
    """How much of the way to a person is ours."""

    PUBLIC = "public"
    MIXED = "mixed"
    PRIVATE = "private"


class SourceType(StrEnum):
    """What kind of place a platform is."""

    ECOMMERCE = "ecommerce"
    FEED = "feed"
    SHORT_VIDEO = "short_video"
    LOCAL = "local"
    WECHAT = "wechat"
    OWN = "own"
    PAYMENT = "payment"
    STORE = "store"
    UNKNOWN = "unknown"


class Entry(StrEnum):
    """How somebody came, once there."""

    PARCEL_CARD = "parcel_card"
    STORE_CODE = "store_code"
    TABLE_CODE = "table_code"
    STAFF_CODE = "staff_code"
    CLAIM_PAGE = "claim_page"
    ORDER = "order"
    SEARCH = "search"
    GROUP = "group"
    CARD_SHARE = "card_share"
    MOBILE = "mobile"
    MOMENTS = "moments"
    LIVE = "live"
    IMPORT = "import"
    UNKNOWN = "unknown"


UNKNOWN = "unknown"

ZONE_WORDS: Mapping[Zone, Any] = MappingProxyType(
    {
        Zone.PUBLIC: _("public"),
        Zone.MIXED: _("mixed"),
        Zone.PRIVATE: _("private"),
    }
)
TYPE_WORDS: Mapping[SourceType, Any] = MappingProxyType(
    {
        SourceType.ECOMMERCE: _("shopping platform"),
        SourceType.FEED: _("feed platform"),
        SourceType.SHORT_VIDEO: _("short-video platform"),
        SourceType.LOCAL: _("local services"),
        SourceType.WECHAT: _("WeChat"),
        SourceType.OWN: _("own site or app"),
        SourceType.PAYMENT: _("payment"),
        SourceType.STORE: _("shop floor"),
        SourceType.UNKNOWN: _("not known"),
    }
)
ENTRY_WORDS: Mapping[Entry, Any] = MappingProxyType(
    {
        Entry.PARCEL_CARD: _("parcel card"),
        Entry.STORE_CODE: _("code in the store"),
        Entry.TABLE_CODE: _("code on the table"),
        Entry.STAFF_CODE: _("code of a member of staff"),
        Entry.CLAIM_PAGE: _("claim page"),
        Entry.ORDER: _("an order"),
        Entry.SEARCH: _("search"),
        Entry.GROUP: _("a group chat"),
        Entry.CARD_SHARE: _("a shared contact card"),
        Entry.MOBILE: _("their phone number"),
        Entry.MOMENTS: _("Moments"),
        Entry.LIVE: _("a live show"),
        Entry.IMPORT: _("a file"),
        Entry.UNKNOWN: _("not known"),
    }
)


@dataclass(frozen=True)
class Platform:
    """One platform, its kind, its name for people, and the zone of those met there by default."""

    id: str
    type: SourceType
    name: Any
    traffic: Zone


def _platforms() -> dict[str, Platform]:
    shops, clips, feeds = SourceType.ECOMMERCE, SourceType.SHORT_VIDEO, SourceType.FEED
    public, mixed, private = Zone.PUBLIC, Zone.MIXED, Zone.PRIVATE
    listed = (
        ("taobao", shops, _("Taobao"), public),
        ("jd", shops, _("JD"), public),
        ("pinduoduo", shops, _("Pinduoduo"), public),
        ("1688", shops, _("1688"), public),
        ("douyin", clips, _("Douyin"), public),
        ("kuaishou", clips, _("Kuaishou"), public),
        ("xiaohongshu", feeds, _("Xiaohongshu"), public),
        ("weibo", feeds, _("Weibo"), public),
        ("toutiao", feeds, _("Toutiao"), public),
        ("meituan", SourceType.LOCAL, _("Meituan"), public),
        ("eleme", SourceType.LOCAL, _("Ele.me"), public),
        # Mini programs: the document counts them as mixed.
        ("wechat_shop", SourceType.WECHAT, _("WeChat shop"), mixed),
        ("youzan", SourceType.WECHAT, _("Youzan"), mixed),
        ("xiaoetong", SourceType.WECHAT, _("Xiaoetong"), mixed),
        ("wecom", SourceType.WECHAT, _("WeCom"), private),
        ("segment", SourceType.OWN, _("own site or app"), mixed),
        ("webhook", SourceType.OWN, _("own programs"), mixed),
        # The document is silent on these. Nobody can be told anything there without having been added first.
        ("wechat_pay", SourceType.PAYMENT, _("WeChat Pay"), public),
        ("alipay", SourceType.PAYMENT, _("Alipay"), public),
        ("pos", SourceType.STORE, _("till"), public),
        ("table", SourceType.STORE, _("order table"), public),
        ("xiaohe", SourceType.UNKNOWN, _("noted by hand"), public),
    )
    return {each[0]: Platform(*each) for each in listed}


PLATFORMS: Mapping[str, Platform] = MappingProxyType(_platforms())


@dataclass(frozen=True)
class Carrier:
    """A place where people can follow us or be reached by us, and its zone by default."""

    id: str
    name: Any
    zone: Zone


def _carriers() -> dict[str, Carrier]:
    mixed, private = Zone.MIXED, Zone.PRIVATE
    listed = (
        ("moments", _("WeChat Moments"), private),
        ("group", _("customer groups"), private),
        ("wecom", _("WeCom"), private),
        ("personal_wechat", _("personal WeChat"), private),
        ("app", _("our app"), private),
        ("official_account", _("official account"), mixed),
        ("mini_program", _("mini program"), mixed),
        ("shop_follow", _("followers on shopping platforms (Taobao, JD …)"), mixed),
        ("video_follow", _("followers on short-video platforms (Douyin, Kuaishou …)"), mixed),
        ("feed_follow", _("followers on feed platforms (Weibo, Toutiao …)"), mixed),
        # A consented phone or mailbox is reachable, at a price and under rules.
        ("sms", _("text messages"), mixed),
        ("email", _("e-mail"), mixed),
    )
    return {each[0]: Carrier(*each) for each in listed}


CARRIERS: Mapping[str, Carrier] = MappingProxyType(_carriers())

TRAFFIC, ACCOUNT = "traffic", "account"


def default_zones() -> dict[str, Zone]:
    """The classification as it ships: every row a person may edit, by its key."""
    zones = {f"{ACCOUNT}:{each.id}": each.zone for each in CARRIERS.values()}
    return zones | {f"{TRAFFIC}:{each.id}": each.traffic for each in PLATFORMS.values()}


def platform_of(source: str) -> str:
    """The platform behind a fact's source: `segment:<id>` and `webhook:<id>` are one platform each."""
    return source.partition(":")[0]


def type_of(platform: str) -> SourceType:
    known = PLATFORMS.get(platform_of(platform))
    return known.type if known else SourceType.UNKNOWN


def platform_name(platform: str) -> str:
    """The platform for people; one nobody listed keeps the name it came with."""
    known = PLATFORMS.get(platform_of(platform))
    return str(known.name) if known else platform
