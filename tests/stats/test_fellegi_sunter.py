"""Record linkage weights: a published example, an independent implementation, simulate and recover."""

import numpy as np
import pytest

from xiaohe.stats import fellegi_sunter as fs
from xiaohe.stats.fellegi_sunter import MISSING, Field, Learned

# The tiny artificial files of R's `reclin` (J. van der Laan), "Introduction to reclin", step 3: 17 pairs with the same
# postcode; agreement where Jaro-Winkler exceeds 0.9; an unknown sex counts as disagreement there.
NAMES = ("lastname", "firstname", "address", "sex")
RECLIN = np.array(
    [
        [1, 0, 1, 0], [0, 0, 0, 1], [0, 0, 1, 1], [1, 0, 1, 0], [0, 0, 0, 0], [0, 0, 1, 0],
        [0, 0, 0, 0], [1, 0, 1, 1], [1, 0, 1, 1], [0, 0, 0, 0], [1, 0, 1, 0], [1, 1, 1, 0],
        [0, 0, 0, 0], [1, 0, 1, 0], [1, 0, 1, 0], [1, 1, 0, 1], [1, 0, 1, 0],
    ],
    np.int8,
)  # fmt: skip


def _binary(name, m, u, **more):
    return Field(name, (1 - m, m), (1 - u, u), **more)


def test_em_gives_the_published_probabilities_of_reclin():
    start = [_binary(name, 0.95, 0.02) for name in NAMES]
    fit = fs.em(start, RECLIN, prior=0.05)
    assert [field.m[1] for field in fit.fields] == pytest.approx(
        [0.9995993, 0.2000808, 0.8999198, 0.3001260], abs=5e-8
    )
    assert [field.u[1] for field in fit.fields] == pytest.approx(
        [1.148282e-03, 6.534287e-11, 2.861829e-01, 2.855427e-01], rel=1e-6
    )
    assert fit.prior == pytest.approx(0.5882748, abs=5e-8)
    assert fit.converged


def test_a_weight_is_the_sum_of_log_ratios_and_what_is_missing_says_nothing():
    # Blakely & Salmond (2002), Int. J. Epidemiology 31, 1246: month of birth, m = 0.95, u = 1/12.
    month, sex = _binary("month", 0.95, 1 / 12), _binary("sex", 0.99, 0.5)
    levels = np.array([[1, MISSING], [0, MISSING], [1, 1], [MISSING, MISSING]], np.int8)
    found = fs.weights([month, sex], levels)
    assert found[:2] == pytest.approx([3.51, -4.20], abs=0.005)
    assert found[2] - found[0] == pytest.approx(np.log2(0.99 / 0.5))
    assert found[3] == 0


def _em_by_loops(m, u, p, rows, rounds):
    """The same algorithm, a row at a time."""
    for _round in range(rounds):
        g = []
        for row in rows:
            a = b = 1.0
            for k, agrees in enumerate(row):
                a *= m[k] if agrees else 1 - m[k]
                b *= u[k] if agrees else 1 - u[k]
            g.append(p * a / (p * a + (1 - p) * b))
        p = sum(g) / len(g)
        for k in range(len(m)):
            m[k] = sum(w * row[k] for w, row in zip(g, rows, strict=True)) / sum(g)
            u[k] = sum((1 - w) * row[k] for w, row in zip(g, rows, strict=True)) / (len(g) - sum(g))
    return m, u


def test_em_equals_an_implementation_without_arrays():
    chance = np.random.default_rng(5)
    rows = (chance.random((300, 3)) < np.where(chance.random((300, 1)) < 0.3, 0.9, 0.15)).astype(
        np.int8
    )
    start = [_binary(name, 0.8, 0.2) for name in "abc"]
    fit = fs.em(start, rows, prior=0.2, tolerance=0, most_rounds=7)
    m, u = _em_by_loops([0.8] * 3, [0.2] * 3, 0.2, rows.tolist(), 7)
    assert [field.m[1] for field in fit.fields] == pytest.approx(m, rel=1e-9)
    assert [field.u[1] for field in fit.fields] == pytest.approx(u, rel=1e-9)


def _simulated(chance, pairs, share, fields):
    is_match = chance.random(pairs) < share
    columns = [
        np.where(
            is_match,
            chance.choice(len(field.m), pairs, p=field.m),
            chance.choice(len(field.u), pairs, p=field.u),
        )
        for field in fields
    ]
    levels = np.stack(columns, axis=1).astype(np.int8)
    levels[chance.random(levels.shape) < 0.2] = MISSING
    return levels, is_match


TRUTH = (
    Field("name", (0.1, 0.2, 0.7), (0.9, 0.08, 0.02)),
    Field("city", (0.12, 0.88), (0.95, 0.05)),
    Field("day", (0.3, 0.3, 0.4), (0.8, 0.15, 0.05)),
    Field("goods", (0.25, 0.75), (0.8, 0.2)),
)


