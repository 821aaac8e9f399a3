"""Tags: what somebody says of a person, or what a rule says of them by itself.

    define ─► give · take ─► undo       by hand; one owner answers for each, sensitive ones need a reason
    take_on ─► follow                   by rule: given to whoever fits, taken from whoever does no longer

A tag somebody took on writes facts (`tag.added`, `tag.removed`, by rule) and lasts `days` at most; whoever fits still is given it
anew. One of the library that nobody took on is never more than its rule, and writes none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from django.utils.translation import gettext_lazy as _
from django.utils.translation import override

from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.kernel.store import write
from xiaohe.ledger import engine, stream
from xiaohe.ledger.stream import Fact
from xiaohe.segments import library, queries
from xiaohe.segments.belongings import REASON
from xiaohe.segments.models import Kind, Segment, Tag, TagReason
from xiaohe.segments.query.world import at_moment
from xiaohe.segments.records.registry import TAG
from xiaohe.segments.state import Standing
from xiaohe.segments.tagged import SLICE, Done, fact, record
from xiaohe.shop import audit, vault
from xiaohe.shop.models import AuditAct
from xiaohe.shop.queries import calendar as shop_calendar
from xiaohe.shop.queries import the_shop
from xiaohe.traits import state as traits

BY_HAND, BY_RULE = "hand", "rule"
LONGEST, LONGEST_REASON = 40, 500
# At once by hand; more is a segment, which needs no tag.
MOST_PEOPLE = 20_000
# Of one run of `follow`: the rest comes with the next one.
MOST_FACTS = 20_000


@dataclass(frozen=True)
class Defined:
    """A tag there is. `slug`: the segment whose members have it, empty if it is given by hand."""

    group: str
    tag: str
    slug: str = ""
    days: int | None = None
    sensitive: bool = False
    owner: int | None = None
    archived_at: datetime | None = None

    @property
    def is_auto(self) -> bool:
        return bool(self.slug)


class NoSuchTag(NotFound):
    def __init__(self, group: str, tag: str) -> None:
        told = _("There is no tag “%(tag)s” in the group “%(group)s”.")
        super().__init__("no_such_tag", told, group=group, tag=tag)


# ---------------------------------------------------------------- which tags there are


def every(*, archived: bool = False) -> list[Defined]:
    """All tags: those of the shop, and of the library those that nobody changed; by group and name."""
    rows = {(row.group, row.tag): _defined(row) for row in Tag.objects.all()}
    told = {(each.group, each.tag): each for each in _shipped()}
    found = {**told, **rows}.values()
    return sorted(
        (each for each in found if (each.archived_at is not None) == archived),
        key=lambda each: (each.group, each.tag),
    )


def one(group: str, tag: str) -> Defined:
    """The tag of this group and name, put away or not; raises NoSuchTag."""
    for each in (*every(), *every(archived=True)):
        if (each.group, each.tag) == (group, tag):
            return each
    raise NoSuchTag(group, tag)


def define(
    group: str,
    tag: str,
    user: int | None,
    now: datetime,
    *,
    slug: str = "",
    days: int | None = None,
    sensitive: bool = False,
) -> Defined:
    """A new tag, or another expiry or owner for an old one; `user` answers for it from now on.

    With `slug` it follows that segment. A sensitive one is only given by hand: no rule may conclude health or faith.
    """
    group, tag = _word(group), _word(tag)
    if days is None and not slug:
        days = _usual_days(group)
    if days is not None and not 1 <= days <= 3650:
        raise BadInput("bad_days", _("A tag lasts between 1 day and ten years."))
    if slug:
        if sensitive:
            raise BadInput(
                "sensitive_rule", _("What is sensitive is said by a person, never by a rule.")
            )
        queries.segment(slug)
    with write():
        row, is_new = Tag.objects.update_or_create(
            group=group,
            tag=tag,
            defaults={
                "slug": slug,
                "days": days,
                "sensitive": sensitive,
                "owner": user,
                "archived_at": None,
            },
            create_defaults={
                "slug": slug,
                "days": days,
                "sensitive": sensitive,
                "owner": user,
                "created_at": now,
            },
        )
        _note(AuditAct.ADDED if is_new else AuditAct.CHANGED, row, user, now)
    return _defined(row)


def take_on(group: str, tag: str, user: int, now: datetime) -> Defined:
    """Answer for a tag: one of the library begins to write facts. Somebody else's is theirs no longer."""
    known = one(group, tag)
    return define(
        group, tag, user, now, slug=known.slug, days=known.days, sensitive=known.sensitive
    )


