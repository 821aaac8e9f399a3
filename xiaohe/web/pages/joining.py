"""Questions about who is who, and contradictions, in the words of the page."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import pyarrow as pa
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from xiaohe.ledger import engine
from xiaohe.people import conflicts, identifiers, likely, names
from xiaohe.people import overlay as overlays
from xiaohe.people.conflicts import Contradiction
from xiaohe.people.joined.rule import Reason
from xiaohe.people.keys import Kind
from xiaohe.people.likely import Question, table
from xiaohe.people.likely.questions import WHY
from xiaohe.shop import clock, queries, taxonomy
from xiaohe.traits import state
from xiaohe.web.pages import people

TEMPLATE = "web/joining/questions.html"
# Somebody we reach already is worth less to recognise once more.
LINKED_WORTH = 0.2
LATELY = 10
# One page of pairs of two platforms: as many as somebody looks at before they say “all of these”.
MOST_ACROSS = 20
ANSWERS = {
    "identity.merged": gettext_lazy("You said: one person"),
    "identity.unmerged": gettext_lazy("You said: two people"),
    "identity.left_open": gettext_lazy("You did not know"),
}
BECAUSE = {
    "name1": gettext_lazy("the same surname"),
    "name2": gettext_lazy("a name that fits"),
    "name3": gettext_lazy("the same name"),
    "member1": gettext_lazy("part of the member name"),
    "member2": gettext_lazy("the member name"),
    "city1": gettext_lazy("the same city"),
    "phone1": gettext_lazy("the last digits of the phone"),
    "phone2": gettext_lazy("the digits of the phone that are shown"),
    "date1": gettext_lazy("added within a month of an order"),
    "date2": gettext_lazy("added within days of an order"),
    "date3": gettext_lazy("added on the day of an order"),
    "amount1": gettext_lazy("the amount you noted"),
    "goods1": gettext_lazy("bought what you noted"),
    "shared1": gettext_lazy("the same phone"),
    "shared2": gettext_lazy("the same phone"),
    "shared3": gettext_lazy("the same name at the same address"),
}
KINDS = {
    "phone": gettext_lazy("the phone %(value)s"),
    "email": gettext_lazy("the e-mail %(value)s"),
    "order_no": gettext_lazy("the order number %(value)s"),
    "claim": gettext_lazy("the claim word %(value)s"),
    "unionid": gettext_lazy("one WeChat user"),
    "openid": gettext_lazy("one WeChat user"),
    "external_userid": gettext_lazy("one WeCom contact"),
    "device": gettext_lazy("one device"),
    "alias": gettext_lazy("the word of a site or an app"),
}
PHONES = frozenset({"phone", "device_phone"})


@dataclass(frozen=True)
class Card:
    """One question: the contact, or the buyer on the other platform, in quotes; the buyer below."""

    id: str
    asks: str
    contact: int
    buyer: int
    called: str
    told: tuple[str, ...]
    because: str


@dataclass(frozen=True)
class Side:
    """A buyer of one platform, as parcels and the platform call them."""

    person: int
    called: str
    where: str
    told: tuple[str, ...]


@dataclass(frozen=True)
class Across:
    """One person on two platforms, rather than not: to be said with one tap."""

    id: str
    sides: tuple[Side, Side]
    because: str


@dataclass(frozen=True)
class Asked:
    """What the fragment shows: the next question and where it stands, or that there is none."""

    card: Card | None
    number: int
    most: int
    headline: str
    rest: str = ""


@dataclass(frozen=True)
class Said:
    """An answer given lately, and the fact to take back."""

    text: str
    contact: int
    contact_name: str
    buyer: int
    buyer_name: str
    fact: int


@dataclass(frozen=True)
class Clash:
    """One contradiction of the merge queue."""

    id: str
    says: str
    persons: tuple[people.Line, ...]
    evidence: tuple[str, ...]
    void: str


def first_questions() -> tuple[str, dict[str, Any]] | None:
    """The fragment for the first-run page: its template and what it takes; None while nothing is to be asked."""
    shown = asked(clock.now())
    return (TEMPLATE, {"asked": shown, "more": False}) if shown.card else None


def asked(now: datetime, *, more: bool = False) -> Asked:
    """The question worth most now, of at most five a day; `more`: five more although they were asked."""
    done = len(_answered(now, since=queries.calendar().start_of(queries.calendar().day_of(now))))
    most = likely.AT_MOST * (1 + done // likely.AT_MOST) if more else likely.AT_MOST
    left = max(most - done, 0)
    found = likely.questions(now, max(left, 1), values=worth)
    if not found:
        return Asked(None, done, most, _nothing(done))
    if not left:
        return Asked(None, done, most, _thanks(done), _("Five more"))
    number = done % likely.AT_MOST
    within = min(likely.AT_MOST, number + len(found))
    headline = ngettext(
        "%(count)d question: its answer may recognise somebody.",
        "%(count)d questions: each answer may recognise somebody.",
        len(found),
    )
    return Asked(_card(found[0]), number + 1, within, headline % {"count": len(found)})


def _nothing(done: int) -> str:
    if done:
        return _thanks(done)
    return _("Nothing to ask: whoever can be recognised has been.")


def _thanks(done: int) -> str:
    said = ngettext(
        "Thank you: %(count)d answer today.", "Thank you: %(count)d answers today.", done
    )
    return said % {"count": done}


def worth(persons: Sequence[int]) -> dict[int, float]:
    """What it is worth to recognise each buyer: what they brought in a year, or else would bring with an order."""
    with state.current().reading("rhythm") as read:
        wanted = read.register("asked", pa.table({"person": pa.array(persons, pa.int64())}))
        rhythm = read.table("rhythm").semi_join(wanted, "person")
        rows = read.run(rhythm.select("person", "net_365", "value", "linked")).to_pylist()
    return {
        row["person"]: float(max(row["net_365"] or 0, row["value"] or 0, 1))
        * (LINKED_WORTH if row["linked"] else 1)
        for row in rows
    }


def across() -> tuple[tuple[Across, ...], int]:
    """Buyers of two platforms who are rather one person, those worth most first; and how many there are in all."""
    found, total = likely.across_platforms(MOST_ACROSS, values=worth)
    sides = _sides([person for each in found for person in (each.left, each.right)])
    return tuple(
        Across(each.id, (sides[each.left], sides[each.right]), because(each.because))
        for each in found
    ), total


def _sides(persons: Sequence[int]) -> dict[int, Side]:
    """Buyers as parcels call them, with where and how often they bought."""
    with state.current().reading("orders") as read:
        asked = read.register("asked", pa.table({"person": pa.array(persons, pa.int64())}))
        theirs = read.table("orders").semi_join(asked, "person").select("person", "platform")
        rows = read.run(theirs.distinct().order_by("person", "platform")).to_pylist()
    where: dict[int, list[str]] = {}
    for row in rows:
        where.setdefault(row["person"], []).append(taxonomy.platform_name(row["platform"] or ""))
    times = {row["person"]: row["occasions"] for row in people.standing(persons)}
    sides = {}
    for person in persons:
        called, member = _of_buyer(overlays.current().subjects(person))
        on = _(", ").join(where.get(person, []))
        told = (member, on, _city(person), _times(times.get(person, 0)))
        sides[person] = Side(person, called, on, tuple(filter(None, told)))
    return sides


def _card(found: Question) -> Card:
    if found.between == table.PLATFORMS:
        sides = _sides([found.left, found.right])
        left, right = sides[found.left], sides[found.right]
        quoted = {"name": left.called, "where": left.where}
        asks = _("Is “%(name)s” of %(where)s this person, too?") % quoted
        return Card(
            id=found.id,
            asks=asks,
            contact=left.person,
            buyer=right.person,
            called=right.called,
            told=right.told,
            because=because(found.because),
        )
    hint = _hint(found.left)
    called, member = _of_buyer(overlays.current().subjects(found.right))
    quoted = {"name": hint[1]}
    asks = _("Is the remark “%(name)s” this person?") % quoted
    if hint[0] != Kind.REMARK:
        asks = _("Is the contact “%(name)s” this person?") % quoted
    return Card(
        id=found.id,
        asks=asks,
        contact=found.left,
        buyer=found.right,
        called=called,
        told=tuple(filter(None, (member, _city(found.right), _bought(found.right)))),
        because=because(found.because),
    )


def because(codes: Sequence[str]) -> str:
    known = [str(BECAUSE[code]) for code in codes if code in BECAUSE]
    return _(", ").join(known)


def _hint(contact: int) -> tuple[Kind, str]:
    """What our chat list calls them: the remark with what it holds, else the contact's name."""
    subjects = overlays.current().subjects(contact)
    values = [v for each in identifiers.values_of(subjects).values() for v in each]
    for kind in (Kind.REMARK, Kind.CONTACT, Kind.DESCRIPTION):
        shown = [value.text for value in values if value.kind == kind]
        if shown:
            return kind, shown[0]
    return Kind.CONTACT, people.name_of(names.display([contact]), contact)


