"""Files on their way in: where each one stands, and the page that says what was read."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from urllib.parse import urlencode

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from xiaohe import jobs
from xiaohe.jobs import JobState
from xiaohe.kernel.errors import NotFound
from xiaohe.ledger import imports
from xiaohe.ledger import store as ledger_store
from xiaohe.ledger.models import ImportState
from xiaohe.measures.registry import measure
from xiaohe.measures.result import NotYet
from xiaohe.shop import taxonomy
from xiaohe.sources.mapping import NO_PLATFORM, Mapping
from xiaohe.traits import state
from xiaohe.traits.state import State
from xiaohe.web import reading, spool
from xiaohe.web.pages import data, first_lines, lacking, reports, unmatched
from xiaohe.web.pages.first_lines import Poor
from xiaohe.web.pages.models import (
    Action,
    Choice,
    ColumnChoice,
    FileOnItsWay,
    Read,
    Reading,
    ToldCard,
    ToldLine,
)
from xiaohe.web.templatetags.xiaohe import grouped

# The fields a person is asked to confirm; the rest of a mapping is seldom wrong.
ASKED = ("time", "buyer", "order_no", "amount", "quantity", "unit_price", "item")
# Platforms a person may name for a table whose headings nobody knows.
NAMED_PLATFORMS = ("meituan", "eleme", "pos", "youzan", "jd", "weibo")
WEEK = timedelta(days=7)
BEST = 50
SLIPPING_RATIO = 2
SOLD_SHOWN = 5


@dataclass(frozen=True)
class Ticket:
    """One file of a batch and the job that reads it, 0 while it waits for an answer."""

    upload: str
    job: int

    def __str__(self) -> str:
        return f"{self.upload}.{self.job}"

    @classmethod
    def parse(cls, text: str) -> Ticket | None:
        upload, _dot, job = text.partition(".")
        return cls(upload, int(job)) if job.isdecimal() else None


def href(tickets: list[Ticket]) -> str:
    query = urlencode([("f", str(ticket)) for ticket in tickets])
    return f"{reverse('uploads-progress')}?{query}"


def reading_of(tickets: list[Ticket]) -> Reading:
    """Where each file of a batch stands."""
    files, done, going, waits = [], [], False, False
    seconds = 0.0
    for ticket in tickets:
        file, result, is_open = _one(ticket)
        if file is None:
            continue
        files.append(file)
        going = going or is_open
        waits = waits or bool(file.question)
        done += result.get("imports", [])
        seconds += float(result.get("seconds", 0))
    finished = ""
    if done and not going and not waits:
        query = urlencode([*(("i", number) for number in done), ("s", round(seconds))])
        finished = f"{reverse('read')}?{query}"
    return Reading(tuple(files), href(tickets), going, finished)


def _one(ticket: Ticket) -> tuple[FileOnItsWay | None, dict[str, Any], bool]:
    """The file as shown, its result, and whether it is still being read."""
    try:
        waiting = spool.waiting(ticket.upload)
    except NotFound:
        return None, {}, False
    if not ticket.job:
        return _asking(ticket.upload, waiting), {}, False
    status = jobs.status(ticket.job)
    if status is None or status.state is JobState.DEAD:
        said = _("“%(name)s” could not be read. Nothing was changed.") % {"name": waiting.name}
        return FileOnItsWay(ticket.upload, waiting.name, refusal=said), {}, False
    if status.state is JobState.DONE:
        if "refused" in status.result:
            said = reading.refusal_said(status.result, waiting.name)
            return FileOnItsWay(ticket.upload, waiting.name, refusal=said), {}, False
        return FileOnItsWay(ticket.upload, waiting.name, _("read"), 1.0), status.result, False
    rows = int(status.progress.get("rows", 0))
    said = ngettext("%(rows)s row", "%(rows)s rows", rows) % {"rows": grouped(rows)} if rows else ""
    return (
        FileOnItsWay(ticket.upload, waiting.name, said, status.progress.get("share", 0)),
        {},
        True,
    )


def _asking(upload: str, waiting: spool.Waiting) -> FileOnItsWay:
    looked = reading.look(waiting)
    if looked.refusal:
        return FileOnItsWay(upload, waiting.name, refusal=looked.refusal)
    if looked.mapping is None:
        return FileOnItsWay(upload, waiting.name)
    return FileOnItsWay(
        upload, waiting.name, question=looked.proposal, choices=tuple(_choices(looked.mapping))
    )


def _choices(mapping: Mapping) -> list[Choice]:
    labels = {
        "time": _("When"),
        "buyer": _("Who bought"),
        "order_no": _("Order number"),
        "amount": _("Amount of the line"),
        "quantity": _("Pieces"),
        "unit_price": _("Price of one"),
        "item": _("Goods"),
    }
    headings = tuple(ColumnChoice(name, name) for name in dict.fromkeys(mapping.header) if name)
    nothing = ColumnChoice("", _("not in this table"))
    asked = [name for name in ASKED if name in mapping.columns or name in ("time", "buyer")]
    chosen = [
        Choice(name, labels[name], mapping.columns.get(name, ""), (nothing, *headings))
        for name in asked
    ]
    currencies = tuple(
        ColumnChoice(code, code)
        for code in dict.fromkeys([mapping.currency, "CNY", "GBP", "USD", "EUR", "HKD", "JPY"])
    )
    places = tuple(
        ColumnChoice(
            each, taxonomy.platform_name(each) if each != NO_PLATFORM else _("none of these")
        )
        for each in dict.fromkeys([NO_PLATFORM, *NAMED_PLATFORMS, mapping.platform])
    )
    return [
        *chosen,
        Choice("currency", _("Currency"), mapping.currency, currencies),
        Choice("platform", _("Whose export it is"), mapping.platform, places),
    ]


# ---------------------------------------------------------------- what was read


def read(ids: list[int], seconds: int, today: date, now: datetime) -> Read:
    """The page after the files: what was read, what it cannot tell, and the first things it tells."""
    rows = [imports.one(number) for number in ids]
    rows = [row for row in rows if row.state == ImportState.COMMITTED]
    known = state.current()
    lake, _taps = ledger_store.versions()
    working = known.version.lake < lake
    headline = ngettext(
        "Read, in %(seconds)d second.", "Read, in %(seconds)d seconds.", max(seconds, 1)
    )
    took = headline % {"seconds": max(seconds, 1)} if rows else _("What your files say")
    poor = [] if working else first_lines.first_lines([row.report for row in rows], known, now)
    codes = {line.code for line in poor}
    asks = Poor.NO_CONTACTS in codes and Poor.OLD not in codes
    return Read(
        headline=poor[0].said if poor else took,
        eyebrow=took if poor else "",
        then=lacking.then(poor),
        lines=tuple(reports.read_line(row) for row in rows),
        told=() if working else tuple(told(known, now, Poor.NO_CONTACTS in codes)),
        data_until=known.data_until,
        data_age=(today - known.data_until).days if known.data_until else 0,
        working=working,
        asked=lacking.asked(known) if asks else (),
        accounts=data.account_lines() if asks else (),
        fragments=() if working else lacking.fragments(),
    )


def told(known: State, now: datetime, said_no_contacts: bool = False) -> list[ToldCard]:
    """The cards: who bought and who of them can be reached; who is due; who is slipping away."""
    owned = measure("M04a").read(known)
    buyers = measure("M24a").read(known, date(1970, 1, 1), known.on).denominator or 0
    if not buyers:
        return [_nobody_named(known)] if known.data_until else lacking.only_contacts(known, now)
    ours = None if isinstance(owned.value, NotYet) else owned.numerator
    return [
        # The first line has said it already.
        *([] if said_no_contacts else [_recognised(known, buyers, ours)]),
        *_due(known, said_no_contacts),
        *_slipping(known),
    ]


def _recognised(known: State, buyers: int, ours: int | None) -> ToldCard:
    big = ngettext("%(count)s person bought.", "%(count)s people bought.", buyers)
    lines = []
    if ours is None:
        lines.append(
            ToldLine(
                _("Add your WeCom contacts, and I will say how many of them you can reach."),
                reverse("start"),
            )
        )
    else:
        said = ngettext(
            "At least %(count)s of them is in your WeChat",
            "At least %(count)s of them are in your WeChat",
            ours,
        )
        lines.append(
            ToldLine(
                said % {"count": grouped(ours)},
                reverse("number-people", args=["M04a", "numerator"]),
            )
        )
        strangers = len(unmatched.persons())
        if strangers:
            said = ngettext(
                "%(count)s more friend: not known yet whether they bought",
                "%(count)s more friends: not known yet whether they bought",
                strangers,
            )
            lines.append(ToldLine(said % {"count": grouped(strangers)}, reverse("unmatched")))
    behind = reverse("number-people", args=["M04a", "denominator"]) if ours is not None else ""
    return ToldCard(big % {"count": grouped(buyers)}, tuple(lines), href=behind)


def _due(known: State, said_no_contacts: bool) -> list[ToldCard]:
    """Whose day falls into this week, Monday to Sunday."""
    with known.reading() as read:
        rhythm = read.table("rhythm")
        due = _due_this_week(rhythm, known.on)
        row = read.run(
            due.aggregate(people=due.count(), ours=due.linked.cast("int64").sum())
        ).to_pylist()[0]
        repeats = rhythm.filter(rhythm.occasions >= 2)
        again = int(read.scalar(repeats.aggregate(n=repeats.count())) or 0)
    people, ours = int(row["people"]), int(row["ours"] or 0)
    if not again:
        return [
            ToldCard(
                _("Most of what you sell is bought once in a lifetime."),
                (
                    ToldLine(
                        _(
                            "Waiting for repeat purchases does not pay here; ask for referrals first."
                        )
                    ),
                ),
            )
        ]
    if not people:
        return []
    big = ngettext(
        "%(count)s regular is due this week, by their own rhythm.",
        "%(count)s regulars are due this week, by their own rhythm.",
        people,
    )
    said = ngettext(
        "%(count)s of them is in your WeChat", "%(count)s of them are in your WeChat", ours
    )
    reachable = ToldLine(
        said % {"count": grouped(ours)}, reverse("due", args=["linked"]) if ours else ""
    )
    return [
        ToldCard(
            big % {"count": grouped(people)},
            (
                # Nobody has looked: none is not the same as not known.
                *([] if said_no_contacts else [reachable]),
                ToldLine(_("Everybody who is due"), reverse("due", args=["all"])),
            ),
        )
    ]


def _due_this_week(rhythm: Any, on: date) -> Any:
    monday = on - timedelta(days=on.weekday())
    return rhythm.filter((rhythm.due_on >= monday) & (rhythm.due_on < monday + WEEK))


def _slipping(known: State) -> list[ToldCard]:
    """The best customers who are long overdue; only where there are enough to speak of."""
    with known.reading() as read:
        best = _best(read.table("rhythm"))
        row = read.run(
            best.aggregate(
                people=best.count(), gone=(best.ratio >= SLIPPING_RATIO).cast("int64").sum()
            )
        ).to_pylist()[0]
    if int(row["people"]) < BEST or not row["gone"]:
        return []
    said = ngettext(
        "Of your 50 best customers, %(count)d has been away twice as long as usual.",
        "Of your 50 best customers, %(count)d have been away twice as long as usual.",
        int(row["gone"]),
    )
    return [ToldCard(said % {"count": int(row["gone"])}, href=reverse("due", args=["slipping"]))]


def _best(rhythm: Any) -> Any:
    ranked = rhythm.filter(rhythm.net_total > 0)
    return ranked.order_by(ranked.net_total.desc(), ranked.person).limit(BEST)


def _nobody_named(known: State) -> ToldCard:
    """A file without buyers is no failure and no 0 %: it says what sells and how people could be known."""
    return ToldCard(
        _("This file names no buyers, so people cannot be told apart."),
        (
            ToldLine(_("What it can show: how often each thing sells.")),
            *_selling(),
            ToldLine(_("Three ways to know people:")),
            ToldLine(
                _(
                    "Export the other form of the order report, the one with the buyer’s member name."
                )
            ),
            ToldLine(_("Put a small card into the parcel that asks for the order number.")),
            ToldLine(_("Paste the order number into the friend’s description in WeCom.")),
        ),
        (Action(_("Try another export"), reverse("start")),),
    )


def _selling() -> list[ToldLine]:
    """The things sold most often in the newest file that names no buyer, and how far apart their selling days lie."""
    files = [
        row for row in imports.listing(states=(ImportState.COMMITTED,)) if row.report.get("goods")
    ]
    if not files:
        return []
    newest = max(files, key=lambda row: row.id)
    return [_selling_line(goods) for goods in newest.report["goods"][:SOLD_SHOWN]]


def _selling_line(goods: dict[str, Any]) -> ToldLine:
    told = {"goods": goods["title"], "times": grouped(goods["lines"])}
    if goods["usual_gap_days"] is None:
        return ToldLine(_("%(goods)s: sold %(times)s times, on one day only") % told)
    days = max(1, round(goods["usual_gap_days"]))
    said = ngettext(
        "%(goods)s: sold %(times)s times, about every day",
        "%(goods)s: sold %(times)s times, about every %(days)d days",
        days,
    )
    return ToldLine(said % {**told, "days": days})


def due_people(whom: str, now: datetime) -> list[int]:
    """Everybody due this week, those of them within reach, the best who slip away, by expected value; or the new."""
    known = state.current()
    if whom == "new":
        with known.reading() as read:
            return first_lines.ungreeted(read, known, now)
    with known.reading() as read:
        rhythm = read.table("rhythm")
        if whom == "slipping":
            due = _best(rhythm).filter(lambda best: best.ratio >= SLIPPING_RATIO)
        else:
            due = _due_this_week(rhythm, known.on)
        if whom == "linked":
            due = due.filter(due.linked)
        ranked = due.order_by([due.ev.desc(), due.person]).select("person")
        found: list[int] = read.run(ranked).column("person").to_pylist()
    return found
