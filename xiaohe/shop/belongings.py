"""What of the merchant's own settings leaves with an export of everything."""

from __future__ import annotations

from xiaohe.kernel.belongings import stays, travels
from xiaohe.shop.models import Account, AuditEntry, Shop, User, ZoneRow

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
        "clock_on": "the day a sample shop lives on; null: the real clock",
    },
    gives_way=True,
)
travels(
    Account,
    about="one account of ours: who we are when we talk to a customer",
    meanings={
        "id": "`account_id` of facts, links and tasks",
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
