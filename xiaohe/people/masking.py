"""Direct identifiers out of what nobody listed: phones, e-mails, ID and card numbers, and whatever a key names so.

    {"plan": "gold", "note": "ring 138 0013 8000", "contact": {"phone": "…"}}
    ► {"plan": "gold", "note": "ring [masked]", "contact": "[masked]"}

Better one order number too many masked than one phone kept: a run of 14 digits or more is taken for a card. Times in
milliseconds (13 digits) pass. Of an address on the web the path is kept, never the query.
"""

from __future__ import annotations

import re
import unicodedata
from typing import Any

MASK = "[masked]"
# Deeper is not read by anybody; its content is left out rather than searched.
DEEPEST = 6
LONGEST_TEXT = 2_000
MOST_REMEMBERED = 20_000
# No number of seven digits is anybody's.
PLAIN_NUMBER = 10_000_000

_SEP = r"[\s.\-‐-―()/·]"
_DIRECT = re.compile(
    # e-mail
    r"[^\s@<>\"',;:()\[\]/?=&]+@[^\s@<>\"',;:()\[\]/?=&]+\.[^\s@<>\"',;:()\[\]/?=&.]+"
    # with a country code: +86 138 0013 8000, 0044 20 7946 0958
    rf"|(?<!\d)(?:\+|00)\d(?:{_SEP}{{0,2}}\d){{7,14}}(?!\d)"
    # Chinese mobile, with or without 86, in whatever groups
    rf"|(?<!\d)(?:86{_SEP}{{0,2}})?1{_SEP}{{0,2}}[3-9](?:{_SEP}{{0,2}}\d){{9}}(?!\d)"
    # Chinese landline
    rf"|(?<!\d)0\d{{2,3}}{_SEP}{{1,2}}\d{{7,8}}(?!\d)"
    # ID card of 18, of 15; cards of any kind, grouped or not
    rf"|(?<!\d)\d{{17}}[\dXx](?![\dA-Za-z])|(?<!\d)\d(?:[ \-]?\d){{13,}}(?!\d)"
    # (415) 555-2671, 415-555-2671
    r"|(?<!\d)\(?\d{3}\)?[\s.\-]\d{3}[\s.\-]\d{4}(?!\d)"
)
_URL = re.compile(r"(?P<base>(?:[a-zA-Z][a-zA-Z0-9+.\-]*://|^/)[^\s?#]*)[?#]\S*")
# Nothing below can be in a text without one of these, which is quick to see.
_SUSPECT = re.compile(r"@|\d(?:\D{0,3}\d){6}|[?#]|[^\x00-\x7f]")

_WHOLE_KEYS = frozenset(
    [
        "name",
        "firstname",
        "lastname",
        "fullname",
        "realname",
        "nickname",
        "username",
        "surname",
        "givenname",
        "familyname",
        "middlename",
        "displayname",
        "contactname",
        "customername",
        "receivername",
        "recipientname",
        "buyername",
        "ownername",
        "membername",
        "billingname",
        "shippingname",
        "legalname",
        "cardholder",
        "cardholdername",
        "tel",
        "fax",
        "ip",
        "ipaddress",
        "ssn",
        "dob",
        "birthday",
        "birthdate",
        "passport",
        "idcard",
        "idno",
        "idnumber",
        "nationalid",
        "taxid",
        "qq",
        "wx",
        "openid",
        "unionid",
        "externaluserid",
        "street",
        "zip",
        "zipcode",
        "postcode",
        "postalcode",
        "latitude",
        "longitude",
        "lat",
        "lng",
        "cardnumber",
        "cardno",
        "pan",
        "iban",
        "cvv",
        "cvc",
        "bankaccount",
        "password",
        "passwd",
        "token",
        "secret",
        "contact",
        "receiver",
        "recipient",
        "consignee",
        "buyer",
        "avatar",
        "idfa",
        "idfv",
        "advertisingid",
        "deviceid",
        "imei",
        "mac",
        "姓名",
        "名字",
        "姓",
        "名",
        "昵称",
        "收货人",
        "收件人",
        "联系人",
        "客户名",
        "会员名",
        "用户名",
        "电话",
        "手机",
        "生日",
        "地址",
        "邮箱",
        "邮编",
        "微信",
        "身份证",
    ]
)
_PARTS = (
    "phone", "mobile", "telephone", "cellphone", "email", "address", "wechat", "weixin", "whatsapp", "idcard",
    "passport", "creditcard", "手机", "电话", "邮箱", "邮件", "地址", "姓名", "身份证", "微信", "收货人", "联系方式",
)  # fmt: skip

LONGEST_REMEMBERED = 80

# Of a property's name: as it is kept, and whether it names a direct identifier.
_names: dict[str, tuple[str, bool]] = {}
_texts: dict[str, str] = {}


def names_an_identifier(key: str) -> bool:
    """Whether a property of this name is a direct identifier whatever it holds; product_name is none."""
    return (_names.get(key) or _name(key))[1]


def _name(key: str) -> tuple[str, bool]:
    folded = re.sub(r"[\W_]+", "", unicodedata.normalize("NFKC", key).casefold())
    hides = folded in _WHOLE_KEYS or any(part in folded for part in _PARTS)
    found = _masked_text(key), hides
    if len(key) <= LONGEST_REMEMBERED:
        if len(_names) >= MOST_REMEMBERED:
            _names.clear()
        _names[key] = found
    return found


def masked_text(text: str) -> str:
    """The text with every direct identifier in it masked, and no query on an address."""
    known = _texts.get(text)
    if known is None:
        known = _masked_text(text)
        if len(text) <= LONGEST_REMEMBERED:
            if len(_texts) >= MOST_REMEMBERED:
                _texts.clear()
            _texts[text] = known
    return known


def _masked_text(text: str) -> str:
    if len(text) > LONGEST_TEXT:
        text = text[:LONGEST_TEXT] + "…"
    if not _SUSPECT.search(text):
        return text
    if not text.isascii():
        # Full-width digits and the like are numbers to whoever reads them.
        plain = unicodedata.normalize("NFKC", text)
        if plain != text and (_DIRECT.search(plain) or _URL.search(plain)):
            text = plain
    return _DIRECT.sub(MASK, _URL.sub(r"\g<base>", text))


def masked(value: Any, depth: int = 0) -> Any:
    """JSON with every direct identifier masked, in keys and values, at any depth."""
    kind = type(value)
    if kind is str:
        return masked_text(value)
    if kind is bool or value is None:
        return value
    if kind is int or kind is float:
        return _masked_number(value)
    if depth >= DEEPEST:
        return MASK
    if kind is dict:
        return _masked_object(value, depth + 1)
    return [masked(each, depth + 1) for each in value]


def _masked_object(value: dict[str, Any], depth: int) -> dict[str, Any]:
    """Every property of every event passes here: what is common is decided without a call."""
    kept: dict[str, Any] = {}
    for key, each in value.items():
        name, hides = _names.get(key) or _name(key)
        if hides and each is not None:
            kept[name] = MASK
            continue
        kind = type(each)
        if kind is str:
            kept[name] = _texts.get(each) or masked_text(each)
        elif (kind is int or kind is float) and -PLAIN_NUMBER < each < PLAIN_NUMBER:
            kept[name] = each
        else:
            kept[name] = masked(each, depth)
    return kept


def _masked_number(value: int | float) -> Any:
    if -PLAIN_NUMBER < value < PLAIN_NUMBER:
        return value
    if value != value or value in (float("inf"), float("-inf")):
        return None
    whole = abs(int(value))
    return MASK if _DIRECT.search(str(whole)) else value
