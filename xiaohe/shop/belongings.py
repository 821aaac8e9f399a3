"""What of the merchant's own settings leaves with an export of everything."""

from __future__ import annotations

from xiaohe.kernel.belongings import Kind, Turned, stays, travels
from xiaohe.shop import team, vault
from xiaohe.shop.models import (
    Account,
    AuditEntry,
    ClosedDays,
    Goods,
    GoodsGroup,
    OpeningHours,
    OwnContact,
    Shift,
    Shop,
    Staff,
    Store,
    User,
    ZoneRow,
)

travels(
    Shop,
    about="the shop's settings: one row",
    meanings={
        "time_zone": "in which the shop's days begin",
        "day_starts_at": "when a shop day begins",
        "voice": "what the owner calls themself in a sentence",
        "list_size": "people on a day's list",
        "preset_cycle_days": "the rhythm assumed of whom nothing is known yet",
        "effective_window_days": "a reply within so many days makes a contact effective",
        "attribution_days": "an order within so many days counts as what came of a contact",
        "held_out_share": "share of due people who are left alone for the comparison, 0 to 1",
        "less_divisor": "who asked for less gets this fraction of every cap",
        "staff_hour_cost": "what an hour of work costs, minor units; 0: not said",
        "clock_on": "the day a sample shop lives on; null: the real clock",
    },
    gives_way=True,
)
travels(
    Account,
    about="one account of ours: who we are when we talk to a customer",
    meanings={
        "id": "`account_id` of facts, links and tasks",
        "staff": "whose, as a file names them",
        "staff_member_id": "whose (`shop_staff.csv`), as the merchant says",
        "store_id": "of which store (`shop_store.csv`)",
        "owned": "ours, not the platform's",
        "free_reach": "reachable without paying for it",
        "reusable": "reachable again and again; owned, free and reusable together make a link private",
    },
)
travels(
    ZoneRow,
    about="one place people come from or can be reached at whose zone the shop has changed",
    meanings={
        "key": "`traffic:<platform>` or `account:<carrier>`",
        "zone": "public, mixed or private",
    },
)
travels(
    GoodsGroup,
    about="goods that are bought in one rhythm",
    meanings={
        "cycle_days": "the rhythm assumed while few people show one; null: the shop's preset",
        "is_consumable": "who took more than usual comes back later",
    },
)
travels(
    Goods,
    about="one article: what files state of it, and what the merchant says",
    meanings={
        "item_key": "`item_key` of facts",
        "title": "the newest title a file states; empty if no file does any more",
        "lines": "order lines that name it",
        "last_sold_on": "the last of them",
        "spoken": "what it is called in a sentence; empty: not named",
        "named_at": "when the merchant answered how it is called",
        "group_id": "`shop_goodsgroup.csv`",
        "margin": "share of the price that is left, 0.35 for 35 %",
        "stock_confirmed_on": "the day somebody saw it in stock",
    },
)


def _opened(sealed: bytes | None) -> str | None:
    return vault.unseal(bytes(sealed), team.PURPOSE) if sealed else None


def _sealed(text: str | None) -> bytes | None:
    return vault.seal(text, team.PURPOSE) if text else None


_IN_CLEAR = Turned(Kind.TEXT, _opened, _sealed)
_BOTH = {"phone_sealed": _IN_CLEAR, "address_sealed": _IN_CLEAR}
_BOTH_MEAN = {"phone_sealed": "in clear", "address_sealed": "in clear"}

travels(
    Store,
    about="a place where the shop sells",
    turned=_BOTH,
    meanings={**_BOTH_MEAN, "gone_on": "the day it was given up"},
    is_private=True,
)
travels(
    Staff,
    about="a colleague",
    turned=_BOTH,
    meanings={
        **_BOTH_MEAN,
        "store_id": "where they work (`shop_store.csv`)",
        "gone_on": "the day they left",
    },
    is_private=True,
)
travels(
    OpeningHours,
    about="one stretch of a weekday in which a store is open",
    meanings={"weekday": "0 is Monday", "closes_at": "before `opens_at`: past midnight"},
)
travels(
    ClosedDays,
    about="days on which a store was closed; they count in no gap between purchases",
    meanings={
        "store_id": "which store; null: the whole shop",
        "from_on": "the first closed day",
        "until_on": "the last closed day",
        "why": "as it was entered",
    },
)
travels(
    Shift,
    about="who stood in which store, when",
    meanings={"staff_id": "who (`shop_staff.csv`)", "store_id": "where (`shop_store.csv`)"},
)
travels(
    OwnContact,
    about="a phone or an address of the shop itself: no customer's",
    turned={"sealed": _IN_CLEAR},
    meanings={"kind": "phone or address", "sealed": "in clear", "note": "what it is"},
    is_private=True,
)
travels(
    AuditEntry,
    about="somebody saw or took contact data; ids and counts, never the data",
    meanings={
        "user_id": "who (`shop_user.csv`); null: the command line",
        "person": "whose data, if it was one person's",
        "people": "how many people's",
    },
)
travels(
    User,
    about="one person who may sign in; without passwords, which there are none of",
    left_out={
        "password": "nobody has one: people sign in by link",
        "last_login": "says nothing about the shop",
    },
    instead={"password": "!"},
    gives_way=True,
)
stays(
    "shop_signintoken",
    "django_session",
    why="secret: who is signed in. People sign in anew",
)
stays("shop_apikey", why="secret: a key is told once and kept as a hash only")
stays(
    "auth_group",
    "auth_group_permissions",
    "auth_permission",
    "django_content_type",
    "shop_user_groups",
    "shop_user_user_permissions",
    why="unused: whoever signs in may do everything",
)
stays("django_migrations", why="rebuilt: which tables this version has")