def _of_buyer(subjects: Sequence[int]) -> tuple[str, str]:
    """What parcels and the platform call them: the receiver, masked as it may be, and the member name beside."""
    kinds = [Kind.RECEIVER, Kind.MEMBER, Kind.CUSTOMER]
    values = identifiers.values_of(subjects, kinds).values()
    told = [(value.kind, names.plain(value)) for each in values for value in each]
    receiver = next((text for kind, text in told if kind is Kind.RECEIVER), "")
    member = next((text for kind, text in told if kind is not Kind.RECEIVER), "")
    if receiver:
        return receiver, member
    return member or people.name_of(names.display(subjects[:1]), subjects[0]), ""


def _city(person: int) -> str:
    subjects = overlays.current().subjects(person)
    values = identifiers.values_of(subjects, [Kind.CITY])
    return next((value.text for each in values.values() for value in each), "")


def _bought(person: int) -> str:
    rows = people.standing([person])
    return _times(rows[0]["occasions"] if rows else 0)


def _times(times: int) -> str:
    if not times:
        return ""
    said = ngettext("bought %(count)d time", "bought %(count)d times", times)
    return said % {"count": times}


# ---------------------------------------------------------------- what was answered


def lately(now: datetime) -> tuple[Said, ...]:
    """The latest answers, newest first, each to be taken back."""
    facts = _answered(now)[-LATELY:][::-1]
    ends = [fact[end] for fact in facts for end in ("subject", "other")]
    overlay = overlays.current()
    called = names.display(ends, overlay)
    # Of two who are one person by now, the contact is still called what the chat list says.
    return tuple(
        Said(
            str(ANSWERS[fact["type"]]),
            fact["subject"],
            _hint_of(fact["subject"], called),
            fact["other"],
            _of_buyer([fact["other"]])[0],
            fact["key_hash"],
        )
        for fact in facts
    )


