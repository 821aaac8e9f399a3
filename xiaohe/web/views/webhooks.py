"""Webhooks: add, test, change the secret, switch off and on, remove and bring back, send again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.channels.models import Direction
from xiaohe.channels.webhook import deliver, endpoints
from xiaohe.channels.webhook.endpoints import Added
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.errors import BadInput, NotFound, XiaoheError
from xiaohe.web.pages import connections, webhooks
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views.connections import (
    Form,
    hours_of,
    key_page,
    now_of,
    own_shop_only,
    refused_form,
)

FIELD_OF = {
    "name": "name",
    "platform": "platform",
    "bad_url": "url",
    "forbidden_address": "url",
    "types": "types",
    "unknown_type": "types",
}


@own_shop_only
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest, way: str) -> HttpResponse:
    if way not in {each.value for each in Direction}:
        raise Http404
    template = f"web/webhook_new_{way}.html"
    offered = [{"type": name, "label": label} for name, label in webhooks.OFFERED]
    if request.method != "POST":
        values: dict[str, Any] = {"chosen": ["order.*"]}
        return answers.page(request, template, {"form": Form(values), "offered": offered})
    try:
        added = _added(request, way)
    except XiaoheError as refusal:
        values = {**request.POST.dict(), "chosen": request.POST.getlist("types")}
        context = {"form": refused_form(refusal, FIELD_OF, values), "offered": offered}
        return answers.page_with_status(request, template, context, 400)
    return _secret_shown(request, added.id, added.secret, is_new=True)


@own_shop_only
@require_safe
def page(request: HttpRequest, endpoint: str) -> HttpResponse:
    return _page(request, endpoint, Form())


@own_shop_only
@require_POST
def rotate(request: HttpRequest, endpoint: str) -> HttpResponse:
    try:
        grace = timedelta(hours=hours_of(request))
    except BadInput as refusal:
        return _page(request, endpoint, refused_form(refusal, {}, request.POST.dict(), "grace"))
    secret = endpoints.rotate(endpoint, now_of(request), grace=grace, user_id=request.user.pk)
    return _secret_shown(request, endpoint, secret, is_new=False)


@own_shop_only
@require_POST
def switch(request: HttpRequest, endpoint: str) -> HttpResponse:
    """Off or on, as the button says; pressed twice it changes nothing more."""
    now, user = now_of(request), request.user.pk
    if request.POST.get("to") == "on":
        endpoints.enable(endpoint, now, user_id=user)
        deliver.soon()
        toast = Toast(_("Switched on. What waited goes out."))
    else:
        endpoints.disable(endpoint, now, user_id=user)
        toast = Toast(_("Switched off. What is to be told waits."))
    return answers.back(request, reverse("webhook", args=[endpoint]), toast)


@own_shop_only
@require_POST
def remove(request: HttpRequest, endpoint: str) -> HttpResponse:
    one = endpoints.one(endpoint)
    endpoints.retire(one.id, now_of(request), user_id=request.user.pk)
    toast = Toast(
        _("%(name)s is removed.") % {"name": one.name},
        reverse("webhook-bring-back", args=[one.id]),
    )
    return answers.back(request, reverse("connections"), toast)


@own_shop_only
@require_POST
def bring_back(request: HttpRequest, endpoint: str) -> HttpResponse:
    one = endpoints.one(endpoint)
    endpoints.bring_back(one.id, now_of(request), user_id=request.user.pk)
    deliver.soon()
    toast = Toast(_("%(name)s is back, as it was.") % {"name": one.name})
    return answers.back(request, reverse("webhook", args=[one.id]), toast)


@own_shop_only
@require_POST
def test(request: HttpRequest, endpoint: str) -> HttpResponse:
    answer = deliver.test(endpoint, utc_now)
    told = webhooks.answer_said(answer.status, answer.why)
    said = _("The test did not arrive: %(answer)s.")
    if answer.is_success:
        said = _("The test arrived: %(answer)s after %(ms)d ms.")
    toast = Toast(said % {"answer": told, "ms": answer.ms})
    return answers.back(request, reverse("webhook", args=[endpoint]), toast)


@own_shop_only
@require_POST
def resend(request: HttpRequest, endpoint: str) -> HttpResponse:
    """One delivery of this webhook, or all that were given up."""
    one = endpoints.present(endpoints.one(endpoint))
    text = request.POST.get("delivery", "")
    if not text:
        count = deliver.again([], now_of(request), failed_of=one.id)
    elif text.isdecimal() and len(text) <= 18:
        count = deliver.again([int(text)], now_of(request))
    else:
        raise Http404
    if text and not count:
        raise NotFound("no_such_delivery", _("This message is on its way already."))
    said = ngettext("%(count)d message goes out again.", "%(count)d messages go out again.", count)
    return answers.back(request, reverse("webhook", args=[one.id]), Toast(said % {"count": count}))


def _added(request: HttpRequest, way: str) -> Added:
    sent, now, user = request.POST, now_of(request), request.user.pk
    name = sent.get("name", "")
    if way == Direction.IN:
        platform = sent.get("platform", "").strip()
        return endpoints.add_inbound(name, now, platform=platform, user_id=user)
    types = [*sent.getlist("types"), *sent.get("more", "").replace("，", ",").split(",")]
    return endpoints.add_outbound(
        name,
        sent.get("url", "").strip(),
        types,
        now,
        private="private" in sent,
        batched="batched" in sent,
        user_id=user,
    )


def _secret_shown(
    request: HttpRequest, endpoint: str, secret: str, *, is_new: bool
) -> HttpResponse:
    one = endpoints.one(endpoint)
    return key_page(
        request,
        {
            "kind": one.direction,
            "name": one.name,
            "key": secret,
            "is_new": is_new,
            "endpoint": one.id,
            "back_to": reverse("webhook", args=[one.id]),
        },
    )


def _page(request: HttpRequest, endpoint: str, form: Form) -> HttpResponse:
    one, now = endpoints.one(endpoint), now_of(request)
    told = ""
    if one.direction == Direction.IN:
        told = connections.in_webhook_said(one, now, request.calendar)  # type: ignore[attr-defined]
    context = {
        "hook": webhooks.page(endpoint, told, now),
        "form": form,
        "address": request.build_absolute_uri("/").rstrip("/"),
    }
    status = 400 if form.errors else 200
    return answers.page_with_status(request, "web/webhook.html", context, status)
