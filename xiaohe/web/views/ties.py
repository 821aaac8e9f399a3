"""关系 on a person's page: who belongs to whom; and private notes, closed to everybody but their author."""

from __future__ import annotations

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from xiaohe.kernel.errors import BadInput
from xiaohe.people import names, private_notes, search, ties
from xiaohe.people.ties import TieKind
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.web.pages import people
from xiaohe.web.pages.models import Toast
from xiaohe.web.pages.people import name_of
from xiaohe.web.views import answers

MOST_FOUND = 8


@require_POST
def find(request: HttpRequest, person: int) -> HttpResponse:
    """Who it could be: by POST, so that a name stays out of addresses and logs."""
    text = request.POST.get("q", "").strip()
    hits = (
        [hit for hit in search.find(text, limit=MOST_FOUND + 1) if hit.person != person]
        if text
        else []
    )
    if hits:
        audit.record(
            AuditAct.SEARCHED,
            now=request.now,  # type: ignore[attr-defined]
            user_id=request.user.pk,
            page="tie",
            people=len(hits),
        )
    shown = [hit.person for hit in hits[:MOST_FOUND]]
    # Of several people of one name, how they buy tells them apart.
    known = {row["person"]: row for row in people.standing(shown)}
    context = {
        "person": person,
        "called": name_of(names.display([person]), person),
        "query": text,
        "found": people.lines([known.get(each, {"person": each}) for each in shown]),
        "kinds": [(kind.value, ties.KIND_WORDS[kind]) for kind in TieKind],
    }
    return answers.page(request, "web/tie_new.html", context)


@require_POST
def add(request: HttpRequest, person: int) -> HttpResponse:
    other, kind = request.POST.get("other", ""), request.POST.get("kind", "")
    if not other.isdecimal() or kind not in set(TieKind):
        raise Http404
    number = ties.tie(
        person,
        int(other),
        kind,
        request.POST.get("words", ""),
        now=request.now,  # type: ignore[attr-defined]
        user_id=request.user.pk,
    )
    undo = reverse("tie-strike", args=[person, number])
    return _back(request, person, Toast(_("Noted on both pages."), undo))


@require_POST
def strike(request: HttpRequest, person: int, number: int) -> HttpResponse:
    ties.strike(person, number, now=request.now)  # type: ignore[attr-defined]
    return _back(
        request, person, Toast(_("Taken back."), reverse("tie-restore", args=[person, number]))
    )


@require_POST
def restore(request: HttpRequest, person: int, number: int) -> HttpResponse:
    ties.restore(person, number)
    return _back(request, person, Toast(_("Taken back.")))


@require_POST
def open_note(request: HttpRequest, person: int, number: int) -> HttpResponse:
    """A manager opens somebody's private note: written to the audit log before it is shown, and not kept anywhere."""
    if request.user.pk is None:
        raise BadInput("signed_out", _("Sign in first."))
    shown = private_notes.open_one(person, number, request.user, now=request.now)  # type: ignore[attr-defined]
    context = {
        "person": person,
        "note": shown,
        "called": name_of(names.display([person]), person),
    }
    response = answers.page(request, "web/private_note.html", context)
    response.headers["Cache-Control"] = "no-store"
    return response


def _back(request: HttpRequest, person: int, toast: Toast) -> HttpResponse:
    return answers.back(request, reverse("person", args=[person]), toast)
