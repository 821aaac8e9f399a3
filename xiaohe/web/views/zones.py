"""What counts as public, mixed and private; every change can be taken back, and the numbers follow at once."""

from __future__ import annotations

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaohe.kernel import workspace
from xiaohe.shop import zones
from xiaohe.shop.taxonomy import Zone
from xiaohe.web.pages import reports
from xiaohe.web.pages import zones as pages
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers

SALT = "zones"
GOOD_FOR_SECONDS = 60 * 60


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/zones.html", {"zones": pages.page()})


@require_POST
def save(request: HttpRequest) -> HttpResponse:
    zone = request.POST.get("zone", "")
    if zone not in set(Zone):
        raise Http404
    before = zones.classify(request.POST.get("key", ""), Zone(zone))
    reports.ask_for_fresh_state()
    return answers.back(
        request, reverse("zones"), Toast(_("Saved. The numbers follow."), _undo_address(before))
    )


@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    try:
        place, key, zone, flags = signing.loads(token, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if place != workspace.current().name:
        raise Http404
    accounts = {int(number): (bool(a), bool(b), bool(c)) for number, (a, b, c) in flags.items()}
    zones.put_back(zones.Change(key, Zone(zone), accounts))
    reports.ask_for_fresh_state()
    return answers.back(request, reverse("zones"), Toast(_("Taken back.")))


def _undo_address(before: zones.Change) -> str:
    told = [workspace.current().name, before.key, before.zone.value, before.accounts]
    return reverse("zones-undo", args=[signing.dumps(told, salt=SALT, compress=True)])
