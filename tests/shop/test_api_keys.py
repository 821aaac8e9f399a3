from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.shop import api_keys, audit
from xiaohe.shop.api_keys import Scope
from xiaohe.shop.models import ApiKey, AuditAct

NOW = datetime(2026, 5, 4, 9, tzinfo=UTC)


def test_a_key_is_told_once_and_holds_until_it_is_revoked(any_place: Any) -> None:
    row, key = api_keys.add("reports", [Scope.SEGMENTS_READ], NOW, user_id=3)

    assert api_keys.caller_of(key).scopes == {"segments:read"}  # type: ignore[union-attr]
    assert key not in str(ApiKey.objects.values())
    assert api_keys.caller_of(key + "x") is None

    api_keys.revoke(str(row.pk), NOW, user_id=3)

    assert api_keys.caller_of(key) is None
    assert [(each.act, each.page) for each in audit.latest()] == [
        (AuditAct.DISABLED, f"API key {row.pk}"),
        (AuditAct.ADDED, f"API key {row.pk}"),
    ]


@pytest.mark.parametrize(
    ("name", "scopes"),
    [
        ("", ["segments:read"]),
        ("x", []),
        ("x", ["segments:everything"]),
        ("x" * 81, ["segments:read"]),
    ],
)
def test_a_key_says_whose_it_is_and_what_it_may(place: Any, name: str, scopes: list[str]) -> None:
    with pytest.raises(BadInput):
        api_keys.add(name, scopes, NOW)
    assert not api_keys.all_keys()


def test_two_keys_of_one_name_would_be_mixed_up(place: Any) -> None:
    api_keys.add("reports", ["segments:read"], NOW)

    with pytest.raises(Conflict):
        api_keys.add(" reports ", ["segments:read"], NOW)
