"""数据与设置: files and their reports, the shop's settings, our accounts, costs."""

from __future__ import annotations

import uuid
from datetime import time
from decimal import Decimal, InvalidOperation
from typing import Any

from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.money import to_minor
from xiaohe.ledger import imports as ledger_imports
from xiaohe.ledger import stream
from xiaohe.shop import accounts, actions, audit, queries
from xiaohe.shop.models import AuditAct
from xiaohe.sources import importing
from xiaohe.web.pages import data, reports
from xiaohe.web.pages import more as rooms
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views import undo as undo_facts

COSTS = frozenset({"time", "gift", "print", "tools", "other"})


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/data.html", {"data": data.page(_today(request))})


@require_safe
def more(request: HttpRequest) -> HttpResponse:
    return answers.page(request, "web/more.html", {"more": rooms.page()})


@require_safe
def imports(request: HttpRequest) -> HttpResponse:
    lines = [reports.line(row) for row in ledger_imports.listing()]
    return answers.page(request, "web/imports.html", {"imports": lines})


@require_safe
def report(request: HttpRequest, number: int) -> HttpResponse:
    return answers.page(request, "web/report.html", {"report": reports.page(number)})


@require_POST
def undo(request: HttpRequest, number: int) -> HttpResponse:
    importing.undo(number, now=_now(request))
    toast = Toast(_("Taken back. Every number is as if this file had never come."))
    return answers.back(request, reverse("import-report", args=[number]), toast)


@require_safe
def rejected(request: HttpRequest, number: int) -> HttpResponse:
    """The rows nobody could read, with the reason beside each; unsealed while it is sent."""
    # All of it at once: a stream would outlive the workspace it reads from, and rejects are few.
    body = b"".join(reports.rejected(number))
    audit.record(
        AuditAct.EXPORTED, now=_now(request), user_id=request.user.pk, page=f"rejected {number}"
    )
    response = HttpResponse(body, content_type="text/csv; charset=utf-8")
    response.headers["Content-Disposition"] = f'attachment; filename="xiaohe-{number}-rejected.csv"'
    return response


@require_POST
def save_shop(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    actions.update_shop(
        name=sent.get("name", "").strip()[:80],
        voice=sent.get("voice", "").strip()[:80],
        list_size=_whole(sent.get("list_size", "")),
        list_at=_time(sent.get("list_at", "")),
        currency=sent.get("currency", "CNY")[:3],
        time_zone=sent.get("time_zone", ""),
    )
    return answers.back(request, reverse("data"), Toast(_("Saved.")))


@require_POST
def save_account(request: HttpRequest, account: int) -> HttpResponse:
    accounts.classify(
        account,
        owned="owned" in request.POST,
        free_reach="free_reach" in request.POST,
        reusable="reusable" in request.POST,
    )
    reports.ask_for_fresh_state()
    return answers.back(request, reverse("data"), Toast(_("Saved. The numbers follow.")))


@require_POST
def save_cost(request: HttpRequest) -> HttpResponse:
    """Money, minutes or both that went into contacting people; taken back with one tap."""
    currency = queries.the_shop().currency
    amount, minutes = (
        request.POST.get("amount", "").strip(),
        request.POST.get("minutes", "").strip(),
    )
    if not amount and not minutes:
        raise BadInput("empty_cost", gettext_lazy("Say how much money or how many minutes."))
    what = request.POST.get("what", "other")
    props: dict[str, Any] = {"what": what if what in COSTS else "other"}
    if minutes:
        props["minutes"] = _whole(minutes)
    now = _now(request)
    fact = stream.Fact(
        source="xiaohe",
        key=f"cost:{uuid.uuid4().hex}",
        type="cost.recorded",
        occurred_at=now,
        # A cost belongs to nobody: subject 0 is no person's id.
        subject=0,
        amount=money_of(amount, currency) if amount else None,
        currency=currency if amount else None,
        props=props,
    )
    stream.record([fact], now)
    address = undo_facts.address([stream.key_hash(fact)], reverse("data"))
    return answers.back(request, reverse("data"), Toast(_("Noted."), address))


def money_of(text: str, currency: str) -> int:
    """What somebody typed as money, in minor units."""
    try:
        amount = Decimal(text.replace(",", "").replace("，", "").lstrip("¥￥£$€ "))
    except InvalidOperation:
        raise BadInput("bad_amount", gettext_lazy("This is not an amount of money.")) from None
    if not amount.is_finite() or not 0 <= amount < 10**9:
        raise BadInput("bad_amount", gettext_lazy("This is not an amount of money."))
    return to_minor(amount, currency)


def _whole(text: str) -> int:
    if not text.isdecimal() or len(text) > 6:
        raise BadInput("bad_number", gettext_lazy("Please give a whole number."))
    return int(text)


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text)
    except ValueError:
        raise BadInput("bad_time", gettext_lazy("Please give a time such as 13:00.")) from None


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]


def _today(request: HttpRequest) -> Any:
    return request.calendar.day_of(_now(request))  # type: ignore[attr-defined]
