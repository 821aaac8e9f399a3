"""客户 profile and what can be said on it; everything said here can be taken back."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xiaohe.kernel import store
from xiaohe.people import actions, notes, private_notes
from xiaohe.shop import accounts, audit
from xiaohe.shop.models import AccountKind, AuditAct
from xiaohe.touch import wishes
from xiaohe.touch.wishes import Wish
from xiaohe.web.pages import person as persons
from xiaohe.web.pages import reports
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views import undo as undo_facts

SAID = {
    Wish.LESS: gettext_lazy("Noted: less often."),
    Wish.NEVER: gettext_lazy("They will not be listed again."),
    Wish.AGAIN: gettext_lazy("They may be contacted again."),
    Wish.COMPLAINT_OPENED: gettext_lazy("Noted. Nobody suggests anything until it is settled."),
    Wish.COMPLAINT_CLOSED: gettext_lazy("Settled. They rest for two weeks."),
}


@require_safe
def page(request: HttpRequest, person: int) -> HttpResponse:
    shown = request.GET.get("show", "")
    if shown not in {kind.key for kind in persons.KINDS}:
        raise Http404
    now = _now(request)
    calendar = request.calendar  # type: ignore[attr-defined]
    profile = persons.page(person, shown=shown, now=now, calendar=calendar, user=request.user)
    audit.record(
        AuditAct.VIEWED, now=now, user_id=request.user.pk, page="profile", person=profile.person
    )
    return answers.page(request, "web/person.html", {"profile": profile})


@require_POST
def have(request: HttpRequest, person: int) -> HttpResponse:
    """〔I have them〕: linked from now on through the chosen account."""
    chosen = request.POST.get("account", "")
    if chosen == "new":
        with store.write():
            account = accounts.account_named(AccountKind.PERSONAL_WECHAT, _("My WeChat")).pk
    elif chosen.isdecimal():
        account = int(chosen)
    else:
        raise Http404
    done = actions.i_have_them(person, account, _now(request))
    return _said(request, person, done.facts, _("Noted. They can appear on your list now."))


@require_POST
def split(request: HttpRequest, person: int) -> HttpResponse:
    """〔拆开〕: this evidence does not make them one person."""
    subject, _colon, other = request.POST.get("edge", "").partition(":")
    if not subject.isdecimal() or not other.isdecimal():
        raise Http404
    done = actions.split(int(subject), int(other), _now(request))
    return _said(request, person, done.facts, _("Taken apart. Every number follows."))


@require_POST
def take_back(request: HttpRequest, person: int) -> HttpResponse:
    """Something said earlier on this page no longer holds."""
    fact = request.POST.get("fact", "")
    if not fact.isdecimal():
        raise Http404
    actions.undo([int(fact)], _now(request))
    reports.ask_for_fresh_state()
    return answers.back(request, reverse("person", args=[person]), Toast(_("Taken back.")))


@require_POST
def wish(request: HttpRequest, person: int) -> HttpResponse:
    """Less, never, again; a complaint, settled."""
    text = request.POST.get("wish", "")
    if text not in set(Wish):
        raise Http404
    key = wishes.state(person, Wish(text), _now(request))
    return _said(request, person, (key,), str(SAID[Wish(text)]))


@require_POST
def note(request: HttpRequest, person: int) -> HttpResponse:
    """〔+ 记一句〕: remember something of them."""
    text, now = request.POST.get("text", ""), _now(request)
    if "private" in request.POST:
        # Never kept as everybody's: without somebody signed in this fails.
        number = private_notes.write(person, text, now=now, user_id=int(request.user.pk or ""))
    else:
        number = notes.write(person, text, now=now, user_id=request.user.pk)
    undo = reverse("person-note-strike", args=[person, number])
    return answers.back(request, reverse("person", args=[person]), Toast(_("Noted."), undo))


@require_POST
def strike(request: HttpRequest, person: int, number: int) -> HttpResponse:
    private_notes.ask_may_change(person, number, request.user)
    notes.strike(person, number, now=_now(request))
    undo = reverse("person-note-restore", args=[person, number])
    return answers.back(request, reverse("person", args=[person]), Toast(_("Struck out."), undo))


@require_POST
def restore(request: HttpRequest, person: int, number: int) -> HttpResponse:
    private_notes.ask_may_change(person, number, request.user)
    notes.restore(person, number)
    return answers.back(request, reverse("person", args=[person]), Toast(_("Taken back.")))


def _said(request: HttpRequest, person: int, facts: tuple[int, ...], text: str) -> HttpResponse:
    reports.ask_for_fresh_state()
    here = reverse("person", args=[person])
    return answers.back(request, here, Toast(text, undo_facts.address(facts, here)))


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]
