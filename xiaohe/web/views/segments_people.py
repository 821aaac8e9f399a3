"""The people of a segment: searched, in columns of choice, exported; and a person's segments."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.segments import queries, state
from xiaohe.segments.attributes.registry import ATTRIBUTES
from xiaohe.segments.saved import Saved
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.web.pages.segments import export as files
from xiaohe.web.pages.segments import membership, table
from xiaohe.web.views import answers

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
        "choices": table.called.columns(ATTRIBUTES),
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
