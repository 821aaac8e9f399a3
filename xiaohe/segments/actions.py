"""Changes of segments: each a version of its own, noted in the audit, and taken back by `undo`.

    save · rename · archive · restore · put_back ──► Done(saved, version) ──► undo(slug, version)

Two people at once: whoever says which version they had before them (`seen`) is told when it is no longer the latest, and
nothing of either is lost. Rules that would go round in a circle are refused with the way round.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel import store as control
from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.segments import library, queries, resolve, store
from xiaohe.segments.models import NAME_LENGTH, SLUG_LENGTH, Act, Kind, Segment, SegmentVersion
from xiaohe.segments.queries import NoSuchSegment, saved_of, vocabulary_with
from xiaohe.segments.rules import checks, jsonform
from xiaohe.segments.rules.normal import normal
from xiaohe.segments.rules.tree import Rule
from xiaohe.segments.saved import Done, Saved
from xiaohe.segments.text import print_rule
from xiaohe.shop import audit
from xiaohe.shop.models import AuditAct

# Words of addresses, which no slug may be.
TAKEN = frozenset(
    ["new", "count", "people", "explain", "check", "tags", "archived", "library", "compare"]
)
# Of numbers and letters that nobody takes for one another.
LETTERS = "23456789abcdefghjkmnpqrstuvwxyz"
AUDITED = {
    Act.SAVED: AuditAct.CHANGED,
    Act.RENAMED: AuditAct.CHANGED,
    Act.PUT_BACK: AuditAct.CHANGED,
    Act.UNDONE: AuditAct.CHANGED,
    Act.ARCHIVED: AuditAct.DISABLED,
    Act.RESTORED: AuditAct.ENABLED,
}
# Told within the transaction which segment is another now; rooms that keep members listen.
listeners: list[Callable[[Saved, datetime], None]] = []


class ChangedMeanwhile(Conflict):
    def __init__(self, saved: Saved) -> None:
        super().__init__(
            "changed_meanwhile",
            _("Somebody saved “%(name)s” meanwhile (version %(version)s). Look at theirs first."),
            name=saved.name,
            version=saved.version,
        )


def save(
    name: str,
    rule: Rule,
    user: int | None,
    now: datetime,
    slug: str | None = None,
    *,
    seen: int | None = None,
    kind: Kind = Kind.OWN,
) -> Done:
    """A new segment, or with `slug` another rule and name for an old one. What is saved as it was stays one version.

    Raises RuleError for a rule that cannot be, NoSuchSegment, ChangedMeanwhile, and Conflict for a name that is taken.
    """
    name = _named(name)
    with control.write():
        store.lock_rules()
        before = None if slug is None else _latest(slug, seen)
        slug = slug or _new_slug(name)
        salt = before.salt if before and before.salt else _letters(8)
        rule = _checked(slug, name, resolve.salted(rule, salt), before.kind if before else kind)
        is_same = before is not None and _written(before.rule) == _written(rule)
        if before is not None and is_same and before.name == name and not before.archived_at:
            return Done(before, 0)
        to: dict[str, Any] = {"name": name, "salt": salt, "kind": kind, "archived_at": None}
        if not is_same:
            to["rule"] = rule
        return _put(Act.SAVED, slug, before, user, now, **to)


def rename(slug: str, name: str, user: int | None, now: datetime) -> Done:
    """Another name; rules, facts and random shares know it by its slug and its salt."""
    name = _named(name)
    with control.write():
        store.lock_rules()
        before = _latest(slug)
        if before.name == name:
            return Done(before, 0)
        _refuse_taken(slug, name, before.kind)
        return _put(Act.RENAMED, slug, before, user, now, name=name)


def archive(slug: str, user: int | None, now: datetime) -> Done:
    """Put away: no list has it and nobody enters or leaves it. Refused while other segments name it."""
    with control.write():
        store.lock_rules()
        before = _latest(slug)
        if before.archived_at:
            return Done(before, 0)
        _refuse_used(before)
        return _put(Act.ARCHIVED, slug, before, user, now, archived_at=now)


def restore(slug: str, user: int | None, now: datetime) -> Done:
    """Back from where it was put away."""
    with control.write():
        store.lock_rules()
        before = _latest(slug)
        if not before.archived_at:
            return Done(before, 0)
        _checked(slug, before.name, before.rule, before.kind)
        return _put(Act.RESTORED, slug, before, user, now, archived_at=None)


def put_back(slug: str, user: int | None, now: datetime) -> Done:
    """One of the library as it ships again, and from now on with every upgrade of it."""
    with control.write():
        store.lock_rules()
        before, shipped = _latest(slug), library.shipped().get(slug)
        if shipped is None:
            raise BadInput("not_shipped", _("“%(name)s” is none that ships."), name=before.name)
        if before.as_shipped and before.name == shipped.name:
            return Done(before, 0)
        _checked(slug, shipped.name, shipped.rule, shipped.kind)
        return _put(
            Act.PUT_BACK, slug, before, user, now, name="", rule=shipped.rule, as_shipped=True
        )


def undo(slug: str, version: int, user: int | None, now: datetime) -> Done:
    """As it was before that version; a segment that was new then is put away. Refused once it has changed again."""
    with control.write():
        store.lock_rules()
        after = _latest(slug, version)
        then = SegmentVersion.objects.filter(slug=slug, version=version - 1).first()
        if then is None:
            if after.archived_at:
                return Done(after, 0)
            _refuse_used(after)
            return _put(Act.UNDONE, slug, after, user, now, archived_at=now)
        if then.is_archived:
            _refuse_used(after)
        else:
            _checked(slug, then.name or after.name, jsonform.from_json(then.tree), after.kind)
        return _put(
            Act.UNDONE,
            slug,
            after,
            user,
            now,
            name=then.name,
            rule=jsonform.from_json(then.tree),
            archived_at=(after.archived_at or now) if then.is_archived else None,
            as_shipped=then.as_shipped,
        )


# ---------------------------------------------------------------- one change


def _put(
    act: Act, slug: str, before: Saved | None, user: int | None, now: datetime, **to: Any
) -> Done:
    """Write the row and its version; what `to` does not name stays, but a rule that was edited ships no longer."""
    row = Segment.objects.filter(slug=slug).first()
    if row is None:
        row = Segment(slug=slug, kind=to.get("kind", Kind.OWN), version=0)
        row.created_at, row.created_by = now, user
        if before is not None:
            # Of the library, touched for the first time: what shipped is its first version.
            row.kind, row.salt, row.as_shipped, row.version = before.kind, before.salt, True, 1
            _set_rule(row, before.rule)
            _note_version(row, Act.SAVED, row.created_at, None)
    rule = to.get("rule")
    if rule is not None:
        _set_rule(row, rule)
        row.as_shipped = False
    for name in ("name", "salt", "archived_at", "as_shipped"):
        if name in to:
            setattr(row, name, to[name])
    row.version += 1
    row.edited_at, row.edited_by = now, user
    row.save()
    _note_version(row, act, now, user)
    first = act == Act.SAVED and row.version == 1
    audited = AuditAct.ADDED if first else AUDITED[act]
    audit.record(audited, now=now, user_id=user, page=f"segment {slug}", people=0)
    saved = saved_of(row, library.shipped().get(slug))
    for listener in listeners:
        listener(saved, now)
    return Done(saved, row.version)


def _set_rule(row: Segment, rule: Rule) -> None:
    vocabulary = vocabulary_with(())
    row.text = print_rule(rule, vocabulary.currency, vocabulary)
    row.tree = jsonform.to_json(rule)


def _note_version(row: Segment, act: Act, now: datetime, user: int | None) -> None:
    SegmentVersion.objects.create(
        slug=row.slug,
        version=row.version,
        act=act.value,
        name=row.name,
        text=row.text,
        tree=row.tree,
        as_shipped=row.as_shipped,
        is_archived=row.archived_at is not None,
        saved_at=now,
        saved_by=user,
    )


# ---------------------------------------------------------------- what is refused


def _latest(slug: str, seen: int | None = None) -> Saved:
    found = queries.segment(slug)
    if seen is not None and seen != found.version:
        raise ChangedMeanwhile(found)
    return found


def _written(rule: Rule) -> str:
    """For telling rules apart: Python holds `is true` and `is 1` for equal."""
    return print_rule(rule, "CNY")


def _named(name: str) -> str:
    name = " ".join(unicodedata.normalize("NFC", name).split())
    if not name or len(name) > NAME_LENGTH:
        raise BadInput("bad_name", _("A segment needs a name of at most 80 characters."))
    return name


def _checked(slug: str, name: str, rule: Rule, kind: Kind) -> Rule:
    """The rule, if it makes sense here: known names, no circle, nobody else of this name."""
    others = [each for each in queries.segments() if each.slug != slug]
    known = {each.slug: each for each in others}
    wanted = [each for each in resolve.stands_on(rule) if each != slug and each not in known]
    if wanted:
        names = {each.slug: each.name for each in others}
        raise NoSuchSegment(wanted[0], resolve.like(wanted[0], names))
    way = resolve.circle(slug, rule, {each.slug: each.rule for each in others})
    if way:
        raise BadInput(
            "circle",
            _("“%(name)s” would stand on itself: %(way)s."),
            name=name,
            way=" → ".join(known[each].name if each in known else name for each in way),
        )
    checks.check(rule, vocabulary_with([*others]))
    _refuse_taken(slug, name, kind)
    return normal(rule)


def _refuse_taken(slug: str, name: str, kind: Kind) -> None:
    """A tag may be called like a segment: they stand in lists of their own, and rules know both by their slugs."""
    folded = name.casefold()
    if any(
        each.slug != slug
        and (each.kind is Kind.TAG) == (kind is Kind.TAG)
        and each.name.casefold() == folded
        for each in queries.segments()
    ):
        raise Conflict("name_taken", _("There is a segment named “%(name)s” already."), name=name)


def _refuse_used(saved: Saved) -> None:
    users = queries.used_by(saved.slug)
    if users:
        raise Conflict(
            "in_use",
            _("“%(name)s” is part of other segments: %(users)s. Take it out of them first."),
            name=saved.name,
            users=", ".join(f"“{each.name}”" for each in users),
        )


def _new_slug(name: str) -> str:
    """Plain letters of the name where it has some, and never one that was taken."""
    plain = unicodedata.normalize("NFKD", name).encode("ascii", "ignore").decode().lower()
    wanted = re.sub(r"[^a-z0-9]+", "-", plain).strip("-")[: SLUG_LENGTH - 8].strip("-")
    if len(wanted) < 3 or not wanted[0].isalpha():
        return f"s-{_letters(6)}"
    taken = set(Segment.objects.values_list("slug", flat=True)) | set(library.shipped()) | TAKEN
    return wanted if wanted not in taken else f"{wanted}-{_letters(6)}"


def _letters(count: int) -> str:
    return "".join(secrets.choice(LETTERS) for _each in range(count))