def _hint_of(subject: int, called: dict[int, Any]) -> str:
    values = identifiers.values_of([subject], [Kind.REMARK, Kind.CONTACT]).get(subject, [])
    by_kind = sorted(values, key=lambda value: value.kind != Kind.REMARK)
    return by_kind[0].text if by_kind else people.name_of(called, subject)


def _answered(now: datetime, *, since: datetime | None = None) -> list[dict[str, Any]]:
    """Answers to questions that count, oldest first."""
    with engine.reading() as read:
        facts = read.facts
        said = facts.filter(facts.type.isin(list(ANSWERS)), facts.source == "xiaohe")
        if since is not None:
            said = said.filter(said.recorded_at >= since)
        rows = read.run(said.order_by("recorded_at", "key_hash")).to_pylist()
    return [row for row in rows if json.loads(row["props"] or "{}").get("why") == WHY]


def is_preset() -> bool:
    """Whether the chances shown rest on presets, because the shop's own pairs are too few."""
    found = table.current()
    return bool(found and found.about["model"]["preset"])


# ---------------------------------------------------------------- the merge queue


def clashes() -> tuple[tuple[Clash, ...], int]:
    """Contradictions to be decided, and how many there are in all."""
    found, total = conflicts.waiting()
    return tuple(_clash(each) for each in found), total


def _clash(each: Contradiction) -> Clash:
    known = {row["person"]: row for row in people.standing(each.persons)}
    rows = [known.get(person, {"person": person}) for person in each.persons]
    if each.reason is Reason.ONE_ORDER:
        says = _("Several contacts name the same order.")
    else:
        says = _("Something says they are one person, and something else says they are not.")
    told = dict.fromkeys(_held(held.kind, held.value) for held in each.evidence)
    kinds = {held.kind for held in each.evidence}
    void = _("This phone does not count") if kinds <= PHONES else _("This does not count")
    return Clash(each.id, says, people.lines(rows), tuple(told), void)


def _held(kind: str, value: str | None) -> str:
    kind = kind.removeprefix("device_")
    text = str(KINDS[kind]) if kind in KINDS else kind
    return text % {"value": value or "…"} if "%(value)s" in text else text
