"""The sample shop: load it, move its clock, clear it. It lives in a workspace of its own."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaohe import jobs
from xiaohe.jobs.actions import JobState
from xiaohe.kernel import workspace
from xiaohe.kernel.errors import Conflict
from xiaohe.web.pages.models import Loading, Toast
from xiaohe.web.views import answers

LOAD, NEXT_DAY = "sample.load", "sample.next_day"
SAMPLE_HOME = "/sample/"


@require_POST
def load(request: HttpRequest) -> HttpResponse:
    """Ask for the sample shop; a second press watches the first one's progress."""
    if workspace.current().name == workspace.SAMPLE:
        return answers.back(request, reverse("today"))
    job = jobs.enqueue(LOAD, {}, dedupe=LOAD)
    return answers.back(request, reverse("sample-progress", args=[job]))


@require_safe
def progress(request: HttpRequest, job: int) -> HttpResponse:
    """How far it is; leads into the shop when it stands."""
    status = jobs.status(job)
    if status is None or status.state is JobState.DONE:
        return answers.back(request, SAMPLE_HOME)
    href = reverse("sample-progress", args=[job])
    if status.state is JobState.DEAD:
        loading = Loading("", None, href, _("The sample shop could not be set up. Try once more."))
    else:
        share = status.progress.get("share")
        loading = Loading(_said(status.progress.get("step", "")), share, href)
    is_next_day = status.name == NEXT_DAY
    name = "web/parts/loading.html" if answers.is_fragment(request) else "web/sample_loading.html"
    return render(request, name, {"loading": loading, "is_next_day": is_next_day})


@require_POST
def next_day(request: HttpRequest) -> HttpResponse:
    """Move the sample shop's clock to the next morning."""
    _only_sample()
    job = jobs.enqueue(NEXT_DAY, {}, dedupe=NEXT_DAY)
    return answers.back(request, reverse("sample-progress", args=[job]))


@require_POST
def clear(request: HttpRequest) -> HttpResponse:
    """Throw the sample shop away; the merchant's own data is elsewhere and untouched."""
    _only_sample()
    from django.db import connections

    connections["sample"].close()
    workspace.discard(workspace.workspace(workspace.SAMPLE))
    return answers.back(request, "/", Toast(_("The sample shop is gone.")))


def _only_sample() -> None:
    if workspace.current().name != workspace.SAMPLE:
        raise Conflict("not_the_sample", _("This is only for the sample shop."))


def _said(step: str) -> str:
    steps = {
        "write": _("Inventing customers and orders…"),
        "orders": _("Reading the orders…"),
        "contacts": _("Reading the contacts…"),
        "numbers": _("Working out everybody’s rhythm…"),
    }
    return steps.get(step, _("Getting ready…"))
