"""How much of the orders is recognised, and which are not."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xiaohe.web.pages import coverage
from xiaohe.web.views import answers
from xiaohe.web.views.people import page_number


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/coverage.html", {"coverage": coverage.page()})


@require_safe
def orders(request: HttpRequest, form: str) -> HttpResponse:
    try:
        month = date.fromisoformat(request.GET.get("month", ""))
    except ValueError:
        raise Http404 from None
    if form not in coverage.FORMS or month.day != 1:
        raise Http404
    shown = coverage.orders(form, request.GET.get("platform", ""), month, page_number(request))
    return answers.page(request, "web/coverage_orders.html", {"shown": shown})
