"""河: who came into the river, who left, week by week."""

from __future__ import annotations

from datetime import date

from django.http import Http404, HttpRequest, HttpResponse
from django.views.decorators.http import require_safe

from xiaohe.measures.river import Water
from xiaohe.web.pages import river
from xiaohe.web.views import answers
from xiaohe.web.views.people import page_number


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    asked = request.GET.get("week", "")
    return answers.page(
        request, "web/river.html", {"river": river.page(_day(asked) if asked else None)}
    )


@require_safe
def flow(request: HttpRequest, week: str, before: str, after: str) -> HttpResponse:
    shown = river.flow_people(_day(week), _water(before), _water(after), page_number(request))
    return answers.page(request, "web/crowd.html", {"crowd": shown})


@require_safe
def standing(request: HttpRequest, day: str, water: str) -> HttpResponse:
    shown = river.standing_people(_day(day), _water(water), page_number(request))
    return answers.page(request, "web/crowd.html", {"crowd": shown})


def _day(text: str) -> date:
    try:
        found = date.fromisoformat(text)
    except ValueError:
        raise Http404 from None
    if found.weekday():
        raise Http404
    return found


def _water(text: str) -> Water:
    if text not in set(Water):
        raise Http404
    return Water(text)