def archive(group: str, tag: str, user: int | None, now: datetime) -> Defined:
    """Given to nobody any more; whoever has it keeps it until it ends or is taken away."""
    known = one(group, tag)
    with write():
        row, _new = Tag.objects.get_or_create(
            group=group,
            tag=tag,
            defaults={"slug": known.slug, "days": known.days, "owner": user, "created_at": now},
        )
        row.archived_at = row.archived_at or now
        row.save(update_fields=["archived_at"])
        _note(AuditAct.DISABLED, row, user, now)
    return _defined(row)


def restore(group: str, tag: str, user: int | None, now: datetime) -> Defined:
    known = one(group, tag)
    with write():
        row = Tag.objects.get(group=group, tag=tag)
        row.archived_at = None
        row.save(update_fields=["archived_at"])
        _note(AuditAct.ENABLED, row, user, now)
    return _defined(row) if row else known


# ---------------------------------------------------------------- by hand


def give(
    people: Iterable[int],
    group: str,
    tag: str,
    user: int | None,
    now: datetime,
    *,
    reason: str = "",
    until: date | None = None,
) -> Done:
    """Tag these people (ids); raises NoSuchTag, and BadInput where a reason is missing."""
    props = readied(group, tag, user, now, reason=reason, until=until)
    reason = reason.strip()[:LONGEST_REASON]
    sealed = vault.seal(reason, REASON) if reason else None
    done = record(_several(people), props, now, sealed=sealed)
    audit.record(
        AuditAct.CHANGED, now=now, user_id=user, page=f"tag {group}: {tag}"[:80], people=done.people
    )
    return done


def readied(
    group: str,
    tag: str,
    user: int | None,
    now: datetime,
    *,
    reason: str = "",
    until: date | None = None,
) -> dict[str, str]:
    """What each fact of giving this tag states; refuses as `give` does."""
    known = _by_hand(group, tag)
    if known.owner is None and user is not None:
        # One that ships: whoever gives it first answers for it.
        known = take_on(group, tag, user, now)
    if known.sensitive and not reason.strip():
        raise BadInput(
            "reason_needed", _("“%(tag)s” is sensitive: say why it is known and kept."), tag=tag
        )
    if until is None and known.days is not None:
        until = _today(now) + timedelta(known.days)
    props = {"group": group, "tag": tag, "by": BY_HAND}
    if until is not None:
        props["until"] = until.isoformat()
    return props


def take(people: Iterable[int], group: str, tag: str, user: int | None, now: datetime) -> Done:
    """Take a tag away from these people; a tag that is unknown here, as imports bring them, too."""
    done = record(_several(people), readied_to_take(group, tag), now, take=True)
    audit.record(
        AuditAct.CHANGED, now=now, user_id=user, page=f"tag {group}: {tag}"[:80], people=done.people
    )
    return done


def readied_to_take(group: str, tag: str) -> dict[str, str]:
    """What each fact of taking this tag away states; refuses as `take` does."""
    known = next((each for each in every() if (each.group, each.tag) == (group, tag)), None)
    if known is not None and known.is_auto:
        _refuse_auto(known)
    return {"group": group, "tag": tag, "by": BY_HAND}


def undo(done: Sequence[int], now: datetime) -> None:
    """Take back what `give` or `take` recorded, within the month in which single facts can be. Safe to repeat."""
    with write():
        kept = [each for each in done if not stream.take_back(each, now=now)]
        TagReason.objects.filter(fact__in=list(done)).delete()
    if kept:
        raise Conflict(
            "too_late", _("That is longer ago than a month. Give or take the tag again instead.")
        )


def reasons(facts: Iterable[int]) -> Mapping[int, str]:
    """Why tags were given, by the fact that gave them; in clear, for whoever asked to see it."""
    rows = TagReason.objects.filter(fact__in=list(facts))
    return {row.fact: vault.unseal(bytes(row.sealed), REASON) for row in rows}


# ---------------------------------------------------------------- by rule


def followed() -> list[Defined]:
    """Tags that somebody took on and that follow a segment."""
    return [each for each in every() if each.is_auto and each.owner is not None]


