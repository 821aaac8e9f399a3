"""What is done with the people of a segment: searched, tagged, put on today's list, exported; and a person's segments."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe import jobs
from xiaohe.autopilot import by_hand
from xiaohe.jobs import JobState
from xiaohe.kernel.errors import XiaoheError
from xiaohe.ledger.instants import to_us
from xiaohe.segments import queries, state, tags
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.saved import Saved
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.web.pages.models import Toast
from xiaohe.web.pages.segments import adding, membership, table, tagging
from xiaohe.web.pages.segments import export as files
from xiaohe.web.views import answers, segments_undo

YEAR = 60 * 60 * 24 * 365


@require_POST
def people(request: HttpRequest, slug: str) -> HttpResponse:
    """A search among them, by POST: a name stays out of addresses; or other columns, which are remembered."""
    if "columns" in request.POST:
        return _columns(request, slug)
    saved = queries.segment(slug)
    asked = table.asked_of(request.POST, request.COOKIES.get(table.COOKIE, ""))
    found = table.page(slug, saved.rule, asked, _now(request))
    if asked.query and found.rows:
        audit.record(
            AuditAct.SEARCHED,
            now=_now(request),
            user_id=request.user.pk,
            page=f"segment {slug}",
            people=len(found.rows),
        )
    if answers.is_fragment(request):
        return render(request, "web/segments/table.html", {"people": found, "slug": slug})
    from xiaohe.web.views import segments

    return segments.shown_with(request, slug, found)


def _columns(request: HttpRequest, slug: str) -> HttpResponse:
    chosen = [name for name in request.POST.getlist("c") if name in ATTRIBUTES]
    response = answers.back(request, reverse("segment", args=[slug]) + "#people")
    response.set_cookie(
        table.COOKIE,
        ".".join(chosen[: table.MOST_COLUMNS]),
        max_age=YEAR,
        samesite="Lax",
        httponly=True,
        path="/",
    )
    return response


@require_http_methods(["GET", "HEAD", "POST"])
def tag(request: HttpRequest, slug: str) -> HttpResponse:
    """A tag for everybody in it, or away from everybody; one tap takes it back."""
    saved = queries.segment(slug)
    if request.method != "POST":
        return _tag_page(request, saved, "")
    sent, now = request.POST, _now(request)
    try:
        group, word = tagging.chosen(sent, request.user.pk, now)
        wanted = state.current(now).people(saved.rule, limit=None)
        if sent.get("do") == "take":
            done = tags.take(wanted, group, word, request.user.pk, now)
        else:
            reason = sent.get("reason", "")
            done = tags.give(wanted, group, word, request.user.pk, now, reason=reason)
    except XiaoheError as refused:
        return _tag_page(request, saved, str(refused), 400)
    if sent.get("do") == "take":
        said = ngettext(
            "“%(tag)s” taken from %(shown)s person.",
            "“%(tag)s” taken from %(shown)s people.",
            done.people,
        )
    else:
        said = ngettext(
            "%(shown)s person is “%(tag)s” now.", "%(shown)s people are “%(tag)s” now.", done.people
        )
    here = reverse("segment", args=[slug])
    undo = segments_undo.token_address("tag", [slug, group, word, to_us(now)])
    toast = Toast(said % {"tag": word, "shown": f"{done.people:,}"}, undo)
    return answers.back(request, here, toast)


def _tag_page(request: HttpRequest, saved: Saved, refusal: str, status: int = 200) -> HttpResponse:
    page = tagging.page(saved, _now(request), request.POST, refusal)
    return answers.page_with_status(request, "web/segments/tag.html", {"page": page}, status)


@require_http_methods(["GET", "HEAD", "POST"])
def today(request: HttpRequest, slug: str) -> HttpResponse:
    """Who of them can be on today's list and who not, and why; then they are put there in the background."""
    saved, now = queries.segment(slug), _now(request)
    on = request.calendar.day_of(now)  # type: ignore[attr-defined]
    if request.method == "POST":
        job = by_hand.ask(slug, on, now, request.user.pk)
        return answers.back(request, reverse("segment-adding", args=[slug, job]))
    return answers.page(
        request, "web/segments/today.html", {"page": adding.page(saved, on, now), "saved": saved}
    )


@require_safe
def being_added(request: HttpRequest, slug: str, job: int) -> HttpResponse:
    """How far it is; leads to the list once they are on it."""
    saved, status = queries.segment(slug), jobs.status(job)
    if status is None or status.name != by_hand.ADD:
        raise Http404
    if status.state is JobState.DONE:
        told = status.result
        undo = segments_undo.token_address("today", [slug, told["at"], told["on"]])
        toast = Toast(adding.done(told["people"]), undo if told["people"] else "")
        return answers.back(request, reverse("today"), toast)
    context = {
        "saved": saved,
        "job": job,
        "said": adding.working(int(state.current(_now(request)).count(saved.rule))),
        "failed": status.state is JobState.DEAD,
    }
    if answers.is_fragment(request):
        return render(request, "web/segments/adding_step.html", context)
    return answers.page(request, "web/segments/adding.html", context)


@require_http_methods(["GET", "HEAD", "POST"])
def export(request: HttpRequest, slug: str) -> HttpResponse:
    """Which columns, and the file; who took it, what stands in it and how many people is written down."""
    saved, now = queries.segment(slug), _now(request)
    may_see = files.may_see_names(request.user)
    if request.method != "POST":
        remembered = request.COOKIES.get(table.COOKIE, "")
        return _export_page(request, saved, table.asked_of(request.GET, remembered).columns)
    columns = [name for name in request.POST.getlist("c") if name in ATTRIBUTES]
    with_names = may_see and "names" in request.POST
    if not columns and not with_names:
        return _export_page(request, saved, (), _("Choose at least one column."))
    body, count = files.written(state.current(now), saved.rule, columns, with_names=with_names)
    audit.record(
        AuditAct.EXPORTED,
        now=now,
        user_id=request.user.pk,
        page=files.noted(slug, columns, with_names=with_names),
        people=count,
    )
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="xiaohe-{slug}.csv"'
    response.headers["Cache-Control"] = "no-store"
    return response


def _export_page(
    request: HttpRequest, saved: Saved, chosen: tuple[str, ...], refusal: str = ""
) -> HttpResponse:
    context = {
        "saved": saved,
        "count": state.current(_now(request)).count(saved.rule),
        "choices": table.called.attributes(queries.vocabulary().attributes),
        "chosen": chosen,
        "may_see_names": files.may_see_names(request.user),
        "taken": files.taken(saved.slug),
        "refusal": refusal,
    }
    status = 400 if refusal else 200
    return answers.page_with_status(request, "web/segments/export.html", context, status)


@require_safe
def of_person(request: HttpRequest, person: int) -> HttpResponse:
    """Which segments somebody is in; with `why` the reason for one of them, or for where they stand."""
    asked, now = request.GET.get("why", ""), _now(request)
    context: dict[str, Any]
    if asked:
        part, context = "why.html", {"reason": membership.why(person, asked, now)}
    else:
        part, context = "of_person.html", {"told": membership.of(person, now)}
    if answers.is_fragment(request):
        return render(request, f"web/segments/{part}", context)
    return answers.page(request, "web/segments/person.html", context)


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]
