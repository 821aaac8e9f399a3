"""Direct identifiers in what other programs send are taken out; numbers that only look long stay."""

from __future__ import annotations

from typing import Any

import pytest

from xiaohe.people.masking import masked


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("call 138-0013-8000 or +86 13900139000", "call [masked] or [masked]"),
        ("+44 7700 900123", "[masked]"),
        ("ann.b+x@shop.example.org", "[masked]"),
        ("１３８００１３８０００", "[masked]"),
        ("11010519491231002X", "[masked]"),
        ("https://shop.example/a?phone=1", "https://shop.example/a"),
        (13800138000, "[masked]"),
        (129900, 129900),
        (
            {"firstName": "Ann", "product_name": "Tea"},
            {"firstName": "[masked]", "product_name": "Tea"},
        ),
        ({"收货地址": "杭州市", "n": None}, {"收货地址": "[masked]", "n": None}),
        ({"13800138000": 1, "phone": {"a": 1}}, {"[masked]": 1, "phone": "[masked]"}),
        ([{"email": "x"}, None, 1.5, True], [{"email": "[masked]"}, None, 1.5, True]),
    ],
)
def test_what_names_somebody_is_replaced(given: Any, kept: Any) -> None:
    assert masked(given) == kept


def test_what_is_too_deep_is_not_kept() -> None:
    deep: Any = "13800138000"
    for _level in range(50):
        deep = [deep]

    assert "138" not in str(masked(deep))
