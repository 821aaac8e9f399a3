"""接入: what is connected; event sources, their keys and limits."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import timedelta
from functools import wraps
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.kernel import workspace
from xiaohe.kernel.errors import BadInput, XiaoheError
from xiaohe.sources import writekeys
from xiaohe.web.pages import connections
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers

MOST_EVENTS_A_SECOND = 1_000_000
LONGEST_GRACE_HOURS = 720
# Which field of the form a refusal is about.
FIELD_OF = {
    "bad_name": "name",
    "name_taken": "name",
    "bad_origin": "origins",
    "bad_limit": "limit",
}

View = Callable[..., HttpResponse]


@dataclass(frozen=True)
class Form:
    """What was typed, and what is wrong with it, by field."""

    values: dict[str, Any] = field(default_factory=dict)
    errors: dict[str, str] = field(default_factory=dict)


def own_shop_only(view: View) -> View:
    """The sample shop has no doors for programs."""

    @wraps(view)
    def inside(request: HttpRequest, **given: Any) -> HttpResponse:
        if workspace.current().name == workspace.SAMPLE:
            raise Http404
        return view(request, **given)

    return inside


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    if workspace.current().name == workspace.SAMPLE:
        return answers.page(request, "web/connections.html", {})
    shown = connections.page(now_of(request), request.calendar)  # type: ignore[attr-defined]
    return answers.page(request, "web/connections.html", {"connections": shown})


@own_shop_only
@require_http_methods(["GET", "HEAD", "POST"])
def new_source(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return answers.page(request, "web/source_new.html", {"form": Form()})
    sent = request.POST
    try:
        source, key = writekeys.add(
            "segment",
            sent.get("name", ""),
            now_of(request),
            platform=sent.get("platform", "").strip() or writekeys.PLATFORM,
            origins=sent.get("origins", "").split(),
            events_per_second=_limit(sent.get("limit", "")),
            user_id=request.user.pk,
        )
    except XiaoheError as refusal:
        form = refused_form(refusal, FIELD_OF, sent.dict())
        return answers.page_with_status(request, "web/source_new.html", {"form": form}, 400)
    return _key_shown(request, source.pk, source.name, key)


@own_shop_only
@require_safe
def source(request: HttpRequest, source: int) -> HttpResponse:
    return _source_page(request, source, Form())


@own_shop_only
@require_POST
def rotate(request: HttpRequest, source: int) -> HttpResponse:
    try:
        grace = timedelta(hours=hours_of(request))
    except BadInput as refusal:
        return _source_page(
            request, source, refused_form(refusal, {}, request.POST.dict(), "grace")
        )
    one, key, _until = writekeys.rotate(
        str(source), now_of(request), grace, user_id=request.user.pk
    )
    return _key_shown(request, one.pk, one.name, key, is_new=False)


@own_shop_only
@require_POST
def limit(request: HttpRequest, source: int) -> HttpResponse:
    try:
        writekeys.limit(str(source), _limit(request.POST.get("limit", "")))
    except BadInput as refusal:
        return _source_page(request, source, refused_form(refusal, FIELD_OF, request.POST.dict()))
    return answers.back(request, reverse("source", args=[source]), Toast(_("Saved.")))


@own_shop_only
@require_POST
def revoke(request: HttpRequest, source: int) -> HttpResponse:
    one = writekeys.revoke(str(source), now_of(request), user_id=request.user.pk)
    said = _("Nothing more is taken from %(name)s. What it told stays.") % {"name": one.name}
    return answers.back(request, reverse("connections"), Toast(said))


# ---------------------------------------------------------------- shared with the other views of this page


def now_of(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]


def refused_form(
    refusal: XiaoheError, fields: dict[str, str], values: dict[str, Any], other: str = "name"
) -> Form:
    """The form again as it was typed, with the refusal beside the field it is about."""
    return Form(values, {fields.get(refusal.code, other): str(refusal)})


def hours_of(request: HttpRequest) -> int:
    """How long an old key or secret goes on."""
    text = request.POST.get("grace", "").strip()
    if not text.isdecimal() or len(text) > 4 or not 0 < int(text) <= LONGEST_GRACE_HOURS:
        raise BadInput("grace", gettext_lazy("Give whole hours, from 1 to 720."))
    return int(text)


def key_page(request: HttpRequest, context: dict[str, Any]) -> HttpResponse:
    """A key that is told now and never again: shown in the answer itself, kept by nobody on the way."""
    address = request.build_absolute_uri("/").rstrip("/")
    response = answers.page(
        request,
        "web/connection_key.html",
        {"address": address, "host": request.get_host(), **context},
    )
    response.headers["Cache-Control"] = "no-store"
    return response


def _key_shown(
    request: HttpRequest, number: int, name: str, key: str, *, is_new: bool = True
) -> HttpResponse:
    told = {"kind": "source", "name": name, "key": key, "is_new": is_new}
    return key_page(request, {**told, "back_to": reverse("source", args=[number])})


def _source_page(request: HttpRequest, number: int, form: Form) -> HttpResponse:
    shown = connections.source_page(number, now_of(request), request.calendar)  # type: ignore[attr-defined]
    address = request.build_absolute_uri("/").rstrip("/")
    context = {"source": shown, "form": form, "address": address, "host": request.get_host()}
    status = 400 if form.errors else 200
    return answers.page_with_status(request, "web/source.html", context, status)


def _limit(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 7 or not 0 < int(text) <= MOST_EVENTS_A_SECOND:
        raise BadInput(
            "bad_limit", gettext_lazy("A limit is a whole number of events a second, or empty.")
        )
    return int(text)
