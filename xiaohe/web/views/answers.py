"""How an action answers: a fragment to htmx, a redirect to a browser without scripts."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.template.loader import render_to_string

from xiaohe.web.pages.models import Toast

TOAST_KEY = "toast"


def is_fragment(request: HttpRequest) -> bool:
    """Whether only a part of a page is wanted; a boosted or whole-body swap wants the page."""
    htmx: Any = getattr(request, "htmx", None)
    return bool(htmx) and htmx.target not in (None, "body")


def page(request: HttpRequest, template: str, context: dict[str, Any]) -> HttpResponse:
    """A whole page, with the toast a redirect left for it."""
    return page_with_status(request, template, context, 200)


def page_with_status(
    request: HttpRequest, template: str, context: dict[str, Any], status: int
) -> HttpResponse:
    """The same for a form that is shown again because something in it was refused."""
    left = request.session.pop(TOAST_KEY, None)
    if left:
        context = {**context, "toast": Toast(**left)}
    return render(request, template, context, status=status)


def back(request: HttpRequest, address: str, toast: Toast | None = None) -> HttpResponse:
    """Go to `address` and say there what was done."""
    if toast is not None:
        request.session[TOAST_KEY] = {"text": toast.text, "undo": toast.undo}
    if getattr(request, "htmx", None):
        response = HttpResponse(status=204)
        response.headers["HX-Redirect"] = address
        return response
    return HttpResponseRedirect(address)


def parts(
    request: HttpRequest, *pieces: tuple[str, dict[str, Any]], toast: Toast | None = None
) -> HttpResponse:
    """Several fragments in one answer; all but the first are swapped by their own id."""
    html = "".join(render_to_string(name, context, request) for name, context in pieces)
    if toast is not None:
        line = render_to_string("web/parts/toast.html", {"toast": toast}, request)
        html += f'<div hx-swap-oob="beforeend:#toasts">{line}</div>'
    return HttpResponse(html)