def test_labelled_pairs_recover_m_and_u_within_two_hundredths():
    levels, is_match = _simulated(np.random.default_rng(1), 40_000, 0.2, TRUTH)
    blank = [Field(f.name, (1 / len(f.m),) * len(f.m), (1 / len(f.m),) * len(f.m)) for f in TRUTH]
    fields = fs.learn_m(fs.learn_u(blank, levels[~is_match]), levels[is_match])
    for found, truth in zip(fields, TRUTH, strict=True):
        assert found.learned is Learned.PAIRS
        assert found.m == pytest.approx(truth.m, abs=0.02)
        assert found.u == pytest.approx(truth.u, abs=0.02)


def test_em_with_known_u_recovers_m_and_the_share_of_matches():
    levels, is_match = _simulated(np.random.default_rng(2), 40_000, 0.15, TRUTH)
    start = [Field(f.name, (0.4, *[0.6 / (len(f.m) - 1)] * (len(f.m) - 1)), f.u) for f in TRUTH]
    fit = fs.em(start, levels, prior=0.5, keep_u=True, tolerance=1e-10)
    for found, truth in zip(fit.fields, TRUTH, strict=True):
        assert found.m == pytest.approx(truth.m, abs=0.03)
    assert fit.prior == pytest.approx(is_match.mean(), abs=0.02)
    calibrated = fs.chance(fs.weights(fit.fields, levels), fit.prior)
    assert calibrated.sum() == pytest.approx(is_match.sum(), rel=0.05)


def test_too_few_pairs_leave_a_field_flagged_and_near_its_preset():
    few = np.ones((3, 4), np.int8)
    fields = fs.learn_m(TRUTH, few)
    assert {field.learned for field in fields} == {Learned.PRESET}
    assert fields[1].m[1] == pytest.approx((3 + 4 * 0.88) / 7)
    assert fs.learn_m(TRUTH, np.zeros((0, 4), np.int8))[1].m == TRUTH[1].m


def test_a_shared_rare_value_says_more_than_a_shared_common_one():
    name = TRUTH[0]
    added = fs.rarity(name, 2, np.array([0.08, 0.02, 0.0001, np.nan]))
    assert added[0] < added[1] == 0 < added[2]
    assert added[0] == -2
    assert added[3] == 0


def test_pairs_of_one_contact_share_one_chance():
    weight, group = np.array([10.0, 10.0, 10.0, 0.0]), np.array([0, 0, 1, 2])
    found = fs.chance_among(weight, group, 0.5, others=1000)
    assert found[0] == found[1] < found[2]
    assert found[0] + found[1] == pytest.approx(2 * 1.024 / (2 * 1.024 + 1))
    assert fs.chance_among(np.array([5000.0]), np.array([0]), 0.5, 10)[0] == pytest.approx(1)


def test_the_share_with_a_partner_is_recovered():
    chance = np.random.default_rng(3)
    has = chance.random(4_000) < 0.35
    # Twelve candidates each; the true one, if any, is among them with a weight of its own.
    group = np.repeat(np.arange(4_000), 12)
    weight = chance.normal(-4, 3, len(group))
    weight[::12] = np.where(has, chance.normal(16, 2, 4_000), weight[::12])
    assert fs.share_among(weight, group, 4_000, others=500) == pytest.approx(0.35, abs=0.03)
    # Of half of them no pair was compared: the others tell of all.
    kept = group < 2_000
    found = fs.share_among(weight[kept], group[kept], 4_000, others=500, missed=0.5)
    assert found == pytest.approx(0.35, abs=0.03)


def test_entropy_is_one_bit_at_a_half_and_none_where_it_is_known():
    found = fs.entropy(np.array([0.0, 0.5, 1.0, 0.9]))
    assert found == pytest.approx([0, 1, 0, 0.469], abs=1e-3)


def test_a_field_whose_chances_do_not_add_up_is_refused():
    with pytest.raises(ValueError, match="add up"):
        Field("name", (0.5, 0.6), (0.5, 0.5))


def test_answers_shift_all_chances_towards_what_was_said_and_no_answers_leave_them():
    p = np.full(40, 0.8)
    assert fs.offset_from_answers(p[:0], np.zeros(0, bool)) == 0
    few = fs.offset_from_answers(p[:2], np.zeros(2, bool))
    many = fs.offset_from_answers(p, np.arange(40) < 8)
    assert many < few < 0
    # Twenty per cent were right: many answers bring eighty near it, the prior holds a little back.
    assert fs.shifted(np.array([0.8]), many)[0] == pytest.approx(0.2, abs=0.07)
    assert fs.offset_from_answers(p[:10], np.arange(10) < 8) == pytest.approx(0, abs=1e-9)
