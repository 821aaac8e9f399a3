"""Codes: make, change, retire. A code is never deleted: cards with it are out there, and facts name it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

from django.db import IntegrityError
from django.utils.translation import gettext_lazy as _

from xiaohe import jobs
from xiaohe.entries import kinds, words
from xiaohe.entries.models import Code, Gift
from xiaohe.entries.pictures import account_picture
from xiaohe.kernel import store
from xiaohe.kernel.errors import BadInput, Conflict, NotFound
from xiaohe.shop import taxonomy
from xiaohe.shop.models import Account
from xiaohe.shop.queries import the_shop
from xiaohe.shop.taxonomy import Entry

CHECK = "entries.check"
# Nobody prints by the ten thousand kinds; a program that runs wild is stopped here.
MOST_CODES = 5_000
TRIES = 20
EDITABLE = frozenset(
    {
        "name", "platform", "store", "staff", "tag", "offer", "account_id", "account_said",
        "gift", "gift_text", "gift_link", "closes_on",
    }
)  # fmt: skip


def make(entry: Entry | str, now: datetime, *, name: str = "", **said: Any) -> Code:
    """A new code with neutral words; the account to add is that of the latest code, as long as nobody says otherwise."""
    try:
        entry = kinds.KINDS[Entry(entry)].entry
    except (ValueError, KeyError):
        raise BadInput("bad_kind", _("There is no such kind of code.")) from None
    language = the_shop().language
    before = Code.objects.filter(retired_at=None).order_by("-id").first()
    count = Code.objects.filter(entry=entry.value).count()
    if Code.objects.count() >= MOST_CODES:
        raise Conflict("many_codes", _("There are very many codes already; use one of them."))
    code = Code(
        entry=entry.value,
        name=name.strip() or kinds.first_name(entry, count + 1, language),
        offer=kinds.offer_of(entry, language),
        gift_text=kinds.gift_text_of(Gift.GUIDE, language),
        created_at=now,
    )
    if before is not None:
        code.account_id, code.account_said = before.account_id, before.account_said
        code.picture = before.picture
    if entry == Entry.PARCEL_CARD and before is not None:
        code.platform = before.platform
    _say(code, said)
    for _try in range(TRIES):
        code.code = words.new_code()
        try:
            with store.write():
                code.save(force_insert=True)
        except IntegrityError:
            continue
        return code
    raise Conflict("no_code_left", _("No free code was found; try once more."))


def change(code: str, **said: Any) -> Code:
    """Say something else on a code; cards that are out show the new words when they are scanned."""
    with store.write():
        found = one(code)
        _say(found, said)
        found.save()
        if "tag" in said:
            # Whoever came by it has the new one (tags.py).
            jobs.enqueue(CHECK, dedupe=CHECK)
    return found


def set_picture(code: str, uploaded: bytes) -> None:
    """The QR picture of the account to add; raises BadInput if it is none."""
    png = account_picture(uploaded)
    with store.write():
        one(code)
        Code.objects.filter(code=code).update(picture=png)


def take_picture_off(code: str) -> None:
    with store.write():
        Code.objects.filter(code=code).update(picture=None)


def retire(code: str, now: datetime) -> None:
    """No more of these are printed, and its page gives nothing any more; what it brought stays."""
    with store.write():
        one(code)
        Code.objects.filter(code=code, retired_at=None).update(retired_at=now)


def restore(code: str) -> None:
    with store.write():
        one(code)
        Code.objects.filter(code=code).update(retired_at=None)


def one(code: str) -> Code:
    """The code; raises NotFound."""
    found = Code.objects.filter(code=code).first()
    if found is None:
        raise NotFound("no_such_code", _("There is no such code."))
    return found


def listing() -> list[Code]:
    """All codes, those in use first, then the newest."""
    return sorted(
        Code.objects.defer("picture").order_by("-id"), key=lambda each: each.retired_at is not None
    )


def is_open(code: Code, today: date) -> bool:
    """Whether its page still takes order numbers."""
    return code.retired_at is None and (code.closes_on is None or today <= code.closes_on)


def source_props(code: Code) -> dict[str, str]:
    """Where somebody came from who came by this code: what every fact about it carries."""
    platform = code.platform or ("pos" if code.entry != Entry.PARCEL_CARD else "")
    props = {
        "source_type": taxonomy.type_of(platform).value if platform else "",
        "platform": platform,
        "entry": str(code.entry),
        "code": str(code.code),
        "store": str(code.store),
        "staff": str(code.staff),
    }
    return {name: value for name, value in props.items() if value}


# ---------------------------------------------------------------- what may be said


def _say(code: Code, said: Mapping[str, Any]) -> None:
    unknown = set(said) - EDITABLE
    if unknown:
        raise TypeError(f"nothing of a code is called {sorted(unknown)}")
    for name, value in said.items():
        field = Code._meta.get_field(name)
        if isinstance(value, str):
            value = " ".join(value.split())
            most = getattr(field, "max_length", None)
            if most is not None and len(value) > most:
                raise BadInput(
                    f"long_{name}", _("This holds at most %(most)d characters."), most=most
                )
        setattr(code, name, value)
    if not code.name:
        raise BadInput("no_name", _("Give it a name."))
    if not code.offer:
        code.offer = kinds.offer_of(Entry(code.entry), the_shop().language)
    if "gift" in said:
        _check_gift(code)
    if code.gift_link and not _is_link(code.gift_link):
        raise BadInput("bad_link", _("A link starts with https:// or http://."))
    if code.account_id is not None and not Account.objects.filter(pk=code.account_id).exists():
        raise BadInput("no_such_account", _("There is no such account."))


def _check_gift(code: Code) -> None:
    if code.gift not in {each.value for each in Gift}:
        raise BadInput("bad_gift", _("There is nothing of this kind to give."))
    # Words of ours follow the kind; words somebody wrote stay.
    ours = {kinds.gift_text_of(each, the_shop().language) for each in Gift}
    if not code.gift_text or code.gift_text in ours:
        code.gift_text = kinds.gift_text_of(Gift(code.gift), the_shop().language)


def _is_link(text: str) -> bool:
    try:
        parts = urlsplit(text)
    except ValueError:
        return False
    return parts.scheme in ("http", "https") and bool(parts.hostname)
