from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from xiaohe.kernel.clock import utc_now
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


def test_an_old_key_goes_on_for_a_while_and_a_revoked_one_comes_back(any_place: Any) -> None:
    now = utc_now()
    row, first = api_keys.add("reports", [Scope.SEGMENTS_READ], now)

    _row, second = api_keys.rotate("reports", now, timedelta(hours=1))
    assert api_keys.caller_of(first) == api_keys.caller_of(second)
    _row, third = api_keys.rotate("reports", now, timedelta(0))
    assert [api_keys.caller_of(each) is None for each in (first, second, third)] == [
        True,
        True,
        False,
    ]

    api_keys.revoke("reports", now)
    assert api_keys.caller_of(third) is None
    with pytest.raises(Conflict):
        api_keys.rotate("reports", now)
    api_keys.restore("reports", now)
    assert api_keys.caller_of(third).id == row.pk  # type: ignore[union-attr]


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
