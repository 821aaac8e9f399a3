"""What is done to everybody of a segment: a tag, today's list; of many in the background, with a page that says how far."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_safe

from xiaohe import jobs
from xiaohe.autopilot import by_hand
from xiaohe.jobs import JobState
from xiaohe.kernel.errors import XiaoheError
from xiaohe.segments import many, queries, state, tags
from xiaohe.segments.saved import Saved
from xiaohe.web.pages import people as crowds
from xiaohe.web.pages.models import Crowd, Toast
from xiaohe.web.pages.segments import adding, tagging
from xiaohe.web.pages.segments.working import Work
from xiaohe.web.views import answers, segments_undo
from xiaohe.web.views.people import page_number


@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """A tag for everybody in it, or away from everybody; one tap takes it back."""
    saved, sent, now = queries.segment(slug), request.POST, _now(request)
    if request.method != "POST":
        return _tag_page(request, saved, "")
    if running := many.is_running(slug):
        return answers.back(request, reverse("segment-tagging", args=[slug, running]))
    user, take, reason = request.user.pk, sent.get("do") == "take", sent.get("reason", "")
    try:
        group, word = tagging.chosen(sent, user, now)
        standing = state.current(now)
        if standing.count(saved.rule) > many.AT_ONCE:
            job = many.ask(slug, group, word, user, now, take=take, reason=reason)
            return answers.back(request, reverse("segment-tagging", args=[slug, job]))
        wanted = standing.people(saved.rule, limit=None)
        if take:
            done = tags.take(wanted, group, word, user, now)
        else:
            done = tags.give(wanted, group, word, user, now, reason=reason)
    except XiaoheError as refused:
        return _tag_page(request, saved, str(refused), 400)
    given = many.Given(slug, group, word, now, done.people, take)
    toast = Toast(tagging.done(given), segments_undo.tag_address(given))
    return answers.back(request, reverse("segment", args=[slug]), toast)


@require_safe
def being_tagged(request: HttpRequest, slug: str, job: int) -> HttpResponse:
    """How far the tagging of a large segment is, or taking that back; then the segment, with what was done."""
    saved, status = queries.segment(slug), jobs.status(job)
    if status is None or status.name not in (many.TAG, many.UNTAG):
        raise Http404
    if status.state is JobState.DONE:
        toast = Toast(_("Taken back."))
        if status.name == many.TAG:
            given = many.given_of(status.result)
            toast = Toast(tagging.done(given), segments_undo.tag_address(given))
        return answers.back(request, reverse("segment", args=[slug]), toast)
    work = tagging.work(saved, status, reverse("segment-tagging", args=[slug, job]))
    return _working(request, work)


def _tag_page(request: HttpRequest, saved: Saved, refusal: str, status: int = 200) -> HttpResponse:
    lately, running = many.lately(saved.slug), many.is_running(saved.slug)
    context = {
        "page": tagging.page(saved, _now(request), request.POST, refusal),
        "lately": tagging.done(lately) if lately else "",
        "undo": segments_undo.tag_address(lately) if lately else "",
        "running": reverse("segment-tagging", args=[saved.slug, running]) if running else "",
    }
    return answers.page_with_status(request, "web/segments/tag.html", context, status)


@require_http_methods(["GET", "HEAD", "POST"])
def today(request: HttpRequest, slug: str) -> HttpResponse:
    """Who of them can be on today's list and who not, and why; then they are put there in the background."""
    saved, now, on = queries.segment(slug), _now(request), _on(request)
    if request.method == "POST":
        job = by_hand.ask(slug, on, now, request.user.pk)
        return answers.back(request, reverse("segment-adding", args=[slug, job]))
    is_fragment = answers.is_fragment(request)
    page = adding.page(saved, on, now, patiently=is_fragment or "wait" in request.GET)
    if is_fragment:
        return render(request, "web/segments/today_look.html", {"page": page})
    return answers.page(request, "web/segments/today.html", {"page": page})


@require_safe
def left_out(request: HttpRequest, slug: str, rule: str) -> HttpResponse:
    """The people behind one reason why somebody of a segment cannot be put on today's list."""
    saved = queries.segment(slug)
    title, note, persons = adding.left(saved, rule, _on(request), _now(request))
    crowd = Crowd(
        title=title,
        back=reverse("segment-today", args=[slug]),
        back_label=saved.name,
        note=note,
        listing=crowds.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": crowd})


@require_safe
def being_added(request: HttpRequest, slug: str, job: int) -> HttpResponse:
    """While people are put on the list; then today's list, with who was added and the way back."""
    saved, status = queries.segment(slug), jobs.status(job)
    if status is None or status.name != by_hand.ADD:
        raise Http404
    if status.state is JobState.DONE:
        told = status.result
        undo = segments_undo.token_address("today", [slug, told["at"], told["on"]])
        toast = Toast(adding.done(told["people"]), undo if told["people"] else "")
        return answers.back(request, reverse("today"), toast)
    said = adding.working(int(state.current(_now(request)).count(saved.rule)))
    failed = ""
    if status.state is JobState.DEAD:
        failed = _("They could not be put on the list. Try once more.")
    here, again = reverse("segment-adding", args=[slug, job]), reverse("segment-today", args=[slug])
    title = _("They are being put on today’s list.")
    work = Work(saved, title, said, here, again, failed, (reverse("today"), _("See today’s list")))
    return _working(request, work)


def _working(request: HttpRequest, work: Work) -> HttpResponse:
    if answers.is_fragment(request):
        return render(request, "web/segments/working_step.html", {"work": work})
    return answers.page(request, "web/segments/working.html", {"work": work})


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]


def _on(request: HttpRequest) -> Any:
    return request.calendar.day_of(_now(request))  # type: ignore[attr-defined]
