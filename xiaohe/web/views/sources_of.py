"""Where people come from, and the people of each step."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaohe.shop import actions, queries
from xiaohe.web.pages import sources_of
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views.data import money_of
from xiaohe.web.views.people import page_number

# What the column holds.
MOST_RATE = 2**31 - 1


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/sources_of.html", {"sources": sources_of.page()})


@require_POST
def rate(request: HttpRequest) -> HttpResponse:
    """What an hour of work costs; every cost per person follows at once."""
    text = request.POST.get("rate", "").strip()
    shop = queries.the_shop()
    before = shop.staff_hour_cost
    actions.update_shop(staff_hour_cost=money_of(text, shop.currency) if text else 0)
    back = reverse("sources-of")
    return answers.back(request, back, Toast(_("Saved. The numbers follow."), _undo(before)))


@require_POST
def rate_back(request: HttpRequest, minor: int) -> HttpResponse:
    """The rate as it was."""
    actions.update_shop(staff_hour_cost=min(minor, MOST_RATE))
    return answers.back(request, reverse("sources-of"), Toast(_("Taken back.")))


def _undo(minor: int) -> str:
    return reverse("sources-rate-back", args=[minor])


@require_safe
def crowd(request: HttpRequest, step: str) -> HttpResponse:
    if step not in sources_of.STEPS:
        raise Http404
    shown = sources_of.crowd(request.GET.get("source", ""), step, page_number(request))
    return answers.page(request, "web/crowd.html", {"crowd": shown})
