"""Who is who: edges of evidence between keys. A join is undone by another fact, never by an edit."""

from __future__ import annotations

from xiaohe.ledger.catalogue.facttype import CONTEXT, FactType

TYPES = (
    FactType(
        "identity.seen",
        "发现身份",
        "Keys seen together",
        "A source states two keys, subject and other, for one person.",
        {
            "kind": "what joins them: phone, order_no, email, device (an anonymous id of a site or an app),"
            " alias (a former id); device_phone, device_email: stated by somebody not signed in; unionid, openid,"
            " external_userid, claim (the word a claimed order gave), address (never joins)",
            "scope": "of an openid or external_userid: the app or the company it is of, where there may be several",
        },
    ),
    FactType(
        "identity.described",
        "资料",
        "Described",
        "A site or an app told who somebody is; phones, e-mails and names are kept sealed, elsewhere.",
        CONTEXT,
    ),
    FactType(
        "identity.grouped",
        "归属",
        "Grouped",
        "The person behind subject belongs to a company or team: other is its keyed hash.",
        CONTEXT,
    ),
    FactType(
        "identity.merged",
        "合并",
        "Joined by hand",
        "Somebody of the shop said that subject and other are one person.",
        {"why": "published reason code"},
    ),
    FactType(
        "identity.unmerged",
        "撤销合并",
        "Taken apart by hand",
        "Somebody of the shop said that subject and other are not one person; the latest statement holds.",
        {"why": "published reason code"},
    ),
    FactType(
        "identity.left_open",
        "先放着",
        "Left open",
        "Somebody of the shop does not know whether subject and other are one person.",
        {
            "why": "published reason code",
            "because": "codes of what spoke for it then; asked again only when something new does",
        },
    ),
    FactType(
        "identity.marked",
        "标记",
        "Marked",
        "Subject is not a customer: staff, a test, or our own address or phone; left out of every number.",
        {
            "as": "what it is: staff, test, own",
            "on": "what subject is: person (any of its subjects), phone, address",
        },
    ),
    FactType(
        "identity.unmarked",
        "取消标记",
        "No longer marked",
        "Subject is a customer after all; the latest statement holds.",
        {
            "as": "what it was: staff, test, own",
            "on": "what subject is: person (any of its subjects), phone, address",
        },
    ),
)
