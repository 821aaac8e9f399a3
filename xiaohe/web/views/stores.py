"""门店与员工: stores, hours, closed days, staff, shifts, accounts, own phones. Everything can be taken back."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, time
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.kernel import workspace
from xiaohe.kernel.errors import BadInput, XiaoheError
from xiaohe.shop import audit, before, stores, team
from xiaohe.shop.models import AuditAct
from xiaohe.shop.selling import OwnContact
from xiaohe.web.pages import reports
from xiaohe.web.pages import stores as shown
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers

SALT = "stores"
GOOD_FOR_SECONDS = 60 * 60


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    context = {"page": shown.page(_today(request))}
    _note(request, "stores")
    return answers.page(request, "web/stores.html", context)


@require_POST
def add_store(request: HttpRequest) -> HttpResponse:
    row = stores.add(request.POST.get("name", ""))
    here = reverse("store", args=[row.pk])
    return answers.back(request, here, Toast(_("Noted."), _undo("store_gone", row.pk)))


@require_http_methods(["GET", "HEAD", "POST"])
def store(request: HttpRequest, store: int) -> HttpResponse:
    """One store: its name, when it is open, how to reach it."""
    if request.method != "POST":
        _note(request, f"store {store}")
        return _store(request, store, {})
    sent = request.POST
    try:
        week = [stores.parse_day(sent.get(f"day-{weekday}", "")) for weekday in range(7)]
        told = before.of_store(store)
        stores.rename(store, sent.get("name", ""))
        stores.set_hours(store, week)
        team.set_store_contact(store, phone=sent.get("phone", ""), address=sent.get("address", ""))
    except XiaoheError as refusal:
        field = "week" if refusal.code in ("bad_hours", "hours_overlap") else "name"
        return _store(request, store, {field: str(refusal)})
    _follow()
    here = reverse("store", args=[store])
    return answers.back(request, here, Toast(_("Saved."), _undo("store_saved", told, here)))


@require_POST
def store_gone(request: HttpRequest, store: int) -> HttpResponse:
    stores.close_for_good(store, _today(request))
    _follow()
    said = _("Given up. What happened there stays its own.")
    return answers.back(request, reverse("stores"), Toast(said, _undo("store_back", store)))


@require_POST
def add_staff(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    row = team.add(sent.get("name", ""), store_id=_number(sent.get("store", "")))
    _follow()
    here = reverse("staff", args=[row.pk])
    return answers.back(request, here, Toast(_("Noted."), _undo("staff_gone", row.pk)))


@require_http_methods(["GET", "HEAD", "POST"])
def staff(request: HttpRequest, staff: int) -> HttpResponse:
    """One colleague: where they work, from which accounts they talk, phone and address that are no customer's."""
    if request.method != "POST":
        _note(request, f"staff {staff}")
        return _staff(request, staff, {})
    sent = request.POST
    chosen = {int(each) for each in sent.getlist("account") if each.isdecimal()}
    theirs = {each.pk for each in team.accounts_of(staff)}
    told = before.of_staff(staff, sorted(chosen ^ theirs))
    try:
        row = team.change(
            staff,
            sent.get("name", ""),
            store_id=_number(sent.get("store", "")),
            phone=sent.get("phone", ""),
            address=sent.get("address", ""),
        )
    except XiaoheError as refusal:
        return _staff(request, staff, {"name": str(refusal)})
    for account in chosen - theirs:
        team.hand_account(account, staff_id=staff, store_id=row.store_id)
    for account in theirs - chosen:
        team.hand_account(account, staff_id=None, store_id=row.store_id)
    _follow()
    said = _("Saved. The numbers follow.")
    here = reverse("staff", args=[staff])
    return answers.back(request, here, Toast(said, _undo("staff_saved", told, here)))


@require_POST
def staff_gone(request: HttpRequest, staff: int) -> HttpResponse:
    row = team.leave(staff, _today(request))
    _follow()
    said = _("%(name)s has left; the accounts wait for somebody else.") % {"name": row.name}
    return answers.back(request, reverse("stores"), Toast(said, _undo("staff_back", staff)))


@require_POST
def add_shift(request: HttpRequest, staff: int) -> HttpResponse:
    sent = request.POST
    try:
        row = team.plan_shift(
            staff,
            _day(sent.get("on", "")),
            _time(sent.get("starts_at", "")),
            _time(sent.get("ends_at", "")),
            store_id=_number(sent.get("store", "")),
        )
    except XiaoheError as refusal:
        return _staff(request, staff, {"shift": str(refusal)})
    here = reverse("staff", args=[staff])
    return answers.back(request, here, Toast(_("Noted."), _undo("shift_off", row.pk, here)))


@require_POST
def drop_shift(request: HttpRequest, shift: int) -> HttpResponse:
    row = team.drop_shift(shift)
    here = reverse("staff", args=[row.staff_id])
    told = [
        row.staff_id,
        row.on.isoformat(),
        f"{row.starts_at:%H:%M}",
        f"{row.ends_at:%H:%M}",
        row.store_id,
    ]
    return answers.back(request, here, Toast(_("Taken back."), _undo("shift_on", told, here)))


