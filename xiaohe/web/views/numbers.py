"""Every number: its formula, and the people behind it."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xiaohe.measures.result import Side
from xiaohe.web.pages import numbers
from xiaohe.web.views import answers
from xiaohe.web.views.people import page_number


@require_safe
def dictionary(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/numbers.html", {"numbers": numbers.dictionary()})


@require_safe
def page(request: HttpRequest, measure: str) -> HttpResponse:
    return answers.page(request, "web/number.html", {"number": numbers.page(measure)})


@require_safe
def crowd(request: HttpRequest, measure: str, side: str) -> HttpResponse:
    if side not in set(Side):
        raise Http404
    shown = numbers.crowd(measure, Side(side), page_number(request))
    return answers.page(request, "web/crowd.html", {"crowd": shown})
