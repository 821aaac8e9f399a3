"""Reading names and texts, and the arrays against a twin that compares a pair at a time."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from xiaohe.people.likely import blocking, comparing, places, texts
from xiaohe.people.likely.texts import NONE, UNKNOWN, Name


def _name(text, first=UNKNOWN, second=UNKNOWN):
    as_code = [ord(each) if isinstance(each, str) else each for each in (first, second)]
    return Name(ord(text) if text else UNKNOWN, *as_code)


@pytest.mark.parametrize(
    ("text", "names", "cities"),
    [
        ("猫粮老王 杭州", [_name("王")], ["杭州"]),
        ("王姐 成都", [_name("王")], ["成都"]),
        ("李建国", [_name("李", "建", "国")], []),
        ("李明 苏州 两只猫", [_name("李", "明", NONE)], ["苏州"]),
        ("红茶小沈", [_name("沈")], []),
        ("一杯清茶", [], []),
        ("中山路王先生", [_name("王")], []),
        ("吉林省张女士 中山", [_name("张")], ["中山"]),
    ],
)
def test_a_chat_list_name_tells_a_surname_and_a_city(text, names, cities):
    said = texts.said_by([text])
    assert list(said.names) == names
    assert [places.NAMES[city] for city in said.cities] == cities


@pytest.mark.parametrize(
    ("receiver", "name"),
    [
        ("王**", _name("王")),
        ("王*明", _name("王", UNKNOWN, "明")),
        ("*小明", _name("", UNKNOWN, "明")),
        ("王小明", _name("王", "小", "明")),
        ("王女士", _name("王")),
        ("##密文", None),
        ("小河杂货铺", None),
        ("***", None),
    ],
)
def test_a_receiver_is_read_as_far_as_the_mask_lets(receiver, name):
    assert texts.name_of_receiver(receiver) == name


def test_phones_amounts_and_order_numbers_are_kept_apart():
    said = texts.said_by(["订单1930123456789012345 ¥186.5 138-0013-8000 付了99块"])
    assert said.phones == ("13800138000",)
    assert said.amounts == (18650, 9900)
    assert not any("19301" in piece for piece in said.pieces)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("138****8000", (138, 3, 8000)),
        ("1******6198", (1, 1, 6198)),
        ("138****80", None),
        ("13800138000", None),
    ],
)
def test_a_masked_phone_shows_its_head_and_tail(text, shown):
    assert texts.masked_phone(text) == shown


# ---------------------------------------------------------------- twins

LETTERS = [UNKNOWN, *map(ord, "王李小明")]
PARTS = st.tuples(
    st.sampled_from([UNKNOWN, ord("王"), ord("李")]),
    st.sampled_from(LETTERS),
    st.sampled_from([*LETTERS, NONE]),
)


def _twin(a, b):
    """A pair of names by words: see the table in comparing.py."""
    if a[0] and b[0] and a[0] != b[0]:
        return 0
    known = [at for at in (1, 2) if a[at] and b[at]]
    if a[0] and b[0] and len(known) == 2 and a[1:] == b[1:]:
        return 3
    if any(a[at] == b[at] > 0 for at in known):
        return 2
    last = [name[2] if name[2] > 0 else name[1] if name[2] == NONE else 0 for name in (a, b)]
    if a[0] and b[0] and len(known) < 2 and last[0] == last[1] > 0:
        return 2
    if a[0] and b[0] and not known:
        return 1
    return 0 if known or (a[0] and b[0]) else -1


@settings(max_examples=200, deadline=None)
@given(st.lists(st.tuples(PARTS, PARTS), min_size=1, max_size=30))
def test_names_compare_as_a_person_would(pairs):
    left, right = (np.array([pair[side] for pair in pairs], np.int64) for side in (0, 1))
    assert comparing.name_level(left, right).tolist() == [_twin(a, b) for a, b in pairs]


KEYED = st.lists(st.tuples(st.integers(1, 6), st.integers(0, 8)), max_size=60)


@settings(max_examples=200, deadline=None)
@given(KEYED, KEYED, st.integers(1, 5))
def test_blocks_pair_exactly_those_who_share_a_key_few_have(left, right, most):
    sides = [
        tuple(np.array([pair[at] for pair in side], np.int64) for at in (0, 1))
        for side in (left, right)
    ]
    before, blocking.MOST_SHARING = blocking.MOST_SHARING, most
    try:
        (rows, others), skipped = blocking._shared(*sides)
    finally:
        blocking.MOST_SHARING = before
    held = {key: {row for each, row in right if each == key} for key, _row in left}
    expected = {(row, other) for key, row in left if len(held[key]) <= most for other in held[key]}
    assert set(zip(rows.tolist(), others.tolist(), strict=True)) == expected
    assert skipped == sum(len(each) > most for each in held.values())
