"""接入: keys with which the merchant's own programs ask; shown once, changed, taken away, brought back."""

from __future__ import annotations

from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.kernel.errors import BadInput, XiaoheError
from xiaohe.shop import api_keys
from xiaohe.web.pages import read_keys
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

FIELD_OF = {"bad_name": "name", "name_taken": "name", "bad_scope": "scope"}


@own_shop_only
@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    if request.method != "POST":
        return _new_page(request, Form(), [])
    scopes = request.POST.getlist("scope")
    try:
        row, key = api_keys.add(
            request.POST.get("name", ""), scopes, now_of(request), user_id=request.user.pk
        )
    except XiaoheError as refusal:
        form = refused_form(refusal, FIELD_OF, request.POST.dict())
        if "scope" in form.errors:
            form.errors["scope"] = _("Choose what it may do.")
        return _new_page(request, form, scopes)
    return _shown(request, row.pk, row.name, key, is_new=True)


@own_shop_only
@require_safe
def page(request: HttpRequest, key: int) -> HttpResponse:
    return _page(request, key, Form())


@own_shop_only
@require_POST
def rotate(request: HttpRequest, key: int) -> HttpResponse:
    try:
        grace = timedelta(hours=hours_of(request))
        row, told = api_keys.rotate(str(key), now_of(request), grace, user_id=request.user.pk)
    except BadInput as refusal:
        return _page(request, key, refused_form(refusal, {}, request.POST.dict(), "grace"))
    return _shown(request, row.pk, row.name, told, is_new=False)


@own_shop_only
@require_POST
def remove(request: HttpRequest, key: int) -> HttpResponse:
    row = api_keys.revoke(str(key), now_of(request), user_id=request.user.pk)
    toast = Toast(
        _("%(name)s may not ask any more.") % {"name": row.name},
        reverse("read-key-bring-back", args=[row.pk]),
    )
    return answers.back(request, reverse("connections"), toast)


@own_shop_only
@require_POST
def bring_back(request: HttpRequest, key: int) -> HttpResponse:
    row = api_keys.restore(str(key), now_of(request), user_id=request.user.pk)
    toast = Toast(_("%(name)s may ask again, with the same key.") % {"name": row.name})
    return answers.back(request, reverse("connections"), toast)


def _shown(request: HttpRequest, number: int, name: str, key: str, *, is_new: bool) -> HttpResponse:
    told = {"kind": "read", "name": name, "key": key, "is_new": is_new}
    return key_page(request, {**told, "back_to": reverse("read-key", args=[number])})


def _new_page(request: HttpRequest, form: Form, scopes: list[str]) -> HttpResponse:
    context = {"form": form, "choices": read_keys.choices(scopes)}
    status = 400 if form.errors else 200
    return answers.page_with_status(request, "web/read_key_new.html", context, status)


def _page(request: HttpRequest, number: int, form: Form) -> HttpResponse:
    context = {
        "key": read_keys.page(number, now_of(request)),
        "form": form,
        "address": request.build_absolute_uri("/").rstrip("/"),
    }
    status = 400 if form.errors else 200
    return answers.page_with_status(request, "web/read_key.html", context, status)
