"""Signing in with a one-time link, signing out, and the choice of language."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login, logout
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_POST

from xiaohe.kernel import clock
from xiaohe.kernel.errors import NotAllowed
from xiaohe.shop import signin

YEAR = 60 * 60 * 24 * 365


@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
def sign_in(request: HttpRequest) -> HttpResponse:
    """A GET only shows a button: a chat program that previews the link must not use it up."""
    if request.method != "POST":
        if request.user.is_authenticated:
            return HttpResponseRedirect(_safe(request, request.GET.get("next", "")))
        context = {"token": request.GET.get("token", ""), "next": request.GET.get("next", "")}
        return render(request, "web/sign_in.html", context)
    try:
        user = signin.redeem(request.POST.get("token", ""), clock.utc_now())
    except NotAllowed as refusal:
        return render(request, "web/sign_in.html", {"refusal": str(refusal)}, status=refusal.status)
    login(request, user, backend="django.contrib.auth.backends.ModelBackend")
    return HttpResponseRedirect(_safe(request, request.POST.get("next", "")))


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    logout(request)
    return HttpResponseRedirect(reverse("sign-in"))


@require_POST
def language(request: HttpRequest) -> HttpResponse:
    """中 / EN: kept in a cookie, and it beats what the browser asks for."""
    chosen = request.POST.get("language", "")
    response = HttpResponseRedirect(_safe(request, request.POST.get("next", "")))
    if chosen in dict(settings.LANGUAGES):
        response.set_cookie(settings.LANGUAGE_COOKIE_NAME, chosen, max_age=YEAR, samesite="Lax")
    return response


def _safe(request: HttpRequest, address: str) -> str:
    if url_has_allowed_host_and_scheme(address, allowed_hosts=None):
        return address
    return "/"
