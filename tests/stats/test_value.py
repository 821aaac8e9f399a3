"""What an occasion is worth and how likely the next one is."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from xiaohe.stats import value


def test_one_large_order_does_not_make_a_large_customer() -> None:
    # (1·90000 + 3·12000) ÷ 4 fen
    assert value.shrunk_value(1, 90_000, 12_000) == 31_500
    assert value.shrunk_value(2, 10_000.5, 12_000) == 11_200


def test_half_a_minor_unit_goes_to_the_even_one() -> None:
    assert value.shrunk_value(1, 2, 4) == 4  # 14 ÷ 4 = 3.5
    assert value.expected_value(0.5, 5) == 2  # 2.5


def test_bands_are_half_open() -> None:
    ratios = (0, 0.79, 0.8, 1.19, 1.2, 1.5, 2.49, 2.5, 40)
    assert [value.ratio_band(r) for r in ratios] == [0, 0, 1, 1, 2, 3, 3, 4, 4]


def test_thin_cells_fall_back_to_the_preset_and_say_so() -> None:
    assert value.chance(4, 1.3, hits=13, cases=29) == value.Chance(0.35, True, 29)
    assert value.chance(4, 1.3, hits=12, cases=30) == value.Chance(0.4, False, 30)
    assert value.chance(1, 0.1, hits=0, cases=0).p == 0.05


def test_a_cell_cannot_hold_more_hits_than_cases() -> None:
    with pytest.raises(ValueError, match="within cases"):
        value.chance(1, 1.0, hits=3, cases=2)


@given(st.integers(1, 40), st.integers(0, 10**7), st.integers(0, 10**7))
def test_value_lies_between_own_and_group(k: int, own: int, group: int) -> None:
    assert min(own, group) <= value.shrunk_value(k, own, group) <= max(own, group)


@given(st.integers(1, 40), st.floats(0, 50), st.integers(0, 10**7))
def test_expected_value_never_exceeds_the_occasion(k: int, ratio: float, m: int) -> None:
    p = value.chance(k, ratio, hits=0, cases=0).p
    assert 0 <= value.expected_value(p, m) <= m
