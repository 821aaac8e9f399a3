"""Direct identifiers in what other programs send are taken out; numbers that only look long stay."""

from __future__ import annotations

from typing import Any

import pytest

from xiaohe.people.masking import masked


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        ("call 138-0013-8000 or +86 13900139000", "call [phone] or [phone]"),
        ("+44 7700 900123", "[phone]"),
        ("ann.b+x@shop.example.org!", "[email]!"),
        ("11010519491231002X", "[identity number]"),
        ("order 2026110322001456789012", "order 2026110322001456789012"),
        (13800138000, "[phone]"),
        (129900, 129900),
        (
            {"firstName": "Ann", "first_name": "", "n": 1},
            {"firstName": "[masked]", "first_name": "", "n": 1},
        ),
        ({"收货地址": "杭州市", "has_phone": True}, {"收货地址": "[masked]", "has_phone": True}),
        ({"13800138000": 1, "phone": {"a": 1}}, {"[phone]": 1, "phone": "[masked]"}),
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
