"""Where people come from, and the people of each step."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xiaohe.web.pages import sources_of
from xiaohe.web.views import answers
from xiaohe.web.views.people import page_number


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/sources_of.html", {"sources": sources_of.page()})


@require_safe
def crowd(request: HttpRequest, step: str) -> HttpResponse:
    if step not in sources_of.STEPS:
        raise Http404
    shown = sources_of.crowd(request.GET.get("source", ""), step, page_number(request))
    return answers.page(request, "web/crowd.html", {"crowd": shown})
