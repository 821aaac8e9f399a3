"""今日: the list, the taps on it, and the ways to carry it to a phone."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse, HttpResponseRedirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from xiaohe.kernel import workspace
from xiaohe.ledger import imports
from xiaohe.shop import audit, queries
from xiaohe.shop.models import AuditAct
from xiaohe.touch import taps
from xiaohe.touch.taps import Tapped, What
from xiaohe.web.pages import people, reports, today
from xiaohe.web.pages.models import Crowd, Toast
from xiaohe.web.views import answers
from xiaohe.web.views.data import money_of
from xiaohe.web.views.people import page_number

SIMPLE: dict[str, Callable[..., Tapped]] = {
    What.COPIED: taps.copied,
    What.SENT: taps.sent,
    What.REPLIED: taps.replied,
    What.JUST_BOUGHT: taps.just_bought,
    What.TOMORROW: taps.tomorrow,
    What.NOT_THIS_TIME: taps.not_this_time,
    What.WRONG_PERSON: taps.wrong_person,
    What.NEVER_AGAIN: taps.never_again,
}


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    """The list; before any file has come, the first-run page."""
    if workspace.current().name == workspace.MAIN and not imports.listing():
        return HttpResponseRedirect(reverse("start"))
    shown = today.page(_on(request), _now(request))
    return answers.page(request, "web/today.html", {"today": shown})


@require_safe
def text(request: HttpRequest) -> HttpResponse:
    return answers.page(
        request, "web/today_text.html", {"today": today.page(_on(request), _now(request))}
    )


@require_safe
def on_paper(request: HttpRequest) -> HttpResponse:
    shown = today.page(_on(request), _now(request))
    _note(request, AuditAct.EXPORTED, "list on paper", len(shown.cards))
    return answers.page(request, "web/today_print.html", {"today": shown})


@require_POST
def copied_all(request: HttpRequest) -> HttpResponse:
    """The whole list went to the clipboard: every open task counts as copied."""
    shown = today.page(_on(request), _now(request))
    for card in shown.cards:
        if not card.closed and card.words:
            taps.copied(card.task, _now(request))
    _note(request, AuditAct.COPIED, "whole list", len(shown.cards))
    return HttpResponse(status=204)


@require_POST
def tap(request: HttpRequest, task: int, tap: str) -> HttpResponse:
    """One tap on one task; the answer is its card as it is now, with five seconds to undo."""
    what = request.POST.get("tap", tap)
    if what == What.ORDERED:
        typed = request.POST.get("amount", "").strip()
        currency = queries.the_shop().currency
        done = taps.ordered(
            task, _now(request), amount=money_of(typed, currency) if typed else None
        )
    elif what in SIMPLE:
        done = SIMPLE[what](task, _now(request))
    else:
        raise Http404
    if what == What.WRONG_PERSON:
        reports.ask_for_fresh_state()
    if what == What.COPIED:
        _note(request, AuditAct.COPIED, "words", 1)
        return HttpResponse(status=204)
    return _card(request, task, Toast(today.said_done(done.what), _undo(task, done)))


@require_POST
def undo(request: HttpRequest, task: int) -> HttpResponse:
    """Take a tap back, with everything that followed from it."""
    number = request.GET.get("tap", "")
    if not number.isdecimal():
        raise Http404
    taken = taps.take_back(int(number), _now(request))
    if any(each.what is What.WRONG_PERSON for each in taken):
        reports.ask_for_fresh_state()
    if not answers.is_fragment(request) or len(taken) > 1:
        return answers.back(request, reverse("today"), Toast(_("Taken back.")))
    return _card(request, task, None, oob=True)


@require_POST
def other_words(request: HttpRequest, task: int) -> HttpResponse:
    """换一句."""
    today.other_words(task, _on(request), _now(request))
    return _card(request, task, None)


@require_POST
def yesterday(request: HttpRequest) -> HttpResponse:
    """Close yesterday: all sent, or all but those picked."""
    not_sent = {int(number) for number in request.POST.getlist("not_sent") if number.isdecimal()}
    day = today.day_before(_on(request))
    done = taps.all_sent(day, _now(request), but=not_sent) if day else []
    if not done:
        return answers.back(request, reverse("today"))
    said = ngettext("%(count)d marked as sent.", "%(count)d marked as sent.", len(done))
    toast = Toast(said % {"count": len(done)}, _undo(done[0].task, done[0]))
    return answers.back(request, reverse("today"), toast)


@require_safe
def not_listed(request: HttpRequest, rule: str) -> HttpResponse:
    """The people behind one reason why somebody is not on today's list."""
    group, persons = today.left(_on(request), rule)
    crowd = Crowd(
        title=group.label,
        back=reverse("today"),
        back_label=_("Today"),
        note=today.rule_note(rule),
        listing=people.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": crowd})


def _card(
    request: HttpRequest, task: int, toast: Toast | None, *, oob: bool = False
) -> HttpResponse:
    if not answers.is_fragment(request):
        return answers.back(request, reverse("today"), toast)
    shown = today.page(_on(request), _now(request))
    card = next((each for each in shown.cards if each.task == task), None)
    if card is None:
        return answers.back(request, request.headers.get("HX-Current-URL", reverse("today")), toast)
    headline = ("web/parts/headline_oob.html", {"today": shown})
    return answers.parts(
        request, ("web/parts/slip.html", {"card": card, "oob": oob}), headline, toast=toast
    )


def _undo(task: int, done: Tapped) -> str:
    return f"{reverse('task-undo', args=[task])}?tap={done.tap}"


def _note(request: HttpRequest, act: AuditAct, page: str, count: int) -> None:
    audit.record(act, now=_now(request), user_id=request.user.pk, page=page, people=count)


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]


def _on(request: HttpRequest) -> Any:
    return request.calendar.day_of(_now(request))  # type: ignore[attr-defined]
