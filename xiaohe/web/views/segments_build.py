"""The builder of segments: every tap is one form posted, with scripts or without; the server alone reads rules."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from xiaohe.kernel.errors import BadInput, XiaoheError
from xiaohe.segments import actions, queries
from xiaohe.segments.models import Kind
from xiaohe.segments.rules.errors import RuleError
from xiaohe.web.pages.models import Toast
from xiaohe.web.pages.segments import draft as drafts
from xiaohe.web.pages.segments import forms, menu
from xiaohe.web.pages.segments.building import Bench, mark
from xiaohe.web.pages.segments.controls import Builder
from xiaohe.web.pages.segments.draft import Draft
from xiaohe.web.pages.segments.fitting import fitted
from xiaohe.web.pages.segments.lines import OWN
from xiaohe.web.views import answers, segments_undo

LONGEST_TEXT = 20_000


@require_http_methods(["GET", "HEAD", "POST"])
def new(request: HttpRequest) -> HttpResponse:
    """An empty builder, or one that begins as another segment (`from`), or as a rule (`rule`) that a page counted."""
    if request.method == "POST":
        return _save(request, None)
    bench = Bench()
    draft, name = drafts.group(), ""
    if source := request.GET.get("from", ""):
        saved = queries.segment(source)
        draft = bench.drafted(saved.rule)
        name = _("%(name)s, another") % {"name": saved.name}
    elif written := request.GET.get("rule", "")[:LONGEST_TEXT]:
        draft = bench.drafted(bench.read(written))
    return _page(request, bench.builder(draft, _now(request), name=name))


@require_http_methods(["GET", "HEAD", "POST"])
def edit(request: HttpRequest, slug: str) -> HttpResponse:
    """The builder on a segment as it is."""
    if request.method == "POST":
        return _save(request, slug)
    saved, bench = queries.segment(slug), Bench()
    draft = bench.drafted(saved.rule)
    builder = bench.builder(draft, _now(request), name=saved.name, slug=slug, version=saved.version)
    return _page(request, builder)


@require_POST
def lines(request: HttpRequest) -> HttpResponse:
    """A button or a choice that changes the lines."""
    bench, draft, do = Bench(), forms.draft_of(request.POST), request.POST.get("do", "")
    after = fitted(forms.edited(draft, do, menu.ready, bench.line_of), bench.vocabulary)
    order, _colon, place = do.partition(":")
    more: dict[str, Any] = {}
    if order == "drop" and after != draft:
        more = {"before": draft, "dropped": place}
    elif after != draft:
        more = {"new": drafts.new_place(draft, after)}
    return _shaped(request, _builder(request, bench, after, **more))


@require_POST
def look(request: HttpRequest) -> HttpResponse:
    """While values are typed: the sentence, the people, what each line removes; the lines stay as they are."""
    builder = _builder(request, Bench(), forms.draft_of(request.POST))
    if any(OWN in request.POST.getlist(name) for name in request.POST):
        # A value that is not offered is written: its choice becomes a field.
        response = _shaped(request, builder)
        response.headers["HX-Retarget"] = "#lines"
        response.headers["HX-Reswap"] = "outerHTML settle:0s"
        return response
    return render(request, "web/segments/looked.html", {"builder": builder})


@require_POST
def text(request: HttpRequest) -> HttpResponse:
    """The rule as text becomes lines; where it cannot be read stands where, and what was probably meant."""
    bench = Bench()
    fixed = request.POST.get("fixed", "")
    written = (fixed or request.POST.get("text", ""))[:LONGEST_TEXT].replace("\r\n", "\n")
    try:
        draft = bench.drafted(bench.read(written))
    except RuleError as refused:
        return _unread(request, bench, written, refused)
    # While it is typed the field stays as it is: it would jump under the hand.
    return _shaped(request, _builder(request, bench, draft), from_text=not fixed)


def _unread(request: HttpRequest, bench: Bench, written: str, refused: RuleError) -> HttpResponse:
    told = mark(written, refused)
    if answers.is_fragment(request):
        context = {"mark": told, "oob": True}
        response = render(request, "web/segments/unread.html", {**context, "text": written})
        response.headers["HX-Reswap"] = "none"
        return response
    draft = forms.draft_of(request.POST)
    builder = _builder(request, bench, draft, mark=told)
    return _page(request, _with_text(builder, written))


def _with_text(builder: Builder, written: str) -> Builder:
    from dataclasses import replace

    return replace(builder, text=written)


def _save(request: HttpRequest, slug: str | None) -> HttpResponse:
    bench, draft = Bench(), forms.draft_of(request.POST)
    name = request.POST.get("name", "").strip()
    built = bench.building().whole(draft)
    seen = request.POST.get("version", "")
    try:
        if not built.is_whole:
            refusal = _("Some lines are not finished: fill them in or take them away.")
            raise BadInput("unfinished", refusal)
        done = actions.save(
            name,
            built.rule,
            request.user.pk,
            _now(request),
            slug,
            seen=int(seen) if slug and seen.isdecimal() else None,
            kind=queries.segment(slug).kind if slug else Kind.OWN,
        )
    except XiaoheError as refused:
        said = refused.problem if isinstance(refused, RuleError) else str(refused)
        about_name = refused.code in ("bad_name", "name_taken")
        told = {"refusal": said, "is_name_refused": about_name}
        builder = _builder(request, bench, draft, is_complaining=True, **told)
        return _page(request, builder, 400)
    toast = Toast(_("Saved."), segments_undo.address(done))
    return answers.back(request, reverse("segment", args=[done.saved.slug]), toast)


def _builder(request: HttpRequest, bench: Bench, draft: Draft, **more: Any) -> Builder:
    sent = request.POST
    version = sent.get("version", "")
    return bench.builder(
        draft,
        _now(request),
        name=sent.get("name", "")[:80],
        slug=sent.get("slug", ""),
        version=int(version) if version.isdecimal() else 0,
        **more,
    )


def _shaped(request: HttpRequest, builder: Builder, *, from_text: bool = False) -> HttpResponse:
    if not answers.is_fragment(request):
        return _page(request, builder)
    context = {"builder": builder, "from_text": from_text}
    return render(request, "web/segments/shaped.html", context)


def _page(request: HttpRequest, builder: Builder, status: int = 200) -> HttpResponse:
    return answers.page_with_status(
        request, "web/segments/builder.html", {"builder": builder}, status
    )


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]
