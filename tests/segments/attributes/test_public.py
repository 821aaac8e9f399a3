"""Fifths on a public shop: the cut values, and everybody's RFM as a plain count has it."""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import date
from typing import Any

import numpy as np
import pytest

from tests.traits.conftest import built  # noqa: F401
from tests.traits.facts import facts_of, key
from tests.twin.public_data import online_retail
from xiaohe.ledger.engine import over
from xiaohe.segments.attributes.cuts import of_buyers
from xiaohe.stats import rfm

pytestmark = pytest.mark.shared
ON = date(2011, 12, 10)


def test_the_fifths_of_online_retail(shared_data: Any, built: Any) -> None:  # noqa: F811
    # given every invoice with a buyer, counted by hand: net, purchase days and the last of them within 365 days
    rows = [row for row in online_retail(cancellations=False) if row.buyer]
    money: Counter[str] = Counter()
    days: dict[str, set[date]] = defaultdict(set)
    for row in rows:
        on = row.at.date()
        if (ON - on).days <= 365 and row.buyer:
            money[row.buyer] += row.line or 0
            days[row.buyer].add(on)

    # when the shop's own tables are cut
    rhythm = built(facts_of(rows), ON)["rhythm"]
    with over({"buyers": rhythm}) as read:
        cuts = of_buyers(read, read.table("buyers"), ON)

    # then they are cut where numpy cuts them
    plain = {
        "recency": [(ON - max(each)).days for each in days.values()],
        "frequency": [len(each) for each in days.values()],
        "money": [money[who] for who in days],
    }
    for name, values in plain.items():
        assert cuts[name].n == len(values)
        assert cuts[name].values == pytest.approx(np.quantile(values, rfm.FIFTHS)), name
    assert cuts["vip"].values[0] == sorted(plain["money"], reverse=True)[len(days) // 20 - 1]
    best = {key(who) for who in days if _scores(who, days, money, cuts) == (5, 5, 5)}
    # The check figures.
    assert cuts["recency"].values == (13, 32, 69, 171)
    assert cuts["frequency"].values == (1, 2, 3, 5)
    assert cuts["money"].values == pytest.approx((24_480, 48_367.6, 93_204, 203_768.4))
    assert len(best) == 329


def _scores(who: str, days: Any, money: Any, cuts: Any) -> tuple[int, int, int]:
    return (
        rfm.recency_score((ON - max(days[who])).days, cuts["recency"].values),
        rfm.score(len(days[who]), cuts["frequency"].values),
        rfm.score(money[who], cuts["money"].values),
    )
