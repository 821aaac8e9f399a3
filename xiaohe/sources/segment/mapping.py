"""One message becomes facts, evidence and sealed identifiers: pure, and the only place that decides what is kept.

    identify   identity.described,          group    identity.grouped         evidence  user—device, user—phone,
               date.told (a birthday)                                                    user—e-mail, user—former id
    page       page.viewed                  alias    evidence only
    screen     screen.viewed                track    by table.py, else custom:<name>

A fact's key is its message's id, so a message delivered twice is one. Dropped: IP, user agent, referrers, whatever of
the context is not named in `_context`.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.money import to_minor
from xiaohe.ledger.catalogue.custom import LONGEST_NAME, OTHER, PREFIX
from xiaohe.ledger.stream import Fact
from xiaohe.people import days, keys
from xiaohe.people.keys import Kind, Namespace
from xiaohe.people.masking import masked, masked_text
from xiaohe.sources import birthdays
from xiaohe.sources.segment import amounts, orders, table
from xiaohe.sources.segment import messages as calls
from xiaohe.sources.segment.desk import Desk, Mapped, Value
from xiaohe.sources.segment.messages import Message
from xiaohe.sources.segment.reasons import Unreadable
from xiaohe.sources.segment.table import PAGE, SCREEN, Row, Shape

_CAMPAIGN = ("name", "source", "medium", "term", "content", "id")
_ORDER_SHAPES = frozenset({Shape.ORDER, Shape.UPDATE, Shape.REFUND, Shape.CANCEL})
_LONGEST = 200
# Traits that go to the vault, or nowhere, but never into a fact.
_NAMES = ("name", "firstName", "lastName", "first_name", "last_name", "username", "title")
# Of an event: read into columns, or never kept.
_READ = frozenset(
    {
        "price",
        "quantity",
        "currency",
        "total",
        "revenue",
        "order_id",
        "orderId",
        "products",
        "value",
    }
)
# Of a page call: the path is kept by itself, the rest tells where somebody came from and what they typed.
_NOTHING: frozenset[str] = frozenset()
_OF_A_PAGE = frozenset({"url", "referrer", "search", "path"})


def facts_of(message: Message, desk: Desk) -> Mapped:
    """Everything one message says; raises Unreadable."""
    subject = desk.subject(message)
    mapped = Mapped([])
    if message.kind is calls.Kind.TRACK:
        row = table.row_of(message.event)
        mapped.facts = (
            _custom(message, desk, subject) if row is None else _mapped(row, message, desk, subject)
        )
        is_order = row is not None and row.shape in _ORDER_SHAPES
        if is_order and message.user:
            mapped.values.append(Value(subject, Kind.CUSTOMER, f"{desk.platform}:{message.user}"))
    elif message.kind is calls.Kind.PAGE:
        mapped.facts = _mapped(PAGE, message, desk, subject)
    elif message.kind is calls.Kind.SCREEN:
        mapped.facts = _mapped(SCREEN, message, desk, subject)
    elif message.kind is calls.Kind.GROUP:
        group = desk.hashed(Namespace.GROUP, f"{desk.platform}:{message.group}")
        mapped.facts = [
            _fact(
                "identity.grouped",
                message,
                desk,
                subject,
                _context(message, message.properties),
                other=group,
            )
        ]
    elif message.kind is calls.Kind.IDENTIFY:
        mapped.facts = [
            _fact(
                "identity.described",
                message,
                desk,
                subject,
                _context(message, _plain_traits(message.properties)),
            )
        ]
        mapped.facts += _birthday(message, desk, subject)
        _describe(mapped, message, message.properties, desk, subject)
    else:
        _alias(mapped, message, desk, subject)
    traits = message.context.get("traits")
    if type(traits) is dict and traits:
        _describe(mapped, message, traits, desk, subject)
    if message.user and message.device:
        mapped.edges.append(_edge("device", message, desk, subject, desk.device(message.device)))
    return mapped


# ---------------------------------------------------------------- facts


def _fact(
    type_name: str,
    message: Message,
    desk: Desk,
    subject: int,
    props: dict[str, Any] | None,
    **columns: Any,
) -> Fact:
    return Fact(
        source=desk.source,
        key=f"0|{message.id}",
        type=type_name,
        occurred_at=message.occurred_at,
        stated_at=message.stated_at,
        subject=subject,
        props=props or None,
        **columns,
    )


def _custom(message: Message, desk: Desk, subject: int) -> list[Fact]:
    name = masked_text(" ".join(message.event.split()))[:LONGEST_NAME].strip()
    type_name = desk.custom(name)
    props = _context(message, message.properties)
    if type_name == OTHER and name != OTHER.removeprefix(PREFIX):
        props["name"] = name
    return [_fact(type_name, message, desk, subject, props)]


def _mapped(row: Row, message: Message, desk: Desk, subject: int) -> list[Fact]:
    given, shape = message.properties, row.shape
    listed: dict[str, Any] = {}
    rest: dict[str, Any] = {}
    fields = row.fields
    left_out = _OF_A_PAGE if row is PAGE else _READ if shape is not Shape.PLAIN else _NOTHING
    for name, value in given.items():
        prop = fields.get(name)
        if prop is not None:
            if value is not None and value != "":
                listed[prop] = _listed(value)
        elif name not in left_out:
            rest[name] = value
    if row is PAGE or row is SCREEN:
        _of_call(listed, message)
    props = _context(message, rest)
    props.update(listed)
    if shape is Shape.PLAIN:
        return [_fact(row.type, message, desk, subject, props)]
    if shape in _ORDER_SHAPES:
        return orders.facts_of(shape, message, desk, _fact(row.type, message, desk, subject, props))
    columns = _columns(shape, given, desk, props)
    return [_fact(row.type, message, desk, subject, props, **columns)]


def _of_call(listed: dict[str, Any], message: Message) -> None:
    """A page's or screen's own name stands beside its properties, not among them."""
    if message.event:
        listed["name"] = _listed(message.event)
    if isinstance(message.category, str) and message.category:
        listed["category"] = _listed(message.category)


def _columns(
    shape: Shape, given: Mapping[str, Any], desk: Desk, props: dict[str, Any]
) -> dict[str, Any]:
    """Columns of browsing events: what cannot be read of their money is left out, no order hangs on it."""
    columns: dict[str, Any] = {}
    if shape in (Shape.PRODUCT, Shape.LINE):
        columns["item_key"] = desk.item(orders.code_of(given))
        worth = given.get("price")
    elif shape is Shape.DISCOUNT:
        worth = given.get("discount")
    elif shape is Shape.CART:
        worth = given.get("value", given.get("total", given.get("revenue")))
    else:
        worth = None
    if shape in (Shape.CART, Shape.DISCOUNT):
        columns["order_key"] = desk.order(orders.order_id_of(given))
    if shape in (Shape.CART, Shape.PRODUCTS) and (articles := _articles(given.get("products"))):
        props["products"] = articles
    try:
        currency = amounts.currency_of(given.get("currency"), desk.currency)
        pieces = amounts.quantity(given.get("quantity"))
        if shape is Shape.LINE:
            columns["quantity"] = float(pieces)
        if worth is not None and worth != "":
            exact = amounts.decimal(worth)
            exact = exact * pieces if shape is Shape.LINE else exact
            columns["amount"], columns["currency"] = to_minor(exact, currency), currency
    except Unreadable:
        columns.pop("amount", None)
    return columns


def _articles(products: Any) -> list[dict[str, Any]]:
    if type(products) is not list:
        return []
    return [
        {
            prop: _listed(each[name])
            for name, prop in table.ARTICLE.items()
            if each.get(name) is not None
        }
        for each in products
        if type(each) is dict
    ]


def _listed(value: Any) -> Any:
    """A listed property: short text or a number, direct identifiers masked all the same."""
    if type(value) is str:
        return masked_text(value[:_LONGEST] if len(value) > _LONGEST else value)
    return masked(value)


def _context(message: Message, rest: Mapping[str, Any]) -> dict[str, Any]:
    """What is kept beside the listed properties: page path, campaign, library, and the rest masked."""
    kept: dict[str, Any] = {}
    context = message.context
    path = message.properties.get("path") if message.kind is calls.Kind.PAGE else None
    if context:
        page = context.get("page")
        if path is None and page is not None and type(page) is dict:
            path = page.get("path")
        campaign = context.get("campaign")
        if campaign and type(campaign) is dict and (told := _campaign(campaign)):
            kept["campaign"] = told
        library = context.get("library")
        if library is not None and type(library) is dict and type(library.get("name")) is str:
            kept["library"] = _listed(library["name"])
    if path is not None and type(path) is str and path:
        kept["path"] = masked_text(path.split("?", 1)[0].split("#", 1)[0][:_LONGEST])
    if rest:
        kept["properties"] = masked(rest)
    return kept


def _campaign(campaign: Mapping[str, Any]) -> dict[str, Any]:
    return {
        name: _listed(value)
        for name in _CAMPAIGN
        if isinstance(value := campaign.get(name), str | int) and value != ""
    }


# ---------------------------------------------------------------- who


def _plain_traits(traits: Mapping[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in traits.items() if name not in _NAMES}


def _birthday(message: Message, desk: Desk, subject: int) -> list[Fact]:
    """The trait `birthday`; what is no day is left out, as an e-mail that is none."""
    written = message.properties.get("birthday")
    if type(written) is not str:
        return []
    try:
        day = birthdays.read(written, desk.now.date())
    except BadInput:
        return []
    if day is None:
        return []
    said = days.props(days.Name.BIRTHDAY, day)
    fact = _fact(days.TOLD, message, desk, subject, said)
    return [fact._replace(key=f"birthday|{message.id}")]


def _edge(kind: str, message: Message, desk: Desk, subject: int, other: int) -> Fact:
    return Fact(
        source=desk.source,
        # Once a month: the key is remembered longer than that, so it is never in the ledger twice.
        key=f"{kind}|{subject}|{other}|{message.stated_at:%Y-%m}",
        type="identity.seen",
        occurred_at=message.occurred_at,
        stated_at=message.stated_at,
        subject=subject,
        other=other,
        props={"kind": kind},
    )


def _alias(mapped: Mapped, message: Message, desk: Desk, subject: int) -> None:
    """A former id is an anonymous one or a user's: nobody says which, so both are tied."""
    assert message.previous is not None
    for other in (desk.device(message.previous), desk.user(message.previous)):
        if other != subject:
            mapped.edges.append(_edge("alias", message, desk, subject, other))
    mapped.values.append(Value(subject, Kind.CUSTOMER, f"{desk.platform}:{message.user}"))


