"""From a file dropped on the page to the first thing it tells."""

from __future__ import annotations

from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST, require_safe

from xiaohe import jobs
from xiaohe.kernel.errors import BadInput
from xiaohe.ledger import imports
from xiaohe.web import reading, spool
from xiaohe.web.handlers import READ_FILE
from xiaohe.web.pages import arriving, people
from xiaohe.web.pages.arriving import Ticket
from xiaohe.web.pages.models import Crowd
from xiaohe.web.views import answers
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
        for name in (*arriving.ASKED, "currency")
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
    shown = arriving.read(ids, int(seconds) if seconds.isdecimal() else 0, today)
    return answers.page(request, "web/read.html", {"read": shown, "here": request.get_full_path()})


@require_safe
def due(request: HttpRequest, whom: str) -> HttpResponse:
    """Who is due this week, all of them or those within reach."""
    if whom not in ("all", "linked", "slipping"):
        raise Http404
    persons = arriving.due_people(whom)
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
    crowd = Crowd(
        title=title % {"count": len(persons)},
        back=reverse("today"),
        back_label=_("Today"),
        note=note,
        listing=people.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": crowd})


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
