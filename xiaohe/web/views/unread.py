"""Events and messages that could not be read: try again, look and mend, drop."""

from __future__ import annotations

import json
from datetime import timedelta

import orjson
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.channels.webhook import letters, mending
from xiaohe.kernel.errors import BadInput
from xiaohe.sources.segment import dead
from xiaohe.web.pages import unread
from xiaohe.web.pages.models import Toast
from xiaohe.web.pages.unread import EVENT, MESSAGE, MendPage
from xiaohe.web.views import answers
from xiaohe.web.views.connections import now_of, own_shop_only

SHOWN = 100
# Reading all again ends after this long; what is left waits for another press.
AT_MOST = timedelta(seconds=8)


@own_shop_only
@require_safe
def page(request: HttpRequest) -> HttpResponse:
    count = unread.count()
    shown = unread.lines(SHOWN, now_of(request))
    context = {
        "unread": shown,
        "count": count,
        "is_cut": count > len(shown),
        "without_room": unread.without_room(),
    }
    return answers.page(request, "web/unread.html", context)


@own_shop_only
@require_POST
def all_again(request: HttpRequest) -> HttpResponse:
    now = now_of(request)
    read = sum(each.recorded for each in dead.replay_all(None, now, within=AT_MOST))
    read += mending.replay_all(now, within=AT_MOST)[0]
    toast = Toast(unread.all_again_said(read, unread.count()))
    return answers.back(request, reverse("unread"), toast)


@own_shop_only
@require_POST
def again(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    unread.one(kind, number, now_of(request))
    why = _read_again(kind, number, request)
    if why:
        toast = Toast(_("It still cannot be read: %(why)s") % {"why": why})
    else:
        toast = Toast(_("It counts now."))
    return answers.back(request, reverse("unread"), toast)


@own_shop_only
@require_http_methods(["GET", "HEAD", "POST"])
def mend(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    """Its text, unsealed only here; sent back mended, it counts."""
    now = now_of(request)
    if request.method != "POST":
        return _mend_page(request, unread.opened(kind, number, now, request.user.pk))
    line, text = unread.one(kind, number, now), request.POST.get("text", "")
    try:
        error = _mended(kind, number, text, request)
    except BadInput as refusal:
        error = unread.message_why(str(refusal.data.get("why", ""))) or str(refusal)
    if error:
        return _mend_page(request, MendPage(line, text, error))
    return answers.back(request, reverse("unread"), Toast(_("Mended: it counts now.")))


@own_shop_only
@require_POST
def drop(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    unread.one(kind, number, now_of(request))
    if kind == EVENT:
        dead.drop(number, now_of(request))
    else:
        letters.drop(number)
    toast = Toast(_("Dropped."), reverse("unread-restore", args=[kind, number]))
    return answers.back(request, reverse("unread"), toast)


@own_shop_only
@require_POST
def restore(request: HttpRequest, kind: str, number: int) -> HttpResponse:
    if kind == EVENT:
        dead.restore(number)
    elif kind == MESSAGE:
        letters.restore(number)
    else:
        raise Http404
    return answers.back(request, reverse("unread"), Toast(_("It waits again.")))


def _read_again(kind: str, number: int, request: HttpRequest) -> str:
    """Why it still cannot be read; nothing if it counts now."""
    if kind == EVENT:
        return dead.replay(number, now_of(request)).why
    try:
        mending.replay(number, now_of(request))
    except BadInput as refusal:
        return unread.message_why(str(refusal.data.get("why", "")))
    return ""


def _mended(kind: str, number: int, text: str, request: HttpRequest) -> str:
    """What is still wrong with a mended text; nothing if it counts now."""
    try:
        message = orjson.loads(text)
    except json.JSONDecodeError as error:
        return _("This is no JSON; look at line %(line)d, column %(column)d.") % {
            "line": error.lineno,
            "column": error.colno,
        }
    if kind != EVENT:
        mending.mend(number, text.encode(), now_of(request))
        return ""
    why = dead.fix(number, message, now_of(request))
    return why or dead.replay(number, now_of(request)).why


def _mend_page(request: HttpRequest, shown: MendPage) -> HttpResponse:
    status = 400 if shown.error else 200
    response = answers.page_with_status(request, "web/unread_mend.html", {"mend": shown}, status)
    # Somebody's data stay in no cache and no history.
    response.headers["Cache-Control"] = "no-store"
    return response
