"""Orders of the e-commerce spec as the facts that file imports give, so that everything reads them alike.

Order Completed   order.created + order.paid (what was paid for the whole order) + order.item per article
Order Updated     order.created + order.paid: the largest amount stands, so less is told by Order Refunded
Order Refunded    order.refunded, **cumulative**: `total` is what went back of this order so far; without `total` the
                  articles' price × quantity, cumulative per article; with neither the whole order is called back
Order Cancelled   order.closed

What was paid is `total`; else `revenue` + `shipping` + `tax`, as the spec defines revenue; else the articles tell it.
"""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from xiaohe.kernel.ids import fold
from xiaohe.kernel.money import to_minor
from xiaohe.ledger.stream import Fact
from xiaohe.people.masking import masked_text
from xiaohe.sources.segment import amounts
from xiaohe.sources.segment.desk import Desk
from xiaohe.sources.segment.messages import Message
from xiaohe.sources.segment.reasons import Reason, Unreadable
from xiaohe.sources.segment.table import Shape

_LINE_TEXTS = (("sku", "sku"), ("name", "title"), ("category", "category"), ("brand", "brand"))


def order_id_of(properties: Mapping[str, Any]) -> Any:
    found = properties.get("order_id")
    return properties.get("orderId") if found is None else found


def products_of(properties: Mapping[str, Any]) -> list[dict[str, Any]]:
    found = properties.get("products")
    if found is None:
        return []
    if type(found) is not list or any(type(each) is not dict for each in found):
        raise Unreadable(Reason.BAD_PROPERTIES)
    return found


def code_of(product: Mapping[str, Any]) -> Any:
    """What identifies an article: its id, else its variant, else its name."""
    for name in ("product_id", "productId", "id", "sku", "name"):
        found = product.get(name)
        if found is not None and found != "":
            return found
    return None


def facts_of(shape: Shape, message: Message, desk: Desk, first: Fact) -> list[Fact]:
    """The facts of an order event; `first` carries the message's key, times, subject and properties."""
    given = message.properties
    order = desk.order(order_id_of(given))
    if order is None:
        raise Unreadable(Reason.MISSING_ORDER_ID)
    currency = amounts.currency_of(given.get("currency"), desk.currency)
    if shape is Shape.CANCEL:
        return [first._replace(type="order.closed", order_key=order)]
    if shape is Shape.REFUND:
        return _refund(given, currency, desk, first._replace(order_key=order))
    lines = _lines(products_of(given), currency, desk) if shape is Shape.ORDER else []
    paid = _paid(given, currency)
    # A payment bill knows an order by no more than its number without the platform.
    number = fold(str(order_id_of(given)))
    created = first._replace(order_key=order, other=desk.hashed("number", number))
    pieces = float(sum(line[1] for line in lines)) if lines else None
    bare = created._replace(props=None, other=None)
    facts = [
        created,
        bare._replace(
            key=f"1|{message.id}",
            type="order.paid",
            amount=paid,
            currency=None if paid is None else currency,
            quantity=pieces,
        ),
    ]
    seen: dict[Any, int] = {}
    month = f"{message.stated_at:%Y-%m}"
    for item, quantity, line_amount, texts in lines:
        nth = seen[item] = seen.get(item, -1) + 1
        facts.append(
            bare._replace(
                # By the order, not the message: a shop whose site and server both tell it states each line once.
                # With the month, so that a key is never asked for beyond the time it is remembered.
                key=f"item|{order}|{item}|{nth}|{month}",
                type="order.item",
                item_key=item,
                quantity=float(quantity),
                amount=line_amount,
                currency=None if line_amount is None else currency,
                props=texts or None,
            )
        )
    return facts


def _paid(given: Mapping[str, Any], currency: str) -> int | None:
    total = given.get("total")
    if total is None or total == "":
        revenue = given.get("revenue")
        if revenue is None or revenue == "":
            return None
        parts = (given.get(name) for name in ("shipping", "tax"))
        exact = amounts.decimal(revenue) + sum(
            (amounts.decimal(part) for part in parts if part is not None and part != ""), Decimal(0)
        )
    else:
        exact = amounts.decimal(total)
    if exact < 0:
        raise Unreadable(Reason.BAD_MONEY)
    return to_minor(exact, currency)


Line = tuple[int | None, Decimal, int | None, dict[str, Any]]


def _lines(products: list[dict[str, Any]], currency: str, desk: Desk) -> list[Line]:
    lines: list[Line] = []
    for product in products:
        quantity = amounts.quantity(product.get("quantity"))
        price = product.get("price")
        exact = None if price is None or price == "" else amounts.decimal(price)
        texts = {
            prop: masked_text(str(value))
            for name, prop in _LINE_TEXTS
            if (value := product.get(name)) is not None and not isinstance(value, dict | list)
        }
        if exact is not None:
            texts["unit_price"] = str(exact)
        amount = None if exact is None else to_minor(exact * quantity, currency)
        lines.append((desk.item(code_of(product)), quantity, amount, texts))
    return lines


def _refund(given: Mapping[str, Any], currency: str, desk: Desk, first: Fact) -> list[Fact]:
    total = given.get("total")
    if total is not None and total != "":
        exact = amounts.decimal(total)
        if exact < 0:
            raise Unreadable(Reason.BAD_MONEY)
        return [first._replace(amount=to_minor(exact, currency), currency=currency)]
    lines = [line for line in _lines(products_of(given), currency, desk) if line[2] is not None]
    if not lines:
        return [first._replace(type="order.closed")]
    facts = []
    for nth, (item, quantity, amount, _texts) in enumerate(lines):
        key, props = (first.key, first.props) if nth == 0 else (f"{nth}|{first.key}", None)
        facts.append(
            first._replace(
                key=key,
                props=props,
                item_key=item if item is not None else first.order_key,
                quantity=float(quantity),
                amount=amount,
                currency=currency,
            )
        )
    return facts
