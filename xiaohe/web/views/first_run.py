"""From a file dropped on the page to the first thing it tells."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from xiaohe import jobs
from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import imports
from xiaohe.people import actions as people_actions
from xiaohe.shop import accounts
from xiaohe.shop.models import AccountKind
from xiaohe.web import reading, spool
from xiaohe.web.handlers import READ_FILE
from xiaohe.web.pages import arriving, people, reports
from xiaohe.web.pages.arriving import Ticket
from xiaohe.web.pages.models import Crowd, Toast
from xiaohe.web.views import answers
from xiaohe.web.views import undo as undo_facts
from xiaohe.web.views.people import page_number

MOST_FILES = 20


@require_safe
def start(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/start.html", {"start": {"first": not imports.listing()}})


@require_POST
def uploads(request: HttpRequest) -> HttpResponse:
    """Take files in: known ones are read at once, unknown tables ask first."""
    arrived = request.FILES.getlist("files")
    if not arrived:
        raise BadInput(
            "no_files", gettext_lazy("No file came with this. Drop one in or choose it.")
        )
    tickets = [_take(file) for file in arrived[:MOST_FILES]]
    return _show(request, tickets)


@require_safe
def progress(request: HttpRequest) -> HttpResponse:
    return _show(request, _tickets(request))


@require_POST
def confirm(request: HttpRequest, upload: str) -> HttpResponse:
    """The person said how an unknown table is to be read, or to leave it out."""
    tickets = _tickets(request)
    if "drop" in request.POST:
        spool.drop(upload)
        return _show(request, [each for each in tickets if each.upload != upload])
    looked = reading.look(spool.waiting(upload))
    if looked.mapping is None:
        raise BadInput("nothing_to_confirm", gettext_lazy("This file needs no answer."))
    answers_given = {
        name: request.POST[name] or None
        for name in (*arriving.ASKED, "currency", "platform")
        if name in request.POST
    }
    if not answers_given.get("currency"):
        answers_given.pop("currency", None)
    mapping = looked.mapping.changed(**answers_given)
    job = jobs.enqueue(READ_FILE, {"upload": upload, "mapping": mapping.as_json()})
    changed = [Ticket(upload, job) if each.upload == upload else each for each in tickets]
    return _show(request, changed)


@require_safe
def read(request: HttpRequest) -> HttpResponse:
    """What was read, and the first cards."""
    ids = [int(number) for number in request.GET.getlist("i") if number.isdecimal()]
    seconds = request.GET.get("s", "")
    today = request.calendar.day_of(request.now)  # type: ignore[attr-defined]
    shown = arriving.read(
        ids,
        int(seconds) if seconds.isdecimal() else 0,
        today,
        request.now,  # type: ignore[attr-defined]
    )
    context: dict[str, Any] = {"read": shown, "here": request.get_full_path()}
    for _template, taken in shown.fragments:
        context |= taken
    return answers.page(request, "web/read.html", context)


@require_safe
def due(request: HttpRequest, whom: str) -> HttpResponse:
    """Who is due this week, all of them or those within reach."""
    if whom not in ("all", "linked", "slipping", "new"):
        raise Http404
    persons = arriving.due_people(whom, request.now)  # type: ignore[attr-defined]
    title = ngettext(
        "%(count)d person is due this week", "%(count)d people are due this week", len(persons)
    )
    note = _("Their day, by their own rhythm, falls between Monday and Sunday of this week.")
    if whom == "slipping":
        title = ngettext(
            "%(count)d of your best customers is slipping away",
            "%(count)d of your best customers are slipping away",
            len(persons),
        )
        note = _("They have been away at least twice as long as they usually are.")
    if whom == "new":
        title = ngettext(
            "%(count)d newly added person has not been greeted",
            "%(count)d newly added people have not been greeted",
            len(persons),
        )
        note = _("Added in the last seven days, not a word so far.")
    crowd = Crowd(
        title=title % {"count": len(persons)},
        back=reverse("today"),
        back_label=_("Today"),
        note=note,
        listing=people.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": crowd})


@require_POST
def have(request: HttpRequest, person: int) -> HttpResponse:
    """〔I have them〕 or 〔no〕 beside somebody who is due; both can be taken back."""
    back = _back_to(request)
    if "no" in request.POST:
        # Personal WeChat is in the register only once somebody has said yes.
        chosen = request.POST.get("account", "")
        account = int(chosen) if chosen.isdecimal() else None
        done = people_actions.not_in_wechat(person, account, request.now)  # type: ignore[attr-defined]
        said = _("Noted: not in your WeChat.")
        return answers.back(request, back, Toast(said, undo_facts.address(done.facts, back)))
    account = account_chosen(request)
    done = people_actions.i_have_them(person, account, request.now)  # type: ignore[attr-defined]
    reports.ask_for_fresh_state()
    said = _("Noted. They can appear on your list now.")
    return answers.back(request, back, Toast(said, undo_facts.address(done.facts, back)))


def account_chosen(request: HttpRequest) -> int:
    """The account somebody chose, or their personal WeChat, entered in the register on first use."""
    chosen = request.POST.get("account", "")
    if chosen == "new":
        with store.write():
            return int(accounts.account_named(AccountKind.PERSONAL_WECHAT, _("My WeChat")).pk)
    if not chosen.isdecimal():
        raise Http404
    return int(chosen)


def _back_to(request: HttpRequest) -> str:
    back = request.POST.get("back") or request.GET.get("back") or reverse("read")
    return back if url_has_allowed_host_and_scheme(back, allowed_hosts=None) else reverse("read")


def _take(file: Any) -> Ticket:
    waiting = spool.keep(file)
    looked = reading.look(waiting)
    if looked.refusal or looked.mapping is not None:
        return Ticket(waiting.id, 0)
    return Ticket(waiting.id, jobs.enqueue(READ_FILE, {"upload": waiting.id}))


def _tickets(request: HttpRequest) -> list[Ticket]:
    parsed = [Ticket.parse(text) for text in request.GET.getlist("f")]
    return [ticket for ticket in parsed if ticket is not None][:MOST_FILES]


def _show(request: HttpRequest, tickets: list[Ticket]) -> HttpResponse:
    shown = arriving.reading_of(tickets)
    if answers.is_fragment(request):
        if shown.finished and all(not file.refusal for file in shown.files):
            response = HttpResponse(status=204)
            response.headers["HX-Redirect"] = shown.finished
            return response
        return render(request, "web/parts/reading.html", {"reading": shown})
    if request.method == "POST":
        return answers.back(request, shown.href)
    return answers.page(request, "web/reading_page.html", {"reading": shown})
