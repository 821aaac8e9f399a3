"""What the owner should know before printing for a platform: platforms may punish shops that lead buyers elsewhere.

Each platform writes and changes rules of its own; we name what to look for and promise nothing. Not legal advice.
"""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.shop import taxonomy
from xiaohe.shop.taxonomy import SourceType

_TRADE = _(
    "%(platform)s may treat a card in the parcel that leads buyers to WeChat as drawing trade away from it: points"
    " off, less to be seen, a deposit held back, or the shop closed. Its rules change; read those in force today"
    " before you print."
)
_CLIPS = _(
    "%(platform)s may treat a WeChat code in a parcel as leading people off the platform: a warning, points off,"
    " a show cut short, or the shop closed. Its rules change; read those in force today before you print."
)
_LOCAL = _(
    "%(platform)s may treat a card in its deliveries that leads buyers elsewhere as a breach: less to be seen, or"
    " the shop closed. In your own rooms, on your own tables, its rules hardly reach."
)
_WECHAT = _(
    "WeChat forbids rewards for following or sharing. Thanks for an order someone really made is another thing;"
    " leave words like “share” and “forward” off the card."
)
_OTHERS = _(
    "If these parcels are sold on a platform, its rules may forbid cards that lead buyers elsewhere."
)
NEUTRAL = _(
    "The sentence that stands ready is neutral: it offers help, no money back, no praise for a good rating, and no"
    " price outside the platform. These are what is punished first."
    " This is no legal advice."
)
_BY_TYPE = {
    SourceType.ECOMMERCE: _TRADE,
    SourceType.FEED: _CLIPS,
    SourceType.SHORT_VIDEO: _CLIPS,
    SourceType.LOCAL: _LOCAL,
    SourceType.WECHAT: _WECHAT,
}


def notices(entry: str, platform: str) -> list[str]:
    """Sentences to read before printing, for the page and the command alike."""
    found: list[str] = []
    kind = taxonomy.type_of(platform) if platform else None
    told: Any = _BY_TYPE.get(kind) if kind else None
    if told is not None:
        found.append(str(told) % {"platform": taxonomy.platform_name(platform)})
    elif entry == taxonomy.Entry.PARCEL_CARD:
        found.append(str(_OTHERS))
    if kind is not SourceType.WECHAT:
        found.append(str(_WECHAT))
    return [*found, str(NEUTRAL)]
