"""客户: the list, the search, and friends nobody has recognised yet."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.web.pages import people
from xiaohe.web.pages import unmatched as friends
from xiaohe.web.pages.models import Crowd
from xiaohe.web.views import answers


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    listing = people.page(stage=request.GET.get("stage", ""), number=page_number(request))
    return answers.page(request, "web/people.html", {"listing": listing})


@require_POST
def search(request: HttpRequest) -> HttpResponse:
    """By POST: what was searched for stays out of addresses, histories and logs."""
    text = request.POST.get("q", "").strip()
    listing = people.found(text) if text else people.page()
    if text and listing.people:
        audit.record(
            AuditAct.SEARCHED,
            now=request.now,  # type: ignore[attr-defined]
            user_id=request.user.pk,
            page="people",
            people=len(listing.people),
        )
    name = "web/parts/found.html" if answers.is_fragment(request) else "web/people.html"
    return render(request, name, {"listing": listing})


@require_safe
def unmatched(request: HttpRequest) -> HttpResponse:
    """Friends of whom we do not know whether they ever bought."""
    persons = friends.persons()
    crowd = Crowd(
        title=ngettext(
            "%(count)d friend: not known yet whether they bought",
            "%(count)d friends: not known yet whether they bought",
            len(persons),
        )
        % {"count": len(persons)},
        back=reverse("people"),
        back_label=_("Customers"),
        note=_("An order number or a phone in their WeCom description tells who they are."),
        listing=people.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": crowd})


def page_number(request: HttpRequest) -> int:
    text = request.GET.get("page", "1")
    return int(text) if text.isdecimal() and len(text) < 9 else 1