@require_POST
def close_days(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    first = _day(sent.get("from_on", ""))
    row = stores.close_days(
        first,
        _day(sent.get("until_on", "")) if sent.get("until_on", "").strip() else first,
        store_id=_number(sent.get("store", "")),
        why=sent.get("why", ""),
    )
    _follow()
    said = _("Noted. These days count in no gap between two purchases.")
    return answers.back(request, reverse("stores"), Toast(said, _undo("days_open", row.pk)))


@require_POST
def reopen_days(request: HttpRequest, days: int) -> HttpResponse:
    row = stores.reopen_days(days)
    _follow()
    told = [row.from_on.isoformat(), row.until_on.isoformat(), row.store_id, row.why]
    return answers.back(
        request, reverse("stores"), Toast(_("Taken back."), _undo("days_closed", told))
    )


@require_POST
def add_own(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    row = team.add_own(sent.get("kind", ""), sent.get("value", ""), sent.get("note", ""))
    _follow()
    said = _("Noted. Orders to it are no customer’s.")
    return answers.back(request, reverse("stores"), Toast(said, _undo("own_off", row.pk)))


@require_POST
def drop_own(request: HttpRequest, own: int) -> HttpResponse:
    row = team.drop_own(own)
    _follow()
    # The sealed value itself, so that nothing stands in clear in an address.
    told = [row.kind, bytes(row.sealed).hex(), row.note]
    return answers.back(request, reverse("stores"), Toast(_("Taken back."), _undo("own_on", told)))


@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """Take the last step back, whatever it was."""
    try:
        place, verb, told, back_to = signing.loads(token, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if place != workspace.current().name or not url_has_allowed_host_and_scheme(
        back_to, allowed_hosts=None
    ):
        raise Http404
    _BACK[verb](told, _today(request))
    _follow()
    return answers.back(request, back_to, Toast(_("Taken back.")))


_BACK: dict[str, Callable[[Any, date], Any]] = {
    "store_gone": lambda told, today: stores.close_for_good(told, today),
    "store_back": lambda told, today: stores.open_again(told),
    "staff_gone": lambda told, today: team.leave(told, today),
    "staff_back": lambda told, today: team.come_back(told),
    "store_saved": lambda told, today: before.put_store_back(told),
    "staff_saved": lambda told, today: before.put_staff_back(told),
    "shift_off": lambda told, today: team.drop_shift(told),
    "shift_on": lambda told, today: team.plan_shift(
        told[0], _day(told[1]), _time(told[2]), _time(told[3]), store_id=told[4]
    ),
    "days_open": lambda told, today: stores.reopen_days(told),
    "days_closed": lambda told, today: stores.close_days(
        _day(told[0]), _day(told[1]), store_id=told[2], why=told[3]
    ),
    "own_off": lambda told, today: team.drop_own(told),
    "own_on": lambda told, today: team.put_back_own(
        OwnContact(kind=told[0], sealed=bytes.fromhex(told[1]), note=told[2])
    ),
}


def _undo(verb: str, told: Any, back_to: str = "") -> str:
    told = [workspace.current().name, verb, told, back_to or reverse("stores")]
    return reverse("stores-undo", args=[signing.dumps(told, salt=SALT, compress=True)])


def _store(request: HttpRequest, store_id: int, errors: dict[str, str]) -> HttpResponse:
    context = {"store": shown.store_page(store_id, _today(request)), "errors": errors}
    context["values"] = request.POST.dict()
    status = 400 if errors else 200
    return answers.page_with_status(request, "web/store.html", context, status)


def _staff(request: HttpRequest, staff_id: int, errors: dict[str, str]) -> HttpResponse:
    context = {"staff": shown.staff_page(staff_id, _today(request)), "errors": errors}
    status = 400 if errors else 200
    return answers.page_with_status(request, "web/staff.html", context, status)


def _note(request: HttpRequest, page: str) -> None:
    """Phones and addresses of colleagues are contact data too."""
    audit.record(
        AuditAct.VIEWED, now=request.now, user_id=request.user.pk, page=page, people=0  # type: ignore[attr-defined]
    )  # fmt: skip


def _follow() -> None:
    reports.ask_for_fresh_state()


def _number(text: str) -> int | None:
    return int(text) if text.isdecimal() and len(text) < 12 else None


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("bad_day", gettext_lazy("This is not a day.")) from None


def _time(text: str) -> time:
    try:
        return time.fromisoformat(text.strip())
    except ValueError:
        raise BadInput("bad_time", gettext_lazy("Please give a time such as 13:00.")) from None


def _today(request: HttpRequest) -> date:
    return request.calendar.day_of(request.now)  # type: ignore[attr-defined, no-any-return]
