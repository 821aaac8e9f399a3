"""Taking back facts stated on a page; the address is signed, so only what was offered can be taken back."""

from __future__ import annotations

from collections.abc import Sequence

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaohe.kernel import workspace
from xiaohe.ledger import stream
from xiaohe.web.pages import reports
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers

GOOD_FOR_SECONDS = 60 * 60


def address(keys: Sequence[int], back_to: str) -> str:
    """Where to post to take these facts back and return to a page."""
    token = signing.dumps(
        [workspace.current().name, list(keys), back_to], salt="undo", compress=True
    )
    return reverse("undo", args=[token])


@require_POST
def facts(request: HttpRequest, token: str) -> HttpResponse:
    """Retract the facts named in the token."""
    try:
        place, keys, back_to = signing.loads(token, salt="undo", max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if place != workspace.current().name:
        raise Http404
    for key in keys:
        stream.take_back(key, request.now)  # type: ignore[attr-defined]
    reports.ask_for_fresh_state()
    if not url_has_allowed_host_and_scheme(back_to, allowed_hosts=None):
        back_to = reverse("today")
    return answers.back(request, back_to, Toast(_("Taken back.")))
