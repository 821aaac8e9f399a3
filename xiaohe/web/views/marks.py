"""Who is no customer: marking people, phones and addresses, and taking it back."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from xiaohe.kernel.errors import BadInput
from xiaohe.people import marks
from xiaohe.people.actions import Done
from xiaohe.people.marks import As, On
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.web.pages import marks as pages
from xiaohe.web.pages import reports
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views import undo as undo_facts


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    found = pages.page(request.calendar)  # type: ignore[attr-defined]
    now = request.now  # type: ignore[attr-defined]
    audit.record(AuditAct.VIEWED, now=now, user_id=request.user.pk, page="marks")
    return answers.page(request, "web/marks.html", {"marks": found})


@require_POST
def add(request: HttpRequest) -> HttpResponse:
    """A phone or an address that somebody typed."""
    as_, text = _as(request), request.POST.get("value", "")
    on = On.PHONE if request.POST.get("on") == On.PHONE else On.ADDRESS
    now = request.now  # type: ignore[attr-defined]
    try:
        done = marks.mark_value(on, text, as_, now)
    except BadInput as error:
        return answers.back(request, reverse("marks"), Toast(str(error.message)))
    return _said(request, done, reverse("marks"))


@require_POST
def person(request: HttpRequest, person: int) -> HttpResponse:
    """This person is no customer."""
    now = request.now  # type: ignore[attr-defined]
    done = marks.mark(person, _as(request), On.PERSON, now)
    return _said(request, done, reverse("person", args=[person]))


@require_POST
def drop(request: HttpRequest, subject: int) -> HttpResponse:
    """They count again."""
    done = marks.unmark(subject, request.now)  # type: ignore[attr-defined]
    reports.ask_for_fresh_state()
    undo = undo_facts.address(done.facts, reverse("marks"))
    return answers.back(request, reverse("marks"), Toast(_("They count as customers again."), undo))


def _as(request: HttpRequest) -> As:
    text = request.POST.get("as", "")
    if text not in set(As):
        raise Http404
    return As(text)


def _said(request: HttpRequest, done: Done, here: str) -> HttpResponse:
    reports.ask_for_fresh_state()
    text = _("Marked: in no list and no number from now on.")
    return answers.back(request, here, Toast(text, undo_facts.address(done.facts, here)))
