"""经营: what regular customers bring, and what came of contacting them."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from xiaohe.traits import state
from xiaohe.web.pages import contact, people, results
from xiaohe.web.pages.models import Crowd
from xiaohe.web.views import answers
from xiaohe.web.views.people import page_number


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    today = request.calendar.day_of(request.now)  # type: ignore[attr-defined]
    return answers.page(request, "web/results.html", {"results": results.page(today)})


@require_safe
def contacted(request: HttpRequest, what: str) -> HttpResponse:
    """The people behind one count of the contact line."""
    if what not in contact.PEOPLE:
        raise Http404
    today = request.calendar.day_of(request.now)  # type: ignore[attr-defined]
    persons = contact.people(state.current(), today, what)
    crowd = Crowd(
        title=str(contact.PEOPLE[what]),
        back=reverse("results"),
        back_label=_("Business"),
        note=_("In the last 30 days."),
        listing=people.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": crowd})


@require_safe
def river(request: HttpRequest, stop: str) -> HttpResponse:
    """The people of one stop of the river."""
    if stop not in results.RIVER_STOPS:
        raise Http404
    persons = results.river_people(stop)
    crowd = Crowd(
        title=str(results.RIVER_STOPS[stop]),
        back=reverse("results"),
        back_label=_("Business"),
        listing=people.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": crowd})
