"""Sheets made and cards sent: each a fact with how many, so that the funnel of a code begins where the money is spent."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlsplit

import ibis
from django.utils.translation import gettext, override
from django.utils.translation import gettext_lazy as _

from xiaohe.entries import codes, publicly
from xiaohe.entries.models import Code
from xiaohe.entries.paper import sheets, type
from xiaohe.entries.paper.faces import Face
from xiaohe.entries.paper.sheets import LAYOUTS, MOST_PAGES, Paper
from xiaohe.entries.scans import SOURCE
from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.ledger import engine, stream
from xiaohe.ledger.stream import Fact
from xiaohe.shop.queries import calendar, the_shop
from xiaohe.shop.taxonomy import Entry

MOST_SHIPPED = 1_000_000
NOBODY = 0
PAPER_OF = {
    Entry.PARCEL_CARD: Paper.CARD,
    Entry.STORE_CODE: Paper.STAND_A5,
    Entry.TABLE_CODE: Paper.STAND_A6,
    Entry.STAFF_CODE: Paper.BADGE,
}


@dataclass(frozen=True)
class Sheet:
    """A PDF, how many cards are on it, and the fact that says so (None for a proof, which nobody may be given)."""

    pdf: bytes
    cards: int
    fact: int | None


def address_of(code: Code, fallback: str = "") -> str:
    """What the QR code holds: the public address, else where the console is."""
    return f"{publicly.url() or fallback.rstrip('/')}/c/{code.code}"


def sheet(
    code: Code, now: datetime, *, paper: Paper | None = None, count: int = 10, fallback: str = ""
) -> Sheet:
    """Make a sheet and note it as printed; without a public address it is a proof, which counts for nothing."""
    if code.retired_at is not None:
        raise Conflict("retired", _("This code is retired. Bring it back before you print it."))
    paper = paper or PAPER_OF[Entry(code.entry)]
    layout = LAYOUTS[paper]
    if not 1 <= count <= MOST_PAGES * layout.on_a_page:
        raise BadInput(
            "bad_count",
            _("One file holds from 1 to %(most)d."),
            most=MOST_PAGES * layout.on_a_page,
        )
    address = address_of(code, fallback)
    is_proof = not publicly.is_reachable(address)
    cards = sheets.pages_for(paper, count) * layout.on_a_page
    pdf = sheets.made(paper, face_of(code, address, is_proof=is_proof), count)
    if is_proof:
        return Sheet(pdf, cards, None)
    fact = _fact("card.printed", code, cards, now, paper=_PAPER_SAID[paper])
    stream.record([fact], now)
    return Sheet(pdf, cards, stream.key_hash(fact))


def shipped(code: Code, count: int, on: date, now: datetime) -> int:
    """Note that so many cards left on a shop day; the fact, for taking it back."""
    if not 1 <= count <= MOST_SHIPPED:
        raise BadInput("bad_count", _("One file holds from 1 to %(most)d."), most=MOST_SHIPPED)
    days = calendar()
    if on > days.day_of(now):
        raise BadInput("future_day", _("This day has not come yet."))
    fact = _fact("card.shipped", code, count, days.start_of(on), date_only=True)
    stream.record([fact], now)
    return stream.key_hash(fact)


def parcels(platform: str, on: date) -> int:
    """How many orders of a platform left on a shop day, as its own files say: as many cards as were sent, if each had one."""
    if not platform:
        return 0
    days = calendar()
    start, end = days.start_of(on), days.start_of(date.fromordinal(on.toordinal() + 1))
    with engine.reading() as read:
        facts = read.facts
        left = facts.filter(
            facts.type == "order.shipped",
            facts.source == platform,
            facts.occurred_at >= ibis.literal(start),
            facts.occurred_at < ibis.literal(end),
        )
        return int(read.scalar(left.aggregate(n=left.order_key.nunique())) or 0)


def face_of(code: Code, address: str, *, is_proof: bool = False) -> Face:
    """The words on a card, in the shop's own language."""
    shop = the_shop()
    with override(shop.language):
        account = gettext("WeChat: %(account)s") % {"account": code.account_said}
        proof = gettext("PROOF")
    parts = urlsplit(address)
    named = code.entry in (Entry.STAFF_CODE, Entry.TABLE_CODE)
    return Face(
        address=address,
        typed=f"{parts.netloc}{parts.path}",
        sentence=code.offer,
        shop=shop.name,
        name=(code.staff or code.name) if named else "",
        account=account if code.account_said else "",
        is_proof=is_proof,
        proof=proof,
    )


def unprintable(code: Code) -> str:
    """Characters on the card that the font inside the sheet does not have."""
    face = face_of(code, address_of(code))
    return type.unprintable(face.sentence + face.shop + face.name + face.account)


_PAPER_SAID = {
    Paper.CARD: "card",
    Paper.BADGE: "badge",
    Paper.STAND_A6: "stand",
    Paper.STAND_A5: "stand",
}


def _fact(
    kind: str, code: Code, count: int, at: datetime, *, paper: str = "", date_only: bool = False
) -> Fact:
    props = codes.source_props(code)
    if paper:
        props["paper"] = paper
    return Fact(
        source=SOURCE,
        key=f"{kind}:{code.code}:{uuid.uuid4().hex}",
        type=kind,
        occurred_at=at,
        date_only=date_only,
        subject=NOBODY,
        quantity=float(count),
        props=props,
    )