def follow(standing: Standing, now: datetime) -> int:
    """Give and take what rules say, a bounded number of facts a call; how many were new. Safe to repeat."""
    known = followed()
    if not known:
        return 0
    held = _held_by_rule(now)
    recorded = 0
    for each in known:
        members = standing.ids(queries.segment(each.slug).rule)
        facts = to_follow(each, members.tolist(), held.get((each.group, each.tag), []), now)
        for first in range(0, len(facts), SLICE):
            recorded += stream.record(facts[first : first + SLICE], now=now).inserted
        if recorded >= MOST_FACTS:
            break
    return recorded


def to_follow(
    known: Defined, members: Sequence[int], held: Sequence[int], now: datetime
) -> list[Fact]:
    """What is to be taken and given so that `held` become the `members`; at most MOST_FACTS."""
    fits, has = set(members), set(held)
    props = {"group": known.group, "tag": known.tag, "by": BY_RULE}
    lasting = dict(props)
    if known.days is not None:
        lasting["until"] = (_today(now) + timedelta(known.days)).isoformat()
    facts = [fact("tag.removed", each, props, now) for each in sorted(has - fits)]
    facts += [fact("tag.added", each, lasting, now) for each in sorted(fits - has)]
    return facts[:MOST_FACTS]


def _held_by_rule(now: datetime) -> dict[tuple[str, str], list[int]]:
    """Who has which tag because a rule says so, and has it still today."""
    with engine.reading() as read:
        told = at_moment(read, traits.current(), now).records(TAG, ["group", "tag", "by"])
        rows = read.run(told.filter(told.by == BY_RULE).select("person", "group", "tag"))
    found: dict[tuple[str, str], list[int]] = {}
    for row in rows.to_pylist():
        found.setdefault((row["group"], row["tag"]), []).append(row["person"])
    return found


# ---------------------------------------------------------------- words


def _several(people: Iterable[int]) -> list[int]:
    wanted = sorted(set(people))
    if not wanted or len(wanted) > MOST_PEOPLE:
        raise BadInput(
            "too_many_people",
            _("At once between 1 and %(most)s people are tagged; for more, save a segment."),
            most=MOST_PEOPLE,
        )
    return wanted


def _by_hand(group: str, tag: str) -> Defined:
    known = one(group, tag)
    if known.is_auto:
        _refuse_auto(known)
    if known.archived_at:
        raise Conflict("archived", _("“%(tag)s” was put away. Bring it back first."), tag=tag)
    return known


def _refuse_auto(known: Defined) -> None:
    raise Conflict(
        "follows_rule",
        _("“%(tag)s” follows its rule: whoever fits “%(name)s” has it."),
        tag=known.tag,
        name=queries.segment(known.slug).name,
    )


def _word(text: str) -> str:
    text = " ".join(text.split())
    if not text or len(text) > LONGEST:
        raise BadInput("bad_tag", _("A group and a tag have at most 40 characters each."))
    return text


def _today(now: datetime) -> date:
    return shop_calendar().day_of(now)


def _defined(row: Tag) -> Defined:
    return Defined(
        row.group, row.tag, row.slug, row.days, row.sensitive, row.owner, row.archived_at
    )


def _shipped() -> list[Defined]:
    """Those of the library, in the shop's own language: their words stand in facts."""
    put_away = set(
        Segment.objects.filter(kind=Kind.TAG, archived_at__isnull=False).values_list(
            "slug", flat=True
        )
    )
    with override(the_shop().language):
        auto = [
            Defined(each.group, each.name, each.slug, each.days)
            for each in library.shipped().values()
            if each.kind is Kind.TAG and each.slug not in put_away
        ]
        hand = [Defined(each.group, each.tag, "", each.days) for each in library.by_hand()]
    return auto + [each for each in hand if each.tag]


def groups() -> list[str]:
    """The groups in which the shop names tags itself, as they ship: sizes, wishes and the like."""
    with override(the_shop().language):
        return [each.group for each in library.by_hand() if not each.tag]


def _usual_days(group: str) -> int | None:
    """How long tags of a group that ships last, unless somebody says."""
    with override(the_shop().language):
        found = [each.days for each in library.by_hand() if each.group == group and not each.tag]
    return found[0] if found else None


def _note(act: AuditAct, row: Tag, user: int | None, now: datetime) -> None:
    audit.record(act, now=now, user_id=user, page=f"tag {row.group}: {row.tag}"[:80], people=0)
