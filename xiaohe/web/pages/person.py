"""客户 profile: rhythm, next words, what happened, and how we know who this is."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from typing import Any

import pyarrow as pa
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.autopilot import today as autopilot
from xiaohe.kernel.clock import ShopCalendar
from xiaohe.kernel.money import SYMBOLS, spoken
from xiaohe.ledger import imports
from xiaohe.people import days, names, overlay, private_notes, profile, ties
from xiaohe.people.profile import Evidence, Origin, Says
from xiaohe.shop import audit, goods, queries
from xiaohe.shop.models import AUDIT_WORDS, AuditAct
from xiaohe.touch.governor import Kind as DecisionKind
from xiaohe.touch.models import Decision
from xiaohe.touch.rules import rule_sentence
from xiaohe.traits import state
from xiaohe.web import drawing, phrases
from xiaohe.web.drawing import Strip, StripWords
from xiaohe.web.pages import came_from, data, people, reports
from xiaohe.web.pages import days as day_pages
from xiaohe.web.pages import marks as mark_pages
from xiaohe.web.pages import today as today_page
from xiaohe.web.pages.models import Card, Kind, Moment, Profile, Proof, Tied, Told
from xiaohe.web.templatetags.xiaohe import long_day, moment, shop_day

KINDS = (
    Kind("", gettext_lazy("All")),
    Kind("orders", gettext_lazy("Orders")),
    Kind("contact", gettext_lazy("Contact")),
    Kind("service", gettext_lazy("Service")),
)
CONTACT = {
    "message.out": gettext_lazy("You wrote to them"),
    "message.in": gettext_lazy("They replied"),
    "link.started": gettext_lazy("Added"),
    "link.ended": gettext_lazy("No longer linked"),
    "link.denied": gettext_lazy("Not in your WeChat, you said"),
    "task.postponed": gettext_lazy("Put off"),
    "task.skipped": gettext_lazy("Skipped this time"),
    "order.reported": gettext_lazy("They said they ordered"),
}
SERVICE = {
    "consent.withdrawn": gettext_lazy("Wants no more messages"),
    "consent.reduced": gettext_lazy("Wants fewer messages"),
    "consent.given": gettext_lazy("May be contacted"),
    "complaint.opened": gettext_lazy("Complained"),
    "complaint.closed": gettext_lazy("Complaint settled"),
}
# Of an order with more kinds of goods the others are counted.
MOST_TITLES = 3
CONSENT_TYPES = ("consent.withdrawn", "consent.reduced", "consent.given")


def page(person: int, *, shown: str, now: datetime, calendar: ShopCalendar, user: Any) -> Profile:
    """Everything known of one person; a former id leads to whoever they are now."""
    person = overlay.current().person(person)
    on = calendar.day_of(now)
    known = _standing(person)
    about = profile.about(person)
    moments = profile.timeline(person, known=about)
    accounts = {each.id: each for each in data.account_lines()}
    consent = next((m.type for m in moments if m.type in CONSENT_TYPES), "")
    marked = mark_pages.word_of(person)
    card, why_not = _next_words(person, on, now)
    if marked:
        card, why_not = None, _("No customer, so nobody here suggests words for them.")
    return Profile(
        person=person,
        name=people.name_of(names.display([person]), person),
        rhythm=_("No customer: their orders are in no number.") if marked else _rhythm(known),
        stage=phrases.stage(known.get("stage")),
        vip=bool(known.get("vip")),
        links=_links(person, accounts),
        strip=_strip(known, moments, on, calendar),
        card=card,
        why_not=why_not,
        timeline=tuple(
            told
            for each in _as_spoken(moments)
            if (told := _moment(each, calendar)) and _wanted(told, shown)
        ),
        kinds=KINDS,
        shown=shown,
        money=_money(known),
        evidence=tuple(
            _proof(each, accounts, calendar) for each in profile.evidence_of(person, known=about)
        ),
        accounts=tuple(accounts.values()),
        consent=_consent_said(consent),
        can_contact=consent != "consent.withdrawn",
        complaint=_complains(moments),
        seen_by=tuple(_seen(person)),
        marked=marked,
        notes=tuple(private_notes.seen_by(user, person)),
        ties=_ties(person),
        came_from=came_from.said(person),
        days=day_pages.lines(days.of(about), on),
        day_names=day_pages.CHOICES,
    )


def _standing(person: int) -> dict[str, Any]:
    rows = people.standing([person])
    return rows[0] if rows else {}


def _rhythm(known: dict[str, Any]) -> str:
    return phrases.rhythm(
        cycle=known.get("cycle"),
        basis=known.get("basis"),
        days_since=known.get("days_since"),
        occasions=known.get("occasions"),
    )


def _links(person: int, accounts: dict[int, Any]) -> tuple[str, ...]:
    with state.current().reading("links") as read:
        asked = read.register("asked", pa.table({"person": pa.array([person], pa.int64())}))
        links = read.table("links").semi_join(asked, "person")
        live = links.filter(links.ended_at.isnull())
        rows = read.run(live.select("account_id").distinct()).to_pylist()
    return tuple(
        _("linked · %(account)s") % {"account": accounts[row["account_id"]].name}
        for row in rows
        if row["account_id"] in accounts
    )


def _strip(
    known: dict[str, Any], moments: list[profile.Moment], on: date, calendar: ShopCalendar
) -> Strip | None:
    bought = [_day(each, calendar) for each in moments if each.type == "order.paid"]
    bought = [day for day in bought if day <= on]
    due_on = known.get("due_on")
    # Months past their day nobody is "due" any more; the line would say something false.
    if due_on and known.get("ratio") and known["ratio"] > 3:
        due_on = None
    words = StripWords(
        today=_("today"),
        due=_("due"),
        said=_rhythm(known),
        days={day: shop_day(day, on) for day in bought},
    )
    return drawing.strip(bought, due_on=due_on, today=on, words=words)


def _next_words(person: int, on: date, now: datetime) -> tuple[Card | None, str]:
    """The card of today's list, or why there is none."""
    listed = autopilot.listing(on, now)
    mine = next((each for each in listed.cards if each.person == person), None)
    if mine is not None:
        return today_page.card(mine, SYMBOLS.get(listed.currency, listed.currency)), ""
    decided = Decision.objects.filter(on=on, person=person, is_main=True).first()
    if decided is not None and decided.kind != DecisionKind.ALLOW.value:
        return None, rule_sentence(today_page.Rule(decided.rule))
    return None, _("Nothing to say today: their day has not come.")


