"""What identifies a person: namespaces, their strength, and the one spelling each value is hashed in.

a cell of a file ──normalise──► value, or None: masked or incomplete values are never keys
                 ──hasher()───► 63-bit id, the same in lake, evidence and search
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from datetime import datetime
from enum import IntEnum, StrEnum
from functools import lru_cache

from xiaohe.kernel import workspace
from xiaohe.kernel.ids import Hasher, fold
from xiaohe.ledger.models import Import


class Namespace(StrEnum):
    """Kinds of keys; the name is part of what is hashed and never changes."""

    MEMBER = "member"  # "<platform>:<member name>"
    CUSTOMER = "customer"  # "<platform>:<customer id>" of a generic table
    PHONE = "phone"  # 11 digits
    ORDER = "order"  # "<platform>:<order number>"
    CONTACT = "contact"  # "<staff account>|<YYYY-MM-DD HH:MM:SS>"
    NAME = "name"  # never a key: shown and searched
    ITEM = "item"  # goods, not people
    EMAIL = "email"  # folded
    DEVICE = "device"  # "<platform>:<anonymous id>" of a site or an app
    GROUP = "group"  # "<platform>:<group id>": a company or team, not a person
    UNIONID = "unionid"  # one per WeChat user and open-platform account
    OPENID = "openid"  # "<appid>:<openid>": one per WeChat user and app
    EXTERNAL = "external_userid"  # the id of a WeCom contact, without the company's
    CLAIM = "claim"  # the word a claimed order number gave its buyer
    ADDRESS = "address"  # folded, without blanks; never joins


class Kind(StrEnum):
    """What a stored value is to a person; decides how it is shown and searched."""

    MEMBER = "member"
    CUSTOMER = "customer"
    PHONE = "phone"
    ORDER = "order"
    CONTACT = "contact"  # the name a contact goes by in the chat list
    REMARK = "remark"  # the name our staff gave them
    DESCRIPTION = "description"
    RECEIVER = "receiver"
    EMAIL = "email"
    UNIONID = "unionid"
    OPENID = "openid"
    EXTERNAL = "external_userid"
    # Descriptive, never keys.
    CITY = "city"  # 浙江杭州
    ADDRESS = "address"
    MASKED_PHONE = "masked_phone"  # 138****8000, as the file shows it


NAMESPACE_OF = {
    Kind.MEMBER: Namespace.MEMBER,
    Kind.CUSTOMER: Namespace.CUSTOMER,
    Kind.PHONE: Namespace.PHONE,
    Kind.ORDER: Namespace.ORDER,
    Kind.EMAIL: Namespace.EMAIL,
    Kind.UNIONID: Namespace.UNIONID,
    Kind.OPENID: Namespace.OPENID,
    Kind.EXTERNAL: Namespace.EXTERNAL,
}
# Stored as "<platform>:<value>": the same name on two platforms is two people.
ON_A_PLATFORM = frozenset({Kind.MEMBER, Kind.CUSTOMER, Kind.ORDER})
# "<whose>:<value>", as they are handed in: the id of one app or one company says nothing in another.
WITH_A_PREFIX = ON_A_PLATFORM | {Kind.OPENID, Kind.EXTERNAL}


class Strength(IntEnum):
    """How far a key goes: only certain ones join."""

    NONE = 0
    CERTAIN = 1
    OWN = 2  # it is the subject itself


STRENGTH = {
    Namespace.MEMBER: Strength.OWN,
    Namespace.CUSTOMER: Strength.OWN,
    Namespace.CONTACT: Strength.OWN,
    Namespace.PHONE: Strength.CERTAIN,
    Namespace.ORDER: Strength.CERTAIN,
    Namespace.NAME: Strength.NONE,
    Namespace.ITEM: Strength.NONE,
    Namespace.EMAIL: Strength.CERTAIN,
    Namespace.DEVICE: Strength.OWN,
    Namespace.GROUP: Strength.NONE,
    Namespace.UNIONID: Strength.OWN,
    Namespace.OPENID: Strength.OWN,
    Namespace.EXTERNAL: Strength.OWN,
    Namespace.CLAIM: Strength.CERTAIN,
    Namespace.ADDRESS: Strength.NONE,
}

# Platforms mask with asterisks (王**, 138****8000) and other fillers; some put ciphertext behind ## $$ ~~.
_MASK = re.compile(r"[*＊✱∗•●█■]|^(?:##|\$\$|~~)")
_BLANK = frozenset({"", "-", "--", "—", "无", "null", "none", "nan", "n/a"})
# What spreadsheets and people put around and inside a phone number.
_PHONE_NOISE = re.compile(r"[\s\-‐-―().·'\"=]+")
_ADDRESS_NOISE = re.compile(r"[\s,，。;；、|/\-_]+")
_EMAIL = re.compile(
    r"[^\s@<>\"',;:()\[\]]{1,64}@[^\s@<>\"',;:()\[\]]{1,190}\.[^\s@<>\"',;:()\[\].]{2,}"
)
_MOBILE = re.compile(r"(?:\+?86|0086)?(1[3-9]\d{9})")


def is_masked(value: str) -> bool:
    """Whether a platform hid part of this value; such a value never identifies anybody."""
    return bool(_MASK.search(value.strip()))


def normalise_phone(value: str) -> str | None:
    """The 11 digits of a complete mobile number; None for masked, virtual (11 + 4), extension or other forms."""
    found = _MOBILE.fullmatch(_PHONE_NOISE.sub("", fold(value)))
    return found.group(1) if found else None


def normalise_email(value: str) -> str | None:
    """A whole e-mail address, folded; None for anything else."""
    folded = fold(value)
    return folded if _EMAIL.fullmatch(folded) and not is_masked(folded) else None


def normalise_text(value: str) -> str | None:
    """Folded text that may identify; None if blank or masked."""
    folded = fold(value)
    return None if folded in _BLANK or is_masked(folded) else folded


def normalise_address(value: str) -> str | None:
    """A whole address without blanks and separators, so that two files spell it alike; None if masked."""
    folded = normalise_text(value)
    return _ADDRESS_NOISE.sub("", folded) or None if folded else None


def normalise_external(value: str) -> str | None:
    """The id out of "<corp id>:<id>". WeCom draws these ids at random per company, so the id alone tells whose it is, and
    a contact export, which names no company, meets an order list that does."""
    return normalise_text(value.rpartition(":")[2])


_NORMALISE: dict[Namespace, Callable[[str], str | None]] = {
    Namespace.PHONE: normalise_phone,
    Namespace.EMAIL: normalise_email,
    Namespace.ADDRESS: normalise_address,
    Namespace.EXTERNAL: normalise_external,
}


def normalise(namespace: Namespace, value: str) -> str | None:
    """The spelling of `value` that is hashed in this namespace; None if it is not a key."""
    return _NORMALISE.get(namespace, normalise_text)(value)


def on_platform(platform: str, value: str) -> str | None:
    """A member name, customer id or order number as hashed: "<platform>:<value>"; None if it is not a key."""
    folded = normalise_text(value)
    return None if folded is None else f"{platform}:{folded}"


def contact_value(staff_account: str, added_at: datetime) -> str:
    """The identity of a contact row: who added them, and when to the second, as the file says it."""
    return f"{fold(staff_account)}|{added_at:%Y-%m-%d %H:%M:%S}"


# Rooms above that take in events tell here on which platforms: a function that lists them.
platforms_of_events: list[Callable[[], Iterable[str]]] = []


def platforms() -> list[str]:
    """Platforms that anything ever came from: where an order number may exist."""
    imported = Import.objects.order_by().values_list("source", flat=True).distinct()
    told = (each for listed in platforms_of_events for each in listed())
    return sorted({*imported, *told})


def hasher() -> Hasher:
    """The current shop's hasher of keys."""
    return _hasher(workspace.current().secret("hash"))


@lru_cache(maxsize=8)
def _hasher(secret: bytes) -> Hasher:
    return Hasher(secret)
