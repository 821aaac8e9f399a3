"""What every request passes: its language, its workspace and the last word on errors.

LanguageMiddleware ──► WorkspaceMiddleware (/sample/…, sign-in, now) ──► ErrorMiddleware ──► view
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from urllib.parse import urlencode

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import get_script_prefix, reverse, set_script_prefix
from django.utils import timezone, translation
from django.utils.cache import patch_vary_headers

from xiaohe.entries import publicly
from xiaohe.kernel import disk, trace, workspace
from xiaohe.kernel.errors import RetryLater, XiaoheError
from xiaohe.web import sample_shop

Respond = Callable[[HttpRequest], HttpResponse]

SAMPLE_PREFIX = "/sample/"
# Reached without signing in: the way in, the look, and the choice of language.
OPEN_PATHS = frozenset({"/sign-in", "/language", "/favicon.ico"})

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
        if publicly.is_public_path(path):
            return self._publicly(request)
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

    def _publicly(self, request: HttpRequest) -> HttpResponse:
        """The claim pages: the merchant's own workspace, nobody signed in, no file taken."""
        from xiaohe.shop import clock, queries

        with workspace.entered(workspace.workspace()):
            request.now = clock.now()  # type: ignore[attr-defined]
            request.calendar = queries.calendar()  # type: ignore[attr-defined]
            return self.get_response(request)

    def _inside(self, request: HttpRequest) -> HttpResponse:
        from xiaohe.shop import clock, queries

        request.now = clock.now()  # type: ignore[attr-defined]
        request.calendar = queries.calendar()  # type: ignore[attr-defined]
        with timezone.override(request.calendar.zone):  # type: ignore[attr-defined]
            if not _brings_files(request):
                return self.get_response(request)
            return self._with_files(request)

    def _with_files(self, request: HttpRequest) -> HttpResponse:
        """Before the body is read: is there room for it, and does it not hold up everybody else?"""
        from xiaohe.web import uploads
        from xiaohe.web.views import errors

        try:
            disk.ask_for_room()
            with uploads.GATE.entered():
                return self.get_response(request)
        except RetryLater as error:
            return errors.refused(request, error)


class ErrorMiddleware:
    """Turn an expected refusal into a clear page or fragment, and a bug into a 500 that shows no data."""

    def __init__(self, get_response: Respond) -> None:
        self.get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        return self.get_response(request)

    def process_view(self, request: HttpRequest, *view: object) -> None:
        match = request.resolver_match
        request.META[trace.ROUTE] = (match.url_name if match else None) or "unnamed"
        request.META[trace.WORKSPACE] = workspace.current().name

    def process_exception(self, request: HttpRequest, error: Exception) -> HttpResponse | None:
        from xiaohe.web.views import errors

        if isinstance(error, XiaoheError):
            return errors.refused(request, error)
        if isinstance(error, Http404):
            return errors.not_found(request, error)
        if (explained := disk.explained(error)) is not None:
            log.error("%s: %s", type(error).__name__, explained.code)
            return errors.refused(request, explained)
        # The log shows frames only: an exception's own text may quote a customer's row.
        log.error("a page failed", exc_info=error)
        return errors.server_error(request)


def _brings_files(request: HttpRequest) -> bool:
    return request.method == "POST" and request.content_type == "multipart/form-data"


def _to_sign_in(request: HttpRequest) -> HttpResponse:
    target = reverse("sign-in")
    if request.headers.get("HX-Request"):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = target
        return response
    if request.method == "GET" and request.path != "/":
        target += "?" + urlencode({"next": request.path})
    return HttpResponseRedirect(target)
