"""Who is who: the few questions, what was answered, and the queue of contradictions."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from xiaohe.people import actions, conflicts, likely
from xiaohe.people.conflicts import Word
from xiaohe.people.likely import Answer
from xiaohe.people.likely.questions import ask_for_table
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.web.pages import joining, reports
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views import undo as undo_facts

NOTED = {
    Answer.YES: gettext_lazy("Noted: one person. Every number follows."),
    Answer.NO: gettext_lazy("Noted: two people."),
    Answer.UNKNOWN: gettext_lazy("All right. It is not asked again until something new turns up."),
}
DECIDED = {
    Word.SAME: gettext_lazy("Noted: one person. Every number follows."),
    Word.APART: gettext_lazy("Noted: two people."),
    Word.VOID: gettext_lazy("Noted: this says nothing about who they are."),
}


@require_safe
def questions(request: HttpRequest) -> HttpResponse:
    now = _now(request)
    shown = joining.asked(now, more="more" in request.GET)
    if shown.card is not None:
        _looked(request, "questions", 2)
    across, total = joining.across()
    if across:
        _looked(request, "questions", 2 * len(across))
    _found, clashing = joining.clashes()
    page = {
        "fragment": {"asked": shown, "more": "more" in request.GET},
        "lately": joining.lately(now),
        "preset": joining.is_preset(),
        "clashing": clashing,
        "across": across,
        "across_total": total,
    }
    return answers.page(request, "web/joining/page.html", page)


@require_POST
def answer(request: HttpRequest, question: str) -> HttpResponse:
    """Yes, no, or not known; the answer is the next question, with five seconds to undo."""
    text = request.POST.get("said", "")
    if text not in set(Answer):
        raise Http404
    said = Answer(text)
    done = likely.answer(question, said, _now(request))
    reports.ask_for_fresh_state()
    here = _back(request)
    toast = Toast(str(NOTED[said]), undo_facts.address(done.facts, here))
    if not answers.is_fragment(request):
        return answers.back(request, here, toast)
    more = bool(request.POST.get("more"))
    fragment = {"asked": joining.asked(_now(request), more=more), "more": more, "back": here}
    return answers.parts(request, (joining.TEMPLATE, {"fragment": fragment}), toast=toast)


@require_POST
def all_one(request: HttpRequest) -> HttpResponse:
    """Yes to all pairs that stood on the page, and to no others; one undo takes all of it back."""
    asked = request.POST.getlist("question")[: joining.MOST_ACROSS]
    done = likely.all_one(asked, _now(request))
    reports.ask_for_fresh_state()
    here = reverse("questions")
    if not done.facts:
        return answers.back(request, here, Toast(_("This is not asked any more.")))
    said = ngettext(
        "Noted: %(count)d pair is one person. Every number follows.",
        "Noted: %(count)d pairs are one person each. Every number follows.",
        len(done.facts),
    )
    toast = Toast(said % {"count": len(done.facts)}, undo_facts.address(done.facts, here))
    return answers.back(request, here, toast)


@require_POST
def take_back(request: HttpRequest) -> HttpResponse:
    """An answer given earlier no longer holds; the question may be asked again."""
    fact = request.POST.get("fact", "")
    if not fact.isdecimal():
        raise Http404
    actions.undo([int(fact)], _now(request))
    reports.ask_for_fresh_state()
    ask_for_table()
    return answers.back(request, reverse("questions"), Toast(_("Taken back.")))


@require_safe
def queue(request: HttpRequest) -> HttpResponse:
    found, total = joining.clashes()
    if found:
        _looked(request, "conflicts", sum(len(each.persons) for each in found))
    return answers.page(request, "web/joining/conflicts.html", {"clashes": found, "total": total})


@require_POST
def decide(request: HttpRequest, conflict: str) -> HttpResponse:
    """The owner's word on one contradiction."""
    text = request.POST.get("word", "")
    if text not in set(Word):
        raise Http404
    done = conflicts.decide(conflict, Word(text), _now(request))
    reports.ask_for_fresh_state()
    here = reverse("conflicts")
    toast = Toast(str(DECIDED[Word(text)]), undo_facts.address(done.facts, here))
    return answers.back(request, here, toast)


def _back(request: HttpRequest) -> str:
    """Where the question was asked: on its own page, or on the one that shows what was read."""
    back = request.POST.get("back", "")
    if back.startswith("/") and url_has_allowed_host_and_scheme(back, allowed_hosts=None):
        return back
    return reverse("questions")


def _looked(request: HttpRequest, page: str, count: int) -> None:
    audit.record(
        AuditAct.VIEWED, now=_now(request), user_id=request.user.pk, page=page, people=count
    )


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]
