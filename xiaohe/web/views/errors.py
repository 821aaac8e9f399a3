"""What is shown when something is refused or broken: a page, or for htmx a line among the toasts."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.translation import gettext as _

from xiaohe.kernel.errors import XiaoheError


def refused(request: HttpRequest, error: XiaoheError) -> HttpResponse:
    """An expected refusal in the reader's language, with its own status."""
    return _answer(request, error.status, _("That did not work"), str(error))


def bad_request(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request, 400, _("That did not work"), _("The page sent something we cannot read.")
    )


def forbidden(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request, 403, _("This page is out of date"), _("Reload the page and try once more.")
    )


def not_found(request: HttpRequest, exception: Exception | None = None) -> HttpResponse:
    return _answer(
        request,
        404,
        _("There is nothing here"),
        _("The page may have moved, or it was taken back."),
    )


def server_error(request: HttpRequest) -> HttpResponse:
    return _answer(
        request,
        500,
        _("Something broke on our side"),
        _(
            "Nothing you had is lost. Go back and try once more; if it stays, “xiaohe doctor” says what is wrong."
        ),
    )


def _answer(request: HttpRequest, status: int, title: str, message: str) -> HttpResponse:
    page = "web/parts/toast_error.html" if request.headers.get("HX-Request") else "web/error.html"
    return render(
        request, page, {"title": title, "message": message, "status": status}, status=status
    )
