"""Words of files for places people come from ► platform and entry; what no word tells is unknown, and counted so.

The words are a table: a new one is one line, and the longest that fits counts.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

from xiaohe.kernel.ids import fold
from xiaohe.shop import taxonomy
from xiaohe.shop.taxonomy import UNKNOWN, Entry

# A part of what a file says ► the platform meant. Of several that fit the longest counts.
PLATFORM_WORDS: Mapping[str, str] = {
    "淘宝": "taobao",
    "天猫": "taobao",
    "千牛": "taobao",
    "直通车": "taobao",
    "京东": "jd",
    "拼多多": "pinduoduo",
    "抖音": "douyin",
    "抖店": "douyin",
    "千川": "douyin",
    "快手": "kuaishou",
    "磁力金牛": "kuaishou",
    "小红书": "xiaohongshu",
    "薯条": "xiaohongshu",
    "聚光": "xiaohongshu",
    "微博": "weibo",
    "今日头条": "toutiao",
    "头条": "toutiao",
    "美团": "meituan",
    "大众点评": "meituan",
    "饿了么": "eleme",
    "视频号": "wechat_shop",
    "微信小店": "wechat_shop",
    "微信支付": "wechat_pay",
    "支付宝": "alipay",
    "有赞": "youzan",
    "小鹅通": "xiaoetong",
    "1688": "1688",
    "阿里巴巴": "1688",
    "企业微信": "wecom",
    "门店": "pos",
    "收银": "pos",
}
# The same for how they came. WeCom's own words of the column 来源 are the first block.
ENTRY_WORDS: Mapping[str, Entry] = {
    "扫描二维码": Entry.STAFF_CODE,
    "扫描名片二维码": Entry.STAFF_CODE,
    "扫描渠道二维码": Entry.STAFF_CODE,
    "联系我": Entry.STAFF_CODE,
    "获客链接": Entry.STAFF_CODE,
    "搜索手机号": Entry.SEARCH,
    "搜索邮箱": Entry.SEARCH,
    "搜索": Entry.SEARCH,
    "名片分享": Entry.CARD_SHARE,
    "群聊": Entry.GROUP,
    "手机通讯录": Entry.MOBILE,
    "微信联系人": Entry.MOBILE,
    "视频号添加": Entry.LIVE,
    "视频号主页": Entry.LIVE,
    "朋友圈": Entry.MOMENTS,
    "包裹": Entry.PARCEL_CARD,
    "快递卡": Entry.PARCEL_CARD,
    "返现卡": Entry.PARCEL_CARD,
    "售后卡": Entry.PARCEL_CARD,
    "桌码": Entry.TABLE_CODE,
    "桌卡": Entry.TABLE_CODE,
    "桌台": Entry.TABLE_CODE,
    "台卡": Entry.STORE_CODE,
    "门店码": Entry.STORE_CODE,
    "到店": Entry.STORE_CODE,
    "店内": Entry.STORE_CODE,
    "导购": Entry.STAFF_CODE,
    "员工码": Entry.STAFF_CODE,
    "验单": Entry.CLAIM_PAGE,
    "领取页": Entry.CLAIM_PAGE,
    "社群": Entry.GROUP,
    "进群": Entry.GROUP,
    "入群": Entry.GROUP,
    "直播": Entry.LIVE,
    "下单": Entry.ORDER,
    **{each.value: each for each in Entry},
}
LONGEST_NAME = 40


@dataclass(frozen=True)
class Place:
    """Where somebody came from, or what a cost was for, as `shop.taxonomy` names it."""

    source_type: str = ""
    platform: str = ""
    entry: str = UNKNOWN


@lru_cache(maxsize=4096)
def place_of(platform: str, entry: str, both: str = "") -> Place:
    """The place behind a file's words; `both` may hold either. A platform nobody listed keeps its name."""
    named = platform_of(platform) or platform_of(both)
    how = entry_of(entry) or entry_of(both) or entry_of(platform) or UNKNOWN
    named = named or (fold(platform)[:LONGEST_NAME] if platform else "")
    kind = str(taxonomy.type_of(named)) if named else ""
    return Place(kind, named, how)


def platform_of(words: str) -> str:
    """The id of the platform a word means, "" if none."""
    folded = fold(words)
    if folded in taxonomy.PLATFORMS:
        return folded
    fits = [word for word in PLATFORM_WORDS if word in folded]
    return PLATFORM_WORDS[max(fits, key=len)] if fits else ""


def entry_of(words: str) -> str:
    """How somebody came, by the longest word that fits; "" if none does."""
    folded = fold(words)
    fits = [word for word in ENTRY_WORDS if word in folded] if folded else []
    return ENTRY_WORDS[max(fits, key=len)].value if fits else ""
