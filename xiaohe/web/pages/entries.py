"""Codes and claims as the owner reads them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.entries import cards, claims, codes, kinds, notices, publicly, queries, settling, words
from xiaohe.entries.models import Claim, ClaimState, Code, Gift
from xiaohe.entries.paper import codes as qr
from xiaohe.entries.paper.sheets import LAYOUTS, Paper
from xiaohe.entries.queries import Funnel, What
from xiaohe.kernel.money import spoken
from xiaohe.people import keys, names
from xiaohe.shop import accounts, stores, taxonomy, team
from xiaohe.shop.queries import the_shop
from xiaohe.shop.taxonomy import Entry
from xiaohe.web.pages.models import Figure

SHOWN = 50
KIND_ICONS = {
    Entry.PARCEL_CARD: "package",
    Entry.STORE_CODE: "building-store",
    Entry.TABLE_CODE: "file-spreadsheet",
    Entry.STAFF_CODE: "users",
}
PAPER_LABELS = {
    Paper.CARD: gettext_lazy("Ten cards on A4"),
    Paper.BADGE: gettext_lazy("Ten staff cards on A4"),
    Paper.STAND_A6: gettext_lazy("A stand, A6"),
    Paper.STAND_A5: gettext_lazy("A stand, A5"),
}


@dataclass(frozen=True)
class KindChoice:
    entry: str
    label: str
    icon: str


@dataclass(frozen=True)
class CodeLine:
    code: str
    name: str
    kind: str
    said: str
    is_retired: bool


@dataclass(frozen=True)
class EntriesPage:
    sentence: str
    under: str
    kinds: tuple[KindChoice, ...]
    lines: tuple[CodeLine, ...]
    waiting: int
    reachable: bool


@dataclass(frozen=True)
class Choice:
    value: str
    label: str


@dataclass(frozen=True)
class CodePage:
    code: Code
    sentence: str
    kind: str
    figures: tuple[Figure, ...]
    address: str
    svg: str
    notices: tuple[str, ...]
    papers: tuple[Choice, ...]
    paper: str
    cards: int
    gifts: tuple[Choice, ...]
    platforms: tuple[Choice, ...]
    accounts: tuple[Choice, ...]
    unprintable: str
    reachable: bool
    is_open: bool
    parcels: int
    today: date
    # Offered while typing; any other name may be typed, too.
    stores: tuple[str, ...] = ()
    staff: tuple[str, ...] = ()


@dataclass(frozen=True)
class ClaimLine:
    id: int
    number: str
    word: str
    when: datetime
    source: str
    verdict: str
    is_good: bool
    who: str = ""
    person: int | None = None
    state: str = ""
    can_undo: bool = False


@dataclass(frozen=True)
class ClaimsPage:
    sentence: str
    waiting: tuple[ClaimLine, ...]
    settled: tuple[ClaimLine, ...]
    more: int


@dataclass(frozen=True)
class WhoPage:
    line: ClaimLine
    query: str
    people: tuple[Any, ...]


# ---------------------------------------------------------------- codes


def listing(now: datetime) -> EntriesPage:
    funnels = queries.funnels()
    all_codes = codes.listing()
    waiting = Claim.objects.filter(state=ClaimState.WAITING.value).count()
    return EntriesPage(
        sentence=_sentence(all_codes, funnels),
        under=_("Print a code, put it in the parcel or on the table, and see who came by it."),
        kinds=tuple(
            KindChoice(entry.value, str(each.label), KIND_ICONS[entry])
            for entry, each in kinds.KINDS.items()
        ),
        lines=tuple(_line(each, funnels.get(each.code, Funnel())) for each in all_codes),
        waiting=waiting,
        reachable=publicly.is_reachable(publicly.url()),
    )


def one(code: str, here: str, today: date) -> CodePage:
    """Everything about one code; `here` is where the console is, for want of a public address."""
    found = codes.one(code)
    funnel = queries.funnels().get(code, Funnel())
    address = cards.address_of(found, here)
    paper = cards.PAPER_OF[Entry(found.entry)]
    return CodePage(
        code=found,
        sentence=_said_of(found, funnel),
        kind=str(kinds.KINDS[Entry(found.entry)].label),
        figures=_figures(found, funnel),
        address=address,
        svg=qr.svg(address),
        notices=tuple(notices.notices(found.entry, found.platform)),
        papers=tuple(Choice(each.value, str(PAPER_LABELS[each])) for each in Paper),
        paper=paper.value,
        cards=LAYOUTS[paper].on_a_page,
        gifts=tuple(Choice(each.value, str(kinds.GIFT_LABELS[each])) for each in Gift),
        platforms=_platforms(found.platform),
        accounts=tuple(Choice(str(each.pk), each.name) for each in accounts.register()),
        unprintable=cards.unprintable(found),
        reachable=publicly.is_reachable(address),
        is_open=codes.is_open(found, today),
        parcels=cards.parcels(found.platform, today - timedelta(days=1)),
        today=today,
        stores=tuple(each.name for each in stores.all_stores()),
        staff=tuple(each.name for each in team.everybody()),
    )


def _sentence(all_codes: list[Code], funnels: dict[str, Funnel]) -> str:
    if not all_codes:
        return _("No code yet. Which one shall be the first?")
    scanned = sum(each.scanned for each in funnels.values())
    added = sum(each.added for each in funnels.values())
    if not scanned:
        return ngettext(
            "%(count)d code, and nobody has scanned it yet.",
            "%(count)d codes, and nobody has scanned one yet.",
            len(all_codes),
        ) % {"count": len(all_codes)}
    if not added:
        return ngettext(
            "%(count)d scanned; who of them added you is not known yet.",
            "%(count)d scanned; who of them added you is not known yet.",
            scanned,
        ) % {"count": scanned}
    return _("%(scanned)s scanned, %(added)s of them are known to have been added.") % {
        "scanned": f"{scanned:,}",
        "added": f"{added:,}",
    }


def _line(code: Code, funnel: Funnel) -> CodeLine:
    told = [
        _("%(count)s printed") % {"count": f"{funnel.printed:,}"} if funnel.printed else "",
        _("%(count)s sent") % {"count": f"{funnel.shipped:,}"} if funnel.shipped else "",
        _("%(count)s scanned") % {"count": f"{funnel.scanned:,}"} if funnel.scanned else "",
        _("%(count)s added") % {"count": f"{funnel.added:,}"} if funnel.added else "",
    ]
    return CodeLine(
        code=code.code,
        name=code.name,
        kind=str(kinds.KINDS[Entry(code.entry)].label),
        said=" · ".join(filter(None, told)) or _("not printed yet"),
        is_retired=code.retired_at is not None,
    )


def _said_of(code: Code, funnel: Funnel) -> str:
    if code.retired_at is not None:
        return _("%(name)s is retired; what it brought stays.") % {"name": code.name}
    if not funnel.scanned:
        return _("Nobody has scanned “%(name)s” yet.") % {"name": code.name}
    if not funnel.added:
        return _("%(scanned)s scanned “%(name)s”; who added you is not known yet.") % {
            "name": code.name,
            "scanned": f"{funnel.scanned:,}",
        }
    return _("“%(name)s”: %(scanned)s scanned, %(added)s added.") % {
        "name": code.name,
        "scanned": f"{funnel.scanned:,}",
        "added": f"{funnel.added:,}",
    }


def _figures(code: Code, funnel: Funnel) -> tuple[Figure, ...]:
    def behind(what: What, count: int) -> str:
        return f"{code.code}/{what.value}" if count else ""

    figures = [
        Figure(_("printed"), f"{funnel.printed:,}"),
        Figure(_("sent"), f"{funnel.shipped:,}") if funnel.shipped else Figure(_("sent"), missing=_("not noted")),
        Figure(_("scanned"), f"{funnel.scanned:,}", few=0 < funnel.scanned < 30),
        Figure(_("order numbers"), f"{funnel.claimed:,}", behind(What.CLAIMED, funnel.joined)),
        Figure(_("added"), f"{funnel.added:,}", behind(What.ADDED, funnel.added)),
        Figure(_("bought again"), f"{funnel.again:,}", behind(What.AGAIN, funnel.again)),
    ]  # fmt: skip
    if funnel.cost_per_add is not None:
        amount = spoken(funnel.cost_per_add, the_shop().currency)
        figures.append(Figure(_("cost per add"), amount, few=funnel.added < 30))
    return tuple(figures)


def _platforms(chosen: str) -> tuple[Choice, ...]:
    known = {*keys.platforms(), chosen} - {"", "xiaohe", "wecom"}
    shops = [
        each.id
        for each in taxonomy.PLATFORMS.values()
        if each.type
        in (
            taxonomy.SourceType.ECOMMERCE,
            taxonomy.SourceType.FEED,
            taxonomy.SourceType.SHORT_VIDEO,
            taxonomy.SourceType.LOCAL,
            taxonomy.SourceType.WECHAT,
        )
        and each.id != "wecom"
    ]
    ordered = dict.fromkeys([*sorted(known), *shops])
    return tuple(Choice(each, taxonomy.platform_name(each)) for each in ordered)


# ---------------------------------------------------------------- claims


def claimed() -> ClaimsPage:
    """Waiting claims first; numbers in plain, for the owner alone."""
    wanted = Claim.objects.filter(state=ClaimState.WAITING.value)
    total = wanted.count()
    # Those whose order is known first: there somebody may be handed something.
    waiting = sorted(
        wanted.order_by("-made_at")[: SHOWN * 4], key=lambda each: each.order_key is None
    )[:SHOWN]
    settled = Claim.objects.exclude(state=ClaimState.WAITING.value).order_by("-settled_at")[:10]
    return ClaimsPage(
        sentence=_claims_sentence(total, sum(each.order_key is not None for each in waiting)),
        waiting=_claim_lines(list(waiting)),
        settled=_claim_lines(list(settled)),
        more=max(0, total - len(waiting)),
    )


def who(number: int, query: str, people: tuple[Any, ...]) -> WhoPage:
    return WhoPage(line=_claim_lines([settling.one(number)])[0], query=query, people=people)


def _claims_sentence(total: int, found: int) -> str:
    if not total:
        return _("Nobody waits. Order numbers that customers give on your cards stand here.")
    if not found:
        return ngettext(
            "%(count)d order number waits; its order is not in your files yet.",
            "%(count)d order numbers wait; their orders are not in your files yet.",
            total,
        ) % {"count": total}
    return ngettext(
        "%(count)d order number is right. Has its word come in the chat?",
        "%(count)d order numbers are right. Have their words come in the chat?",
        found,
    ) % {"count": found}


def _claim_lines(listed: list[Claim]) -> tuple[ClaimLine, ...]:
    others = settling.claimed_by_others(listed)
    named = {each.pk: each for each in Code.objects.defer("picture")}
    persons = {each.contact for each in listed if each.contact is not None}
    called = names.display(persons)
    lines = []
    for each in listed:
        code = named.get(each.code_id)
        shown = called.get(each.contact) if each.contact is not None else None
        verdict, is_good = _verdict(each, others[each.pk])
        lines.append(
            ClaimLine(
                id=each.pk,
                number=claims.number_of(each),
                word=words.said(each.word),
                when=each.made_at,
                source=code.name if code else "",
                verdict=verdict,
                is_good=is_good,
                who=shown.name if shown else "",
                person=each.contact,
                state=each.state,
                can_undo=each.state != ClaimState.WAITING.value,
            )
        )
    return tuple(lines)


def _verdict(claim: Claim, others: int) -> tuple[str, bool]:
    if claim.order_key is None:
        said = _("no such order in your files yet")
    else:
        said = _("the number is right")
    if not others:
        return said, claim.order_key is not None
    too = _("somebody else gave this number too")
    return f"{said} · {too}", False
