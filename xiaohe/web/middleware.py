"""What every request passes: its language, its workspace and the last word on errors.

LanguageMiddleware ──► WorkspaceMiddleware (/sample/…, sign-in, now) ──► ErrorMiddleware ──► view
"""

from __future__ import annotations

import logging
import traceback
from collections.abc import Callable
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from xiaohe.kernel import workspace
from xiaohe.kernel.errors import XiaoheError
from xiaohe.web import sample_shop

Respond = Callable[[HttpRequest], HttpResponse]

SAMPLE_PREFIX = "/sample/"
# Reached without signing in: the way in, the pulse, the look, and the choice of language.
OPEN_PATHS = frozenset({"/sign-in", "/healthz", "/language", "/favicon.ico"})

log = logging.getLogger("xiaohe.web")


class LanguageMiddleware:
    """Chinese where the browser asks for it, English otherwise; a cookie set by 中 / EN overrides both."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        with translation.override(translation.get_language_from_request(request)):
            request.LANGUAGE_CODE = translation.get_language()  # type: ignore[attr-defined]
            response = self.get_response(request)
            response.headers.setdefault("Content-Language", translation.get_language() or "en")
            patch_vary_headers(response, ("Accept-Language", "Cookie"))
            return response


class WorkspaceMiddleware:
    """Mount the same pages twice: `/…` on the merchant's workspace, `/sample/…` on the sample shop's.

    Signing in is asked for here, before a body is read, so nobody else can fill the spool.
    """

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        path = request.path_info
        if path in OPEN_PATHS:
            return self.get_response(request)
        if not request.user.is_authenticated:
            return _to_sign_in(request)
        if path == SAMPLE_PREFIX.rstrip("/"):
            return HttpResponseRedirect(SAMPLE_PREFIX)
        place = workspace.workspace()
        prefix = get_script_prefix()
        if path.startswith(SAMPLE_PREFIX):
            place = workspace.workspace(workspace.SAMPLE)
            if not sample_shop.stands():
                return HttpResponseRedirect(reverse("today"))
            request.path_info = "/" + path.removeprefix(SAMPLE_PREFIX)
            set_script_prefix(prefix + SAMPLE_PREFIX.lstrip("/"))
        try:
            with workspace.entered(place):
                return self._inside(request)
        finally:
            set_script_prefix(prefix)

    def _inside(self, request: HttpRequest) -> HttpResponse:
        from xiaohe.shop import clock, queries

        request.now = clock.now()  # type: ignore[attr-defined]
        request.calendar = queries.calendar()  # type: ignore[attr-defined]
        with timezone.override(request.calendar.zone):  # type: ignore[attr-defined]
            return self.get_response(request)


class ErrorMiddleware:
    """Turn an expected refusal into a clear page or fragment, and a bug into a 500 that shows no data."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        from xiaohe.web.views import errors

        if isinstance(error, XiaoheError):
            return errors.refused(request, error)
        if isinstance(error, Http404):
            return errors.not_found(request, error)
        # Frames only: an exception's own text may quote a customer's row.
        frames = "".join(traceback.format_tb(error.__traceback__))
        log.error("%s at %s\n%s", type(error).__name__, request.path, frames)
        return errors.server_error(request)


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    target = reverse("sign-in")
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = target
        return response
    if request.method == "GET" and request.path != "/":
        target += "?" + urlencode({"next": request.path})
    return HttpResponseRedirect(target)
