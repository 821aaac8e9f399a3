"""Rates: shared by all processes, bounded in rows, and the same as a bucket reckoned by hand."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.entries import publicly, rate, store
from xiaohe.entries.models import Bucket
from xiaohe.entries.rate import Act, Hurried, Rate
from xiaohe.kernel import store as control

TODAY = date(2026, 6, 30)
START = 1_780_000_000_000_000


def take(act: Act, address: str, code: str = "K7Q2MX", at: int = START) -> bool:
    try:
        rate.take(act, address=address, code=code, today=TODAY, now_us=at)
    except Hurried:
        return False
    return True


@pytest.fixture(autouse=True)
def fresh() -> None:
    rate._held.clear()


@pytest.mark.parametrize("seconds", [[0, 0, 0, 1, 1, 5, 5, 5, 60, 60], [10, 0, 20, 20, 20]])
def test_a_bucket_gives_what_time_filled_it_with(any_place: Any, seconds: list[int]) -> None:
    most, a_second, held, last, wanted = 3.0, 0.5, 3.0, None, []
    for second in seconds:
        held = min(most, held + max(0, second - (last if last is not None else second)) * a_second)
        last = max(second, last or 0)
        wanted.append(1.0 if held >= 1 else 0.0)
        held -= wanted[-1]

    given_out = []
    for second in seconds:
        with control.write():
            got, _left = store.lease_tokens(
                7, 1, rate=a_second, most=most, now_us=START + second * 1_000_000
            )
        given_out.append(got)

    assert given_out == wanted


def test_another_process_finds_what_the_first_left(any_place: Any) -> None:
    most = int(rate.OF_ADDRESS[Act.CLAIM].most)
    here = sum(take(Act.CLAIM, "203.0.113.9") for _n in range(most // 2))
    # What a process holds in memory is its own; everything else is in the store.
    rate._held.clear()
    there = sum(take(Act.CLAIM, "203.0.113.9") for _n in range(most))

    assert here + there == most


def test_one_address_cannot_use_up_everybodys(place: Any) -> None:
    while take(Act.CLAIM, "203.0.113.9"):
        pass

    assert take(Act.CLAIM, "203.0.113.10")


def test_there_are_only_so_many_rows_whoever_asks(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rate, "ADDRESSES", 64)
    monkeypatch.setattr(rate, "CODES", 16)

    for n in range(400):
        take(Act.LOOK, f"10.{n % 7}.{n % 11}.{n % 251}", code=f"{n:06d}")

    assert Bucket.objects.count() <= 64 + 16 + 1


def test_a_crowd_of_addresses_costs_the_store_nothing_once_the_code_is_empty(
    place: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(rate.OF_CODE, Act.CLAIM, Rate(0.001, 5))
    passed = sum(take(Act.CLAIM, f"10.0.0.{n}") for n in range(20))
    before = Bucket.objects.count()

    for n in range(200):
        take(Act.CLAIM, f"10.0.1.{n}")

    assert passed == 5
    assert Bucket.objects.count() == before


def test_the_place_of_an_address_is_another_tomorrow(place: Any) -> None:
    places = {
        rate._of_address(Act.LOOK, "203.0.113.9", TODAY + timedelta(days=n)) for n in range(30)
    }

    assert len(places) > 25


def test_a_full_look_does_not_stop_a_claim(place: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(rate.OF_ADDRESS, Act.LOOK, Rate(0.001, 2))
    looks = [take(Act.LOOK, "203.0.113.9") for _n in range(4)]

    assert looks == [True, True, False, False]
    assert take(Act.CLAIM, "203.0.113.9")
    assert rate.refused(Act.LOOK, address="203.0.113.9", today=TODAY) is not None
    assert rate.refused(Act.CLAIM, address="203.0.113.9", today=TODAY) is None


@given(st.ip_addresses(v=6))
def test_a_household_of_ipv6_counts_as_one(address: Any) -> None:
    neighbour = type(address)((int(address) >> 64 << 64) | (int(address) + 1) % (1 << 64))

    if address.ipv4_mapped is None:
        assert rate.network_of(str(address)) == rate.network_of(str(neighbour))


@pytest.mark.parametrize(
    ("proxies", "peer", "forwarded", "wanted"),
    [
        ("", "127.0.0.1", "203.0.113.9", "127.0.0.1"),
        ("127.0.0.1", "127.0.0.1", "203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1", "1.2.3.4, 203.0.113.9", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1", "203.0.113.9:51000", "203.0.113.9"),
        ("127.0.0.1", "127.0.0.1", "", "127.0.0.1"),
        ("10.0.0.1", "127.0.0.1", "203.0.113.9", "127.0.0.1"),
        ("::1", "::1", "[2001:db8::1]:443", "2001:db8::"),
    ],
)
def test_only_a_proxy_of_ours_says_for_whom_it_asks(
    monkeypatch: pytest.MonkeyPatch, proxies: str, peer: str, forwarded: str, wanted: str
) -> None:
    monkeypatch.setenv("XIAOHE_PROXIES", proxies)

    found = publicly.address_of({"REMOTE_ADDR": peer, "HTTP_X_FORWARDED_FOR": forwarded})

    assert found == wanted
