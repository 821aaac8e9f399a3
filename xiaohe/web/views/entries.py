"""把人带过来: codes, their sheets and numbers; 验单: order numbers that customers gave."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.entries import cards, codes, queries, settling
from xiaohe.entries.paper.sheets import Paper
from xiaohe.entries.pictures import LARGEST_UPLOAD
from xiaohe.entries.queries import What
from xiaohe.kernel.errors import BadInput
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct
from xiaohe.shop.sealed_files import SealedReader
from xiaohe.web.pages import entries, people, reports
from xiaohe.web.pages.models import Crowd, Toast
from xiaohe.web.views import answers
from xiaohe.web.views import undo as undo_facts
from xiaohe.web.views.people import page_number

FOUND = 8


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/entries.html", {"entries": entries.listing(_now(request))})


@require_POST
def make(request: HttpRequest) -> HttpResponse:
    """One tap: a code with neutral words, ready to be printed."""
    made = codes.make(request.POST.get("entry", ""), _now(request))
    toast = Toast(_("Here it is. Print it, or change what it says first."))
    return answers.back(request, reverse("entry", args=[made.code]), toast)


@require_safe
def one(request: HttpRequest, code: str) -> HttpResponse:
    return _page(request, code)


@require_POST
def save(request: HttpRequest, code: str) -> HttpResponse:
    sent = request.POST
    try:
        codes.change(
            code,
            name=sent.get("name", ""),
            offer=sent.get("offer", ""),
            platform=sent.get("platform", "")[:40],
            store=sent.get("store", ""),
            staff=sent.get("staff", ""),
            tag=sent.get("tag", ""),
            account_id=_number(sent.get("account_id", "")),
            account_said=sent.get("account_said", ""),
            gift=sent.get("gift", ""),
            gift_text=sent.get("gift_text", ""),
            gift_link=sent.get("gift_link", ""),
            closes_on=_day(sent.get("closes_on", "")),
        )
    except BadInput as refusal:
        return _page(request, code, refusal=str(refusal))
    toast = Toast(_("Saved. Cards that are out show it too when they are scanned."))
    return answers.back(request, reverse("entry", args=[code]), toast)


@require_POST
def picture(request: HttpRequest, code: str) -> HttpResponse:
    """Only multipart brings a file, and it comes sealed: it is read in memory, shrunk, and freed of all but its dots."""
    if "off" in request.POST:
        codes.take_picture_off(code)
        return answers.back(request, reverse("entry", args=[code]), Toast(_("The picture is off.")))
    uploaded: Any = request.FILES.get("picture")
    try:
        if uploaded is None:
            raise BadInput("no_picture", gettext_lazy("Choose a picture first."))
        codes.set_picture(code, _whole(uploaded))
    except BadInput as refusal:
        return _page(request, code, refusal=str(refusal))
    said = _("Whoever scans sees this picture now.")
    return answers.back(request, reverse("entry", args=[code]), Toast(said))


@require_POST
def sheet(request: HttpRequest, code: str) -> HttpResponse:
    """The sheet as PDF; noted as printed unless it is a proof."""
    try:
        paper = Paper(request.POST.get("paper", ""))
    except ValueError:
        raise Http404 from None
    count = _number(request.POST.get("count", "")) or 0
    made = cards.sheet(
        codes.one(code), _now(request), paper=paper, count=count, fallback=_here(request)
    )
    response = HttpResponse(made.pdf, content_type="application/pdf")
    response.headers["Content-Disposition"] = f'attachment; filename="xiaohe-{code}-{paper}.pdf"'
    response.headers["Cache-Control"] = "no-store"
    return response


@require_POST
def shipped(request: HttpRequest, code: str) -> HttpResponse:
    now = _now(request)
    on = _day(request.POST.get("on", "")) or request.calendar.day_of(now)  # type: ignore[attr-defined]
    try:
        fact = cards.shipped(codes.one(code), _number(request.POST.get("count", "")) or 0, on, now)
    except BadInput as refusal:
        return _page(request, code, refusal=str(refusal))
    back_to = reverse("entry", args=[code])
    reports.ask_for_fresh_state()
    return answers.back(request, back_to, Toast(_("Noted."), undo_facts.address([fact], back_to)))


@require_POST
def retire(request: HttpRequest, code: str) -> HttpResponse:
    """Retire, or bring back, as the button says."""
    if request.POST.get("to") == "use":
        codes.restore(code)
        toast = Toast(_("In use again."))
    else:
        codes.retire(code, _now(request))
        toast = Toast(_("Retired. What it brought stays; bring it back below."))
    return answers.back(request, reverse("entry", args=[code]), toast)


@require_safe
def crowd(request: HttpRequest, code: str, what: str) -> HttpResponse:
    """The people behind a number of one code."""
    found = codes.one(code)
    try:
        asked = What(what)
    except ValueError:
        raise Http404 from None
    persons = queries.people(code, asked)
    shown = Crowd(
        title=_titled(asked, len(persons)),
        back=reverse("entry", args=[code]),
        back_label=found.name,
        listing=people.crowd(persons, number=page_number(request)),
    )
    return answers.page(request, "web/crowd.html", {"crowd": shown})


# ---------------------------------------------------------------- claims


@require_safe
def claims(request: HttpRequest) -> HttpResponse:
    """验单: order numbers in plain, so the look is noted."""
    shown = entries.claimed()
    if listed := len(shown.waiting) + len(shown.settled):
        audit.record(
            AuditAct.VIEWED,
            now=_now(request),
            user_id=request.user.pk,
            page="claims",
            people=listed,
        )
    return answers.page(request, "web/claims.html", {"claims": shown})


@require_http_methods(["GET", "HEAD", "POST"])
def who(request: HttpRequest, number: int) -> HttpResponse:
    """Whose claim is it? A search by POST, so that what was searched for stays out of addresses."""
    text = request.POST.get("q", "").strip() if request.method == "POST" else ""
    found = people.found(text).people[:FOUND] if text else ()
    shown = entries.who(number, text, found)
    audit.record(
        AuditAct.SEARCHED if text else AuditAct.VIEWED,
        now=_now(request),
        user_id=request.user.pk,
        page=f"claim {number}",
        people=max(1, len(found)),
    )
    return answers.page(request, "web/claim_who.html", {"who": shown})


@require_POST
def join(request: HttpRequest, number: int) -> HttpResponse:
    contact = _number(request.POST.get("person", ""))
    if contact is None:
        raise Http404
    settling.join(number, contact, _now(request))
    return _settled(request, number, _("One person now. Hand over what you promised."))


@require_POST
def refuse(request: HttpRequest, number: int) -> HttpResponse:
    settling.refuse(number, _now(request))
    return _settled(request, number, _("Put aside."))


@require_POST
def take_back(request: HttpRequest, number: int) -> HttpResponse:
    settling.take_back(number, _now(request))
    reports.ask_for_fresh_state()
    return answers.back(request, reverse("claims"), Toast(_("Taken back.")))


def _settled(request: HttpRequest, number: int, said: str) -> HttpResponse:
    reports.ask_for_fresh_state()
    undo = reverse("claim-undo", args=[number])
    return answers.back(request, reverse("claims"), Toast(said, undo))


# ---------------------------------------------------------------- small


def _page(request: HttpRequest, code: str, *, refusal: str = "") -> HttpResponse:
    today = request.calendar.day_of(_now(request))  # type: ignore[attr-defined]
    context = {"entry": entries.one(code, _here(request), today), "refusal": refusal}
    return answers.page_with_status(request, "web/entry.html", context, 400 if refusal else 200)


def _titled(what: What, count: int) -> str:
    if what is What.CLAIMED:
        said = ngettext(
            "%(count)d person gave an order number and is known",
            "%(count)d people gave an order number and are known",
            count,
        )
    elif what is What.ADDED:
        said = ngettext(
            "%(count)d person was added by this code",
            "%(count)d people were added by this code",
            count,
        )
    else:
        said = ngettext("%(count)d of them bought again", "%(count)d of them bought again", count)
    return said % {"count": count}


def _whole(uploaded: Any) -> bytes:
    """It came sealed, like every file; it is not needed on the disk any longer."""
    try:
        if uploaded.size > LARGEST_UPLOAD:
            raise BadInput(
                "large_picture", gettext_lazy("This picture is too large; 4 MB is plenty.")
            )
        with SealedReader(uploaded.path) as handle:
            return bytes(handle.read())
    finally:
        uploaded.path.unlink(missing_ok=True)


def _here(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) <= 19 else None


def _day(text: str) -> date | None:
    if not text:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise BadInput("bad_day", gettext_lazy("Please give a day such as 2026-06-30.")) from None


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]
