"""What every page may use beside its own variables."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest
from django.utils import translation

from xiaohe.kernel import disk, workspace
from xiaohe.web import sample_shop

THEME_COOKIE = "xiaohe_theme"
# Which entry of the navigation a page stands under.
ROOM_OF = {
    **dict.fromkeys(["today", "today-text", "today-print", "not-listed"], "today"),
    **dict.fromkeys(["people", "people-search", "person", "unmatched"], "people"),
    **dict.fromkeys(["results", "numbers", "number", "number-people"], "results"),
    **dict.fromkeys(["data", "imports", "import-report", "start", "read"], "data"),
    **dict.fromkeys(["connections", "source-new", "source", "webhook-new", "webhook"], "data"),
    **dict.fromkeys(["unread", "unread-mend"], "data"),
    **dict.fromkeys(["entries", "entry", "entry-people", "claims", "claim-who"], "more"),
    **dict.fromkeys(["goods", "goods-one", "goods-group", "stores", "store", "staff"], "data"),
    **dict.fromkeys(["tie-find", "private-note"], "people"),
    **dict.fromkeys(
        ["segments", "segment", "segment-new", "segment-edit", "person-segments"], "people"
    ),
    **dict.fromkeys(["segment-tag", "segment-today", "segment-export"], "people"),
    **dict.fromkeys(["segment-tagging", "segment-adding", "segment-today-left"], "people"),
    "more": "more",
}


def console(request: HttpRequest) -> dict[str, Any]:
    """The frame around a page: language, theme, which workspace, and which room is open."""
    match = request.resolver_match
    place = workspace.current()
    signed_in = hasattr(request, "user") and request.user.is_authenticated
    theme = request.COOKIES.get(THEME_COOKIE, "")
    return {
        "console": {
            "chinese": (translation.get_language() or "").startswith("zh"),
            "theme": theme if theme in {"light", "dark"} else "",
            "sample": place.name == workspace.SAMPLE,
            "sample_exists": signed_in and sample_shop.stands(),
            "room": ROOM_OF.get((match.url_name or "") if match else "", ""),
            "now": getattr(request, "now", None),
            "today": _today(request),
            "signed_in": signed_in,
            "disk": _full_disk() if signed_in else None,
        }
    }


def _full_disk() -> dict[str, int] | None:
    """How full the disk is, in percent, while large work has to wait; None as long as there is room."""
    used = disk.usage()
    return {"used": int(used.percent), "limit": int(used.limit)} if used.is_over else None


def _today(request: HttpRequest) -> Any:
    calendar = getattr(request, "calendar", None)
    return calendar.day_of(request.now) if calendar else None  # type: ignore[attr-defined]
