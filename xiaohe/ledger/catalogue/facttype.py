"""What a type of fact must say of itself before anybody may state one."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

import orjson
from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput

# What events of a site or an app carry beside their own properties.
CONTEXT = {
    "path": "path of the page, without its query",
    "campaign": "name, source, medium, content and term of the campaign that led there",
    "library": "which client told it",
    "properties": "JSON object of what the type does not list, direct identifiers masked",
}
PRODUCT = {
    "product_id": "the article's id",
    "sku": "the variant",
    "title": "its name",
    "category": "its category",
    "brand": "its brand",
    "coupon": "coupon on it",
    "position": "its place in the list",
    **CONTEXT,
}
LIST = {
    "list_id": "id of the list",
    "category": "its category",
    "products": "the articles: product_id, sku, title, category, brand, price as text",
    **CONTEXT,
}
CART = {
    "cart_id": "id of the cart",
    "coupon": "coupon on it",
    "products": "the articles: product_id, sku, title, category, brand, price as text, quantity",
    **CONTEXT,
}


@dataclass(frozen=True)
class FactType:
    """One kind of thing that happens: its name, its names for people, and the only properties it may carry."""

    name: str
    zh: str
    en: str
    doc: str
    # property → what it says; a property that is not listed here is refused, so no identifier can slip in.
    props: Mapping[str, str] = field(default_factory=dict)

    def unknown_props(self, given: Iterable[str]) -> list[str]:
        return sorted(set(given) - set(self.props))


class UnknownProps(BadInput):
    """A fact carries a property its type does not list; the names are told, never the values."""

    def __init__(self, type_name: str, names: list[str]) -> None:
        super().__init__(
            "unknown_props",
            _("Facts of the type %(type)s have no property named %(names)s."),
            type=type_name,
            names=", ".join(names),
        )


def as_json(props: Mapping[str, Any] | None) -> str | None:
    """The one spelling of properties: sorted, compact, non-ASCII kept; empty is null."""
    if not props:
        return None
    return orjson.dumps(
        props if type(props) is dict else dict(props), option=orjson.OPT_SORT_KEYS
    ).decode()
