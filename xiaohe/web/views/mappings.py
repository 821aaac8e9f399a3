"""Readings of tables that are no known export: seen, forgotten, brought back."""

from __future__ import annotations

from datetime import datetime

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaohe.kernel import workspace
from xiaohe.sources import saved
from xiaohe.web.pages import mappings
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers

SALT = "mappings"
GOOD_FOR_SECONDS = 60 * 60


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/mappings.html", {"mappings": mappings.page()})


@require_POST
def forget(request: HttpRequest, number: int) -> HttpResponse:
    """The next table of these headings is asked about; what was read by it stays."""
    row = saved.forget(number)
    told = [
        workspace.current().name,
        row.told,
        row.saved_at.isoformat(),
        row.used_at.isoformat(),
    ]
    undo = reverse("mapping-undo", args=[signing.dumps(told, salt=SALT, compress=True)])
    toast = Toast(_("Forgotten. The next table of these headings is asked about."), undo)
    return answers.back(request, reverse("mappings"), toast)


@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    try:
        place, told, saved_at, used_at = signing.loads(token, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if place != workspace.current().name:
        raise Http404
    saved.bring_back(told, datetime.fromisoformat(saved_at), datetime.fromisoformat(used_at))
    return answers.back(request, reverse("mappings"), Toast(_("Taken back.")))
