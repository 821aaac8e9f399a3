"""Taking direct identifiers out of what other programs send: phones, e-mails, identity numbers, names, addresses.

What a type of fact does not list may hold anything. Before it is kept, whatever names somebody is replaced by what
it was (`[phone]`), and whatever stands under a name that says so is replaced whole (`[masked]`).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any

MASKED, PHONE, EMAIL, IDENTITY = "[masked]", "[phone]", "[email]", "[identity number]"
# Deeper than anybody means to send, and a bound on the work.
DEEPEST = 12
_EMAIL = re.compile(r"[\w.+%-]{1,64}@[\w-]{1,63}(?:\.[\w-]{1,63})+")
_PHONE = re.compile(
    r"(?<![\d.])(?:(?:\+|00)?86[ \-]?)?1[3-9]\d[ \-]?\d{4}[ \-]?\d{4}(?!\d)|(?<!\d)\+\d[\d \-]{7,16}\d"
)
_IDENTITY = re.compile(r"(?<!\d)\d{6}(\d{8})\d{3}[\dXx](?![\dXx])")
# Folded to letters and digits: `first_name`, `firstName` and `First Name` are one.
_NAMES = frozenset(
    [
        "name",
        "firstname",
        "lastname",
        "fullname",
        "middlename",
        "nickname",
        "realname",
        "username",
        "displayname",
        "contactname",
        "receivername",
        "receiver",
        "recipient",
        "consignee",
        "buyer",
        "buyername",
        "membername",
        "remark",
        "phone",
        "phonenumber",
        "mobile",
        "mobilephone",
        "mobileno",
        "mobilenumber",
        "tel",
        "telephone",
        "cellphone",
        "contactphone",
        "receiverphone",
        "receivermobile",
        "email",
        "mail",
        "emailaddress",
        "address",
        "street",
        "street1",
        "street2",
        "address1",
        "address2",
        "addressline1",
        "addressline2",
        "fulladdress",
        "receiveraddress",
        "shippingaddress",
        "billingaddress",
        "idcard",
        "idcardno",
        "identitynumber",
        "idnumber",
        "passport",
        "passportno",
        "ssn",
        "wechat",
        "wechatid",
        "weixin",
        "openid",
        "unionid",
        "externaluserid",
        "qq",
        "birthday",
        "birthdate",
        "dateofbirth",
        "dob",
        "ip",
        "ipaddress",
        "idfa",
        "idfv",
        "gaid",
        "oaid",
        "imei",
        "mac",
        "macaddress",
        "password",
        "token",
        "accesstoken",
        "secret",
        "cardnumber",
        "bankcard",
        "creditcard",
        "iban",
        "avatar",
        "useragent",
        "latitude",
        "longitude",
    ]
) | frozenset(
    [
        "姓名",
        "名字",
        "昵称",
        "收货人",
        "收件人",
        "手机",
        "手机号",
        "电话",
        "联系电话",
        "邮箱",
        "地址",
        "收货地址",
        "身份证",
        "身份证号",
        "微信",
        "微信号",
        "生日",
    ]
)
_NOISE = re.compile(r"[\W_]+")


def masked(value: Any, depth: int = 0) -> Any:
    """A JSON value without direct identifiers; the same shape, as far as it is not too deep."""
    if depth > DEEPEST:
        return MASKED
    if isinstance(value, Mapping):
        return {
            masked_text(str(name)): MASKED
            if names_somebody(str(name)) and _says_something(each)
            else masked(each, depth + 1)
            for name, each in value.items()
        }
    if isinstance(value, list | tuple):
        return [masked(each, depth + 1) for each in value]
    if isinstance(value, str):
        return masked_text(value)
    if isinstance(value, int) and not isinstance(value, bool):
        found = masked_text(str(value))
        return value if found == str(value) else found
    return value


def masked_text(text: str) -> str:
    """A text with every phone, e-mail and identity number replaced by what it was."""
    if "@" in text:
        text = _EMAIL.sub(EMAIL, text)
    if sum(map(str.isdigit, text)) < 8:
        return text
    text = _IDENTITY.sub(lambda found: IDENTITY if _is_day(found.group(1)) else found.group(), text)
    return _PHONE.sub(PHONE, text)


def names_somebody(name: str) -> bool:
    """Whether a property of this name holds what identifies somebody."""
    return _NOISE.sub("", name).casefold() in _NAMES


def _says_something(value: Any) -> bool:
    return value is not None and value != "" and not isinstance(value, bool)


def _is_day(digits: str) -> bool:
    """An identity number holds a date of birth; an order number of the same length seldom does."""
    try:
        born = date(int(digits[:4]), int(digits[4:6]), int(digits[6:]))
    except ValueError:
        return False
    return 1900 <= born.year <= 2100
