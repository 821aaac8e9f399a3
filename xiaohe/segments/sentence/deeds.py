"""What people did, as they say it: whole phrases for what is asked often, the catalogue's own names for the rest."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.translation import get_language
from django.utils.translation import gettext_lazy as _

from xiaohe.ledger.catalogue import TYPES
from xiaohe.ledger.catalogue.custom import PREFIX


@dataclass(frozen=True)
class Deed:
    """`did` and `did_not` end the clause "they …"; those with `where` have a place for it. `name`: several of them."""

    name: Any
    did: Any
    did_not: Any
    did_where: Any
    did_not_where: Any


DEEDS = {
    "purchase": Deed(
        _("purchases"),
        _("bought something"),
        _("bought nothing"),
        _("bought something (%(where)s)"),
        _("bought nothing of this kind (%(where)s)"),
    ),
    "purchase.item": Deed(
        _("goods bought"),
        _("bought goods"),
        _("bought no goods"),
        _("bought goods whose %(where)s"),
        _("bought no goods whose %(where)s"),
    ),
    "link": Deed(
        _("links with us"),
        _("linked up with us"),
        _("did not link up with us"),
        _("linked up with us (%(where)s)"),
        _("did not link up with us this way (%(where)s)"),
    ),
    "tag": Deed(
        _("tags"),
        _("carry a tag"),
        _("carry no tag"),
        _("carry a tag (%(where)s)"),
        _("carry no such tag (%(where)s)"),
    ),
    "opened": Deed(
        _("looks at our content, pages or goods"),
        _("opened something of ours"),
        _("opened nothing of ours"),
        _("opened something of ours (%(where)s)"),
        _("opened nothing of ours of this kind (%(where)s)"),
    ),
    "signal": Deed(
        _("signs of life"),
        _("gave a sign of life"),
        _("gave no sign of life"),
        _("gave a sign of life (%(where)s)"),
        _("gave no sign of life of this kind (%(where)s)"),
    ),
    "message.in": Deed(
        _("messages to us"),
        _("wrote to us"),
        _("did not write to us"),
        _("wrote to us (%(where)s)"),
        _("did not write to us this way (%(where)s)"),
    ),
    "message.out": Deed(
        _("messages from us"),
        _("got a message from us"),
        _("got no message from us"),
        _("got a message from us (%(where)s)"),
        _("got no message of this kind from us (%(where)s)"),
    ),
    "content.clicked": Deed(
        _("clicks on our content"),
        _("clicked on our content"),
        _("did not click on our content"),
        _("clicked on our content (%(where)s)"),
        _("did not click on content of this kind (%(where)s)"),
    ),
    "complaint.opened": Deed(
        _("complaints"),
        _("complained"),
        _("did not complain"),
        _("complained (%(where)s)"),
        _("did not complain this way (%(where)s)"),
    ),
    "product.reviewed": Deed(
        _("reviews of goods"),
        _("reviewed goods"),
        _("reviewed no goods"),
        _("reviewed goods (%(where)s)"),
        _("reviewed no goods this way (%(where)s)"),
    ),
    "product.viewed": Deed(
        _("looks at goods"),
        _("looked at goods"),
        _("looked at no goods"),
        _("looked at goods (%(where)s)"),
        _("looked at no goods of this kind (%(where)s)"),
    ),
    "cart.added": Deed(
        _("goods put into the cart"),
        _("put goods into the cart"),
        _("put no goods into the cart"),
        _("put goods into the cart (%(where)s)"),
        _("put no goods of this kind into the cart (%(where)s)"),
    ),
    "voucher.entered": Deed(
        _("vouchers typed in"),
        _("typed in a voucher"),
        _("typed in no voucher"),
        _("typed in a voucher (%(where)s)"),
        _("typed in no voucher of this kind (%(where)s)"),
    ),
    "member.joined": Deed(
        _("joinings as a member"),
        _("joined as a member"),
        _("did not join as a member"),
        _("joined as a member (%(where)s)"),
        _("did not join as a member this way (%(where)s)"),
    ),
}
# Everything else that happens has a name of its own.
NAMED = Deed(
    _("“%(what)s”"),
    _("had “%(what)s”"),
    _("had no “%(what)s”"),
    _("had “%(what)s” (%(where)s)"),
    _("had no “%(what)s” of this kind (%(where)s)"),
)
AREAS = {
    "order.*": _("anything to do with orders"),
    "identity.*": _("anything to do with who they are"),
    "link.*": _("anything to do with links"),
    "claim.*": _("anything to do with claims"),
    "message.*": _("any message"),
    "task.*": _("anything to do with tasks"),
    "touch.*": _("anything to do with comparisons"),
    "browse.*": _("anything on our pages"),
    "voucher.*": _("anything to do with vouchers"),
    "content.*": _("anything to do with content"),
    "member.*": _("anything to do with membership"),
    "date.*": _("anything to do with days told"),
    "consent.*": _("anything to do with consent"),
    "service.*": _("anything to do with service"),
    "ops.*": _("anything to do with tags"),
    "segment.*": _("anything to do with segments"),
}


def label(record: str) -> str:
    """How records of that name are called."""
    if deed := DEEDS.get(record):
        return str(deed.name)
    if area := AREAS.get(record):
        return str(area)
    if found := TYPES.get(record):
        return found.zh if (get_language() or "").startswith("zh") else found.en
    return record.removeprefix(PREFIX)


def name(record: str) -> str:
    """As part of a clause; what has no phrase of its own stands in quotation marks."""
    return label(record) if record in DEEDS else str(NAMED.name) % {"what": label(record)}


def phrase(record: str, where: str, *, is_not: bool = False) -> str:
    """`bought nothing`, `bought goods whose …`; `where` is the condition in words, empty for none."""
    deed = DEEDS.get(record, NAMED)
    if where:
        template = deed.did_not_where if is_not else deed.did_where
    else:
        template = deed.did_not if is_not else deed.did
    return str(template) % {"what": label(record), "where": where}