def _as_spoken(moments: Sequence[profile.Moment]) -> list[profile.Moment]:
    """Goods as people say them, where somebody said how; else as the listing calls them."""
    called = goods.spoken_of(title for each in moments for title in each.titles)
    return [
        replace(
            each, titles=tuple(dict.fromkeys(called.get(title, title) for title in each.titles))
        )
        if called
        else each
        for each in moments
    ]


def _moment(each: profile.Moment, calendar: ShopCalendar) -> Moment | None:
    day = _day(each, calendar)
    if each.order_key is not None:
        return Moment(day, _order_said(each), _amount(each), "orders")
    if each.type == "message.out" and (each.props or {}).get("how") == "copied":
        return Moment(day, _("You copied words for them"), "", "contact")
    if each.type in CONTACT:
        return Moment(day, str(CONTACT[each.type]), _amount(each), "contact")
    if each.type in SERVICE:
        return Moment(day, str(SERVICE[each.type]), "", "service")
    return None


def _order_said(each: profile.Moment) -> str:
    bought = _goods(each.titles) if each.titles else _("Order")
    if each.quantity and each.quantity > 1 and len(each.titles) <= MOST_TITLES:
        bought = _("%(goods)s × %(count)d") % {"goods": bought, "count": round(each.quantity)}
    if each.type == "order.closed":
        return _("%(goods)s (closed)") % {"goods": bought}
    if each.type == "order.created":
        return _("%(goods)s (not paid)") % {"goods": bought}
    if each.refunded and each.amount is not None and each.refunded >= each.amount:
        return _("%(goods)s (refunded)") % {"goods": bought}
    return bought


def _goods(titles: Sequence[str]) -> str:
    """What is on an order; of a long one the first few, and how many others there are."""
    named = _(", ").join(titles[:MOST_TITLES])
    rest = len(titles) - MOST_TITLES
    if rest <= 0:
        return named
    said = ngettext("%(goods)s and %(count)d more", "%(goods)s and %(count)d more", rest)
    return said % {"goods": named, "count": rest}