def _describe(
    mapped: Mapped, message: Message, traits: Mapping[str, Any], desk: Desk, subject: int
) -> None:
    """Phone, e-mail and name into the vault; phone and e-mail as evidence."""
    if message.user and message.kind is calls.Kind.IDENTIFY:
        mapped.values.append(Value(subject, Kind.CUSTOMER, f"{desk.platform}:{message.user}"))
    told_by = "" if message.user else "device_"
    for name, namespace, kind in (
        ("phone", Namespace.PHONE, Kind.PHONE),
        ("email", Namespace.EMAIL, Kind.EMAIL),
    ):
        value = traits.get(name)
        if isinstance(value, int) and not isinstance(value, bool):
            value = str(value)
        if type(value) is not str:
            continue
        key = keys.normalise(namespace, value)
        if key is not None:
            mapped.values.append(Value(subject, kind, key))
            edge = _edge(f"{told_by}{name}", message, desk, subject, desk.hashed(namespace, key))
            mapped.edges.append(edge)
    shown = _name(traits)
    if shown:
        mapped.values.append(Value(subject, Kind.RECEIVER, shown))


def _name(traits: Mapping[str, Any]) -> str:
    for name in ("name", "username"):
        value = traits.get(name)
        if type(value) is str and value.strip():
            return value.strip()[:80]
    parts = [
        traits.get(first) or traits.get(second)
        for first, second in (("firstName", "first_name"), ("lastName", "last_name"))
    ]
    return " ".join(part.strip() for part in parts if type(part) is str and part.strip())[:80]
