"""人群: the list, one segment, and what is done to a segment itself; everything can be taken back."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaohe.segments import actions, queries, text
from xiaohe.segments.saved import Done
from xiaohe.web.pages.models import Toast
from xiaohe.web.pages.segments import listing, table
from xiaohe.web.pages.segments import one as shown
from xiaohe.web.views import answers, segments_undo


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    context = {"page": listing.page(_now(request), _today(request))}
    return answers.page(request, "web/segments/list.html", context)


@require_safe
def one(request: HttpRequest, slug: str) -> HttpResponse:
    asked = table.asked_of(request.GET, request.COOKIES.get(table.COOKIE, ""))
    people = table.page(slug, queries.segment(slug).rule, asked, _now(request))
    return shown_with(request, slug, people)


def shown_with(request: HttpRequest, slug: str, people: table.Table) -> HttpResponse:
    """The page of a segment with these of its people."""
    told = shown.page(slug, _now(request), _today(request), request.GET.get("with", ""))
    context = {"page": told, "people": people, "slug": slug}
    return answers.page(request, "web/segments/one.html", context)


@require_POST
def rename(request: HttpRequest, slug: str) -> HttpResponse:
    done = actions.rename(slug, request.POST.get("name", ""), request.user.pk, _now(request))
    return _done(request, done, _("Renamed."))


@require_POST
def archive(request: HttpRequest, slug: str) -> HttpResponse:
    done = actions.archive(slug, request.user.pk, _now(request))
    return answers.back(
        request, reverse("segments"), Toast(_("Put away."), segments_undo.address(done))
    )


@require_POST
def restore(request: HttpRequest, slug: str) -> HttpResponse:
    done = actions.restore(slug, request.user.pk, _now(request))
    return _done(request, done, _("It is back."))


@require_POST
def put_back(request: HttpRequest, slug: str) -> HttpResponse:
    """An earlier version again, as a new one; 0 is the rule that ships."""
    number = request.POST.get("version", "")
    if number == "0":
        done = actions.put_back(slug, request.user.pk, _now(request))
    else:
        versions = {str(each.version): each for each in queries.versions(slug)}
        if number not in versions:
            raise Http404
        then, saved = versions[number], queries.segment(slug)
        rule = text.parse(then.text, queries.vocabulary())
        done = actions.save(
            then.name or saved.name, rule, request.user.pk, _now(request), slug, kind=saved.kind
        )
    return _done(request, done, _("As it was then."))


def _done(request: HttpRequest, done: Done, said: str) -> HttpResponse:
    toast = Toast(said, segments_undo.address(done))
    return answers.back(request, reverse("segment", args=[done.saved.slug]), toast)


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]


def _today(request: HttpRequest) -> date:
    return request.calendar.day_of(_now(request))  # type: ignore[attr-defined, no-any-return]
