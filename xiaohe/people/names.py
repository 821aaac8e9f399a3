"""What to call a person, and what to type into WeChat's search to find them.

the name our chat list shows ► member name ► receiver's name ► a number ► what a mask left ► phone tail
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from django.utils.translation import gettext as _

from xiaohe.people import identifiers
from xiaohe.people import overlay as overlays
from xiaohe.people.identifiers import Value
from xiaohe.people.keys import NAMESPACE_OF, WITH_A_PREFIX, Kind, Namespace, is_masked
from xiaohe.people.overlay import Overlay


class NameKind(StrEnum):
    """Where a display name comes from, best first."""

    REMARK = "remark"
    CONTACT = "contact"
    MEMBER = "member"
    RECEIVER = "receiver"
    CUSTOMER = "customer"
    MASKED = "masked"
    PHONE = "phone"
    NUMBER = "number"


_RANK = {kind: rank for rank, kind in enumerate(NameKind)}
_SHOWN = {
    Kind.REMARK: NameKind.REMARK,
    Kind.CONTACT: NameKind.CONTACT,
    Kind.MEMBER: NameKind.MEMBER,
    Kind.RECEIVER: NameKind.RECEIVER,
    Kind.CUSTOMER: NameKind.CUSTOMER,
    Kind.PHONE: NameKind.PHONE,
}
_CHAT = (NameKind.REMARK, NameKind.CONTACT)


@dataclass(frozen=True)
class Key:
    """One key of a person in plain: for pages and output, never for logs."""

    namespace: Namespace
    value: str
    platform: str = ""


@dataclass(frozen=True)
class DisplayName:
    """What a person is called; `search_hint` is what the chat list knows them by."""

    name: str
    kind: NameKind
    search_hint: str
    keys: tuple[Key, ...]


def display(ids: Iterable[int], overlay: Overlay | None = None) -> dict[int, DisplayName]:
    """The name of each person; a subject or a former person id is named as its person."""
    overlay = overlay or overlays.current()
    subjects = {each: overlay.subjects(overlay.person(each)) for each in dict.fromkeys(ids)}
    values = identifiers.values_of(sorted({s for group in subjects.values() for s in group}))
    return {
        each: _named(group[0], [value for subject in group for value in values.get(subject, ())])
        for each, group in subjects.items()
    }


def hints(subjects: Sequence[int]) -> dict[int, str]:
    """For contacts, by the subject of their link: the name their chat is found under."""
    found = {}
    for subject, values in identifiers.values_of(subjects).items():
        shown = _best(values)
        if shown is not None and shown[0] in _CHAT:
            found[subject] = shown[1]
    return found


def plain(value: Value) -> str:
    """A stored value as a person says it, without its platform."""
    return value.text.partition(":")[2] if value.kind in WITH_A_PREFIX else value.text


def _key(value: Value) -> Key:
    platform = value.text.partition(":")[0] if value.kind in WITH_A_PREFIX else ""
    return Key(NAMESPACE_OF[value.kind], plain(value), platform)


def _named(person: int, values: Sequence[Value]) -> DisplayName:
    keys = {_key(value) for value in values if _is_key(value)}
    ordered = tuple(sorted(keys, key=lambda key: (key.namespace, key.platform, key.value)))
    kind, name = _best(values) or (NameKind.NUMBER, _numbered(person))
    return DisplayName(name, kind, name, ordered)


def _best(values: Sequence[Value]) -> tuple[NameKind, str] | None:
    """The best name; of two of one kind the one stated last, then the one of the smaller hash."""
    best = min(
        (
            (_RANK[kind], -value.import_id, value.key_hash, kind, text)
            for value in values
            for kind, text in [_shown(value)]
            if kind is not None
        ),
        default=None,
    )
    return None if best is None else (best[3], best[4])


def _shown(value: Value) -> tuple[NameKind | None, str]:
    kind = _SHOWN.get(value.kind)
    text = plain(value)
    if kind is None:
        return None, ""
    if kind == NameKind.PHONE:
        return kind, _("Phone ending in %(tail)s") % {"tail": text[-4:]}
    if kind not in _CHAT and is_masked(text):
        return NameKind.MASKED, text
    return kind, text


def _is_key(value: Value) -> bool:
    return value.kind in NAMESPACE_OF and not is_masked(value.text)


def _numbered(person: int) -> str:
    return _("Customer no. %(number)s") % {"number": f"{person % 1_000_000:06d}"}