def _amount(each: profile.Moment) -> str:
    if each.amount is None:
        return ""
    currency = each.currency or queries.the_shop().currency
    return spoken(each.amount - each.refunded, currency)


def _wanted(told: Moment, shown: str) -> bool:
    return not shown or told.kind == shown


def _money(known: dict[str, Any]) -> tuple[Told, ...]:
    if not known:
        return ()
    currency = state.current().currency
    told = [
        Told(_("Last 365 days"), spoken(known["net_365"], currency)),
        Told(_("In all"), spoken(known["net_total"], currency)),
    ]
    if known.get("first_on"):
        told.append(Told(_("First bought"), long_day(known["first_on"])))
    return tuple(told)


def _proof(each: Evidence, accounts: dict[int, Any], calendar: ShopCalendar) -> Proof:
    said = {
        Says.PHONE: _("the same phone, %(value)s"),
        Says.ORDER: _("order number %(value)s stands in the contact"),
        Says.EMAIL: _("the same e-mail, %(value)s"),
        Says.DEVICE: _("signed in on the same device"),
        Says.ALIAS: _("the site or app says: the same user"),
        Says.UNIONID: _("the same WeChat user"),
        Says.OPENID: _("the same WeChat user"),
        Says.EXTERNAL: _("the same WeCom contact"),
        Says.CLAIM: _("their claim word stands in the contact"),
        Says.ADDRESS: _("the same address"),
        Says.JOINED: _("you said: one person"),
        Says.APART: _("you said: two people"),
        Says.HAVE: _("you have them in %(account)s"),
    }[each.says]
    account = accounts.get(each.account_id) if each.account_id else None
    text = said % {"value": each.value or "…", "account": account.name if account else "…"}
    if each.quarantined:
        text = _("%(proof)s (seen with several buyers, so it joins nobody)") % {"proof": text}
    elif not each.holds and each.says not in (Says.JOINED, Says.APART, Says.HAVE):
        text = _("%(proof)s (taken apart)") % {"proof": text}
    can_split = each.holds and each.other is not None and each.undo is None
    return Proof(
        text,
        _origin_said(each, calendar),
        reverse("import-report", args=[each.import_id]) if each.import_id is not None else "",
        f"{each.subject}:{each.other}" if can_split else "",
        str(each.undo) if each.undo else "",
    )


def _origin_said(each: Evidence, calendar: ShopCalendar) -> str:
    day = long_day(calendar.day_of(each.at))
    if each.origin is Origin.FILE and each.import_id is not None:
        file = reports.title(imports.one(each.import_id))
        return _("The file “%(file)s” says so, read on %(day)s.") % {"file": file, "day": day}
    if each.origin is Origin.TAP:
        return _("You said so here, on %(day)s.") % {"day": day}
    return _("A connected program said so, on %(day)s.") % {"day": day}


def _consent_said(consent: str) -> str:
    if consent == "consent.withdrawn":
        return _("They do not want to be contacted. Nobody here will suggest it.")
    if consent == "consent.reduced":
        return _("They asked for less: they hear from you a quarter as often.")
    return _("They may be contacted.")


def _complains(moments: list[profile.Moment]) -> bool:
    last = next((m.type for m in moments if m.type.startswith("complaint.")), "")
    return last == "complaint.opened"


def _seen(person: int) -> list[str]:
    return [
        _("%(who)s %(act)s this, %(when)s")
        % {
            "who": queries.user_named(entry.user_id) or _("somebody at the computer"),
            "act": AUDIT_WORDS[AuditAct(entry.act)],
            "when": moment(entry.at),
        }
        for entry in audit.seen_by(person)
    ]


def _ties(person: int) -> tuple[Tied, ...]:
    """Who belongs to them, by name; each leads to the other's page."""
    found = ties.of(person)
    called = names.display([each.person for each in found]) if found else {}
    return tuple(
        Tied(
            each.id,
            each.person,
            people.name_of(called, each.person),
            str(ties.KIND_WORDS[each.kind]),
            each.words,
        )
        for each in found
    )


def _day(each: profile.Moment, calendar: ShopCalendar) -> date:
    if each.date_only:
        # A bare date is stored as the start of its own shop day; an hour keeps clear of the edge.
        return calendar.day_of(each.at + timedelta(hours=1))
    return calendar.day_of(each.at)


def href(person: int) -> str:
    return reverse("person", args=[person])
