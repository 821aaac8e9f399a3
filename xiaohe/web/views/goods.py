"""商品: names people say, groups with a rhythm, stock seen today. Everything said here can be taken back."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any

from django.core import signing
from django.http import Http404, HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from xiaohe.kernel import store, workspace
from xiaohe.kernel.errors import BadInput, XiaoheError
from xiaohe.shop import goods
from xiaohe.shop.selling import Goods, GoodsGroup
from xiaohe.web.pages import goods as shown
from xiaohe.web.pages import reports
from xiaohe.web.pages.models import Toast
from xiaohe.web.views import answers
from xiaohe.web.views.people import page_number

SALT = "goods"
GOOD_FOR_SECONDS = 60 * 60
SAID = ("spoken", "named_at", "group_id", "margin", "launched_on", "stock_confirmed_on")


@require_safe
def page(request: HttpRequest) -> HttpResponse:
    return _page(request)


@require_POST
def names(request: HttpRequest) -> HttpResponse:
    """The names of several goods at once; an empty one keeps the goods without a name."""
    back_to = request.POST.get("next", "")
    if not url_has_allowed_host_and_scheme(back_to, allowed_hosts=None):
        back_to = reverse("goods")
    typed = {
        int(field.removeprefix("name-")): text
        for field, text in request.POST.dict().items()
        if field.startswith("name-") and field.removeprefix("name-").isdecimal()
    }
    with store.write():
        before = _remembered(typed)
        for key, text in typed.items():
            if text.strip():
                goods.name(key, text, _now(request))
            else:
                goods.keep(key, _now(request))
    reports.ask_for_fresh_list()
    said = ngettext("Noted, %(count)d name.", "Noted, %(count)d names.", len(typed)) % {
        "count": len(typed)
    }
    return answers.back(request, back_to, Toast(said, _undo(before, [], back_to)))


@require_http_methods(["GET", "HEAD", "POST"])
def one(request: HttpRequest, key: int) -> HttpResponse:
    """One article: name, group, margin, launch."""
    row = goods.one(key)
    if request.method != "POST":
        return _one(request, row, {})
    sent = request.POST
    before = _remembered([key])
    try:
        with store.write():
            text = sent.get("spoken", "")
            goods.name(key, text, _now(request)) if text.strip() else goods.keep(key, _now(request))
            goods.tell(
                key,
                group_id=int(sent["group"]) if sent.get("group", "").isdecimal() else None,
                margin=_share(sent.get("margin", "")),
                launched_on=_day(sent.get("launched_on", "")),
            )
    except BadInput as refusal:
        field = {"bad_margin": "margin", "bad_day": "launched_on"}.get(refusal.code, "spoken")
        return _one(request, row, {field: str(refusal)}, sent.dict())
    reports.ask_for_fresh_state()
    here = reverse("goods-one", args=[key])
    return answers.back(
        request, here, Toast(_("Saved. The numbers follow."), _undo(before, [], here))
    )


@require_POST
def stock(request: HttpRequest, key: int) -> HttpResponse:
    """Somebody saw it in stock today; or not after all."""
    before = _remembered([key])
    seen = request.POST.get("seen") == "yes"
    goods.confirm_stock(key, request.calendar.day_of(_now(request)) if seen else None)  # type: ignore[attr-defined]
    reports.ask_for_fresh_list()
    here = reverse("goods-one", args=[key])
    said = _("Noted. Until tonight sentences may say so.") if seen else _("Taken back.")
    return answers.back(request, here, Toast(said, _undo(before, [], here)))


@require_POST
def add_group(request: HttpRequest) -> HttpResponse:
    sent = request.POST
    known = goods.group_named(sent.get("name", ""))
    earlier = _terms(known)[1:] if known else []
    try:
        row = goods.add_group(
            sent.get("name", ""),
            cycle_days=_days(sent.get("cycle_days", "")),
            is_consumable="is_consumable" in sent,
        )
    except BadInput as refusal:
        return _page(request, refusal)
    here = reverse("goods-group", args=[row.pk])
    made = [row.pk, *earlier] if earlier else [row.pk]
    undo = _undo([], [made], reverse("goods"))
    return answers.back(request, here, Toast(_("Noted."), undo))


@require_http_methods(["GET", "HEAD", "POST"])
def group(request: HttpRequest, group: int) -> HttpResponse:
    """One group: its terms, and which goods are in it."""
    row = goods.group(group)
    if request.method != "POST":
        return _group(request, row, {})
    sent = request.POST
    chosen = [int(key) for key in sent.getlist("goods") if key.isdecimal()]
    offered = [int(key) for key in sent.getlist("offered") if key.isdecimal()]
    before, terms = _remembered(offered), [_terms(row)]
    try:
        with store.write():
            goods.change_group(
                group,
                sent.get("name", ""),
                cycle_days=_days(sent.get("cycle_days", "")),
                is_consumable="is_consumable" in sent,
            )
            goods.put_in_group(chosen, group)
            left = Goods.objects.filter(pk__in=set(offered) - set(chosen), group=row)
            goods.put_in_group(list(left.values_list("pk", flat=True)), None)
    except BadInput as refusal:
        field = "cycle_days" if refusal.code in ("bad_cycle", "bad_number") else "name"
        return _group(request, row, {field: str(refusal)}, sent.dict())
    reports.ask_for_fresh_state()
    here = reverse("goods-group", args=[group])
    return answers.back(
        request, here, Toast(_("Saved. The numbers follow."), _undo(before, terms, here))
    )


@require_POST
def drop_group(request: HttpRequest, group: int) -> HttpResponse:
    row = goods.group(group)
    members = Goods.objects.filter(group=row).values_list("pk", flat=True)
    before, terms = _remembered(members), [_terms(row)]
    goods.drop_group(group)
    reports.ask_for_fresh_state()
    here = reverse("goods")
    said = _("%(name)s is no group any more.") % {"name": row.name}
    return answers.back(request, here, Toast(said, _undo(before, terms, here)))


@require_POST
def undo(request: HttpRequest, token: str) -> HttpResponse:
    """What was said before stands again."""
    try:
        place, before, terms, back_to = signing.loads(token, salt=SALT, max_age=GOOD_FOR_SECONDS)
    except signing.BadSignature:
        raise Http404 from None
    if place != workspace.current().name:
        raise Http404
    with store.write():
        for pk, *said in terms:
            if not said:
                # There was no such group before.
                if GoodsGroup.objects.filter(pk=pk).exists():
                    goods.drop_group(pk)
                continue
            name, cycle_days, is_consumable = said
            told = {"name": name, "cycle_days": cycle_days, "is_consumable": is_consumable}
            GoodsGroup.objects.update_or_create(pk=pk, defaults=told)
        for key, *values in before:
            told = dict(zip(SAID, values, strict=True))
            Goods.objects.filter(pk=key).update(**told)
    reports.ask_for_fresh_state()
    return answers.back(request, back_to, Toast(_("Taken back.")))


# ---------------------------------------------------------------- what stood before


def _remembered(keys: Iterable[int]) -> list[list[Any]]:
    rows = Goods.objects.filter(pk__in=list(keys)).values_list("item_key", *SAID)
    return [[None if value is None else _plain(value) for value in row] for row in rows]


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _terms(row: GoodsGroup) -> list[Any]:
    return [row.pk, row.name, row.cycle_days, row.is_consumable]


def _undo(before: Sequence[Any], terms: Sequence[Any], back_to: str) -> str:
    told = [workspace.current().name, list(before), list(terms), back_to]
    return reverse("goods-undo", args=[signing.dumps(told, salt=SALT, compress=True)])


# ---------------------------------------------------------------- pages


def _page(request: HttpRequest, refusal: XiaoheError | None = None) -> HttpResponse:
    today = request.calendar.day_of(_now(request))  # type: ignore[attr-defined]
    page = shown.page(page_number(request), today)
    errors = {}
    if refusal is not None:
        errors["cycle_days" if refusal.code in ("bad_cycle", "bad_number") else "name"] = str(
            refusal
        )
    context = {"goods": page, "errors": errors, "values": request.POST.dict()}
    return answers.page_with_status(request, "web/goods.html", context, 400 if errors else 200)


def _one(
    request: HttpRequest,
    row: Goods,
    errors: dict[str, str],
    values: dict[str, Any] | None = None,
) -> HttpResponse:
    today = request.calendar.day_of(_now(request))  # type: ignore[attr-defined]
    typed = values or {
        "spoken": row.spoken,
        "group": str(row.group_id or ""),
        "margin": "" if row.margin is None else f"{row.margin * 100:g}",
        "launched_on": row.launched_on.isoformat() if row.launched_on else "",
    }
    context = {
        "row": row,
        "key": row.pk,
        "values": typed,
        "errors": errors,
        "groups": [(str(each.pk), each.name) for each in goods.groups()],
        "proposal": shown.spoken.propose(row.title),
        "seen_today": row.stock_confirmed_on == today,
    }
    status = 400 if errors else 200
    return answers.page_with_status(request, "web/goods_one.html", context, status)


def _group(
    request: HttpRequest,
    row: GoodsGroup,
    errors: dict[str, str],
    values: dict[str, Any] | None = None,
) -> HttpResponse:
    typed = values or {
        "name": row.name,
        "cycle_days": row.cycle_days or "",
        "is_consumable": row.is_consumable,
    }
    inside = list(Goods.objects.filter(group=row).order_by("-lines", "item_key")[:100])
    free = Goods.objects.filter(group=None, lines__gt=0).order_by("-lines", "item_key")[:40]
    context = {"row": row, "values": typed, "errors": errors, "inside": inside, "free": list(free)}
    status = 400 if errors else 200
    return answers.page_with_status(request, "web/goods_group.html", context, status)


def _days(text: str) -> int | None:
    text = text.strip()
    if not text:
        return None
    if not text.isdecimal() or len(text) > 4:
        raise BadInput("bad_number", gettext_lazy("Please give a whole number."))
    return int(text)


def _share(text: str) -> float | None:
    text = text.strip().rstrip("%％").strip()
    if not text:
        return None
    try:
        return round(float(text) / 100, 4)
    except ValueError:
        raise BadInput("bad_margin", gettext_lazy("A margin is a number of percent.")) from None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text.strip()) if text.strip() else None
    except ValueError:
        raise BadInput("bad_day", gettext_lazy("This is not a day.")) from None


def _now(request: HttpRequest) -> Any:
    return request.now  # type: ignore[attr-defined]
