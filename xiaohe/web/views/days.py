"""Days to remember, on a person's page: a birthday by the sun or the moon, and others with a name."""

from __future__ import annotations

from datetime import date, datetime

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaohe.kernel.errors import BadInput
from xiaohe.people import days
from xiaohe.people.actions import Done
from xiaohe.people.days import Calendar, Day
from xiaohe.web.pages import reports
from xiaohe.web.pages.days import OTHER, said
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views import undo as undo_facts


@require_POST
def add(request: HttpRequest, person: int) -> HttpResponse:
    """They told a day of theirs; one told before under the same name is replaced."""
    name, calendar = request.POST.get("name", ""), request.POST.get("calendar", "")
    if calendar not in set(Calendar):
        raise Http404
    if name == OTHER:
        name = request.POST.get("called", "")
    try:
        day = Day(
            _number(request, "month") or 0,
            _number(request, "day") or 0,
            _number(request, "year"),
            Calendar(calendar),
        )
        done = days.say(
            person, name, day, now=_now(request), today=_today(request), user_id=request.user.pk
        )
    except BadInput as wrong:
        return answers.back(request, reverse("person", args=[person]), Toast(str(wrong)))
    return _said(request, person, done, _("Noted: %(day)s.") % {"day": said(day)})


@require_POST
def drop(request: HttpRequest, person: int) -> HttpResponse:
    """A day told no longer holds."""
    name = request.POST.get("name", "")
    done = days.take_back(person, name, now=_now(request), user_id=request.user.pk)
    return _said(request, person, done, _("Taken back."))


def _number(request: HttpRequest, name: str) -> int | None:
    written = request.POST.get(name, "").strip()
    if not written:
        return None
    if not (written.isascii() and written.isdecimal() and len(written) <= 4):
        raise BadInput("no_number", _("Month, day and year are numbers."))
    return int(written)


def _said(request: HttpRequest, person: int, done: Done, text: str) -> HttpResponse:
    reports.ask_for_fresh_state()
    here = reverse("person", args=[person])
    return answers.back(request, here, Toast(text, undo_facts.address(done.facts, here)))


def _now(request: HttpRequest) -> datetime:
    return request.now  # type: ignore[attr-defined,no-any-return]


def _today(request: HttpRequest) -> date:
    return request.calendar.day_of(_now(request))  # type: ignore[attr-defined,no-any-return]
