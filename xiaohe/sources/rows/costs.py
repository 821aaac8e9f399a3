"""One row per cost: a day, a channel, money or minutes. Ad spend, bait, print, the time of staff.

A cost has no number of its own: a row is known by all its cells and by how often the very same came before, so a
file read twice counts once and two equal costs of a day count twice.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from enum import StrEnum
from types import MappingProxyType
from typing import Any

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from xiaohe.kernel.ids import fold
from xiaohe.ledger.catalogue import as_json
from xiaohe.people.masking import masked_text
from xiaohe.shop.taxonomy import Entry
from xiaohe.sources import amounts
from xiaohe.sources.facts import NULL, FactBuffer, Ints
from xiaohe.sources.reasons import Rejected
from xiaohe.sources.rows import channels
from xiaohe.sources.rows.orders import set_money
from xiaohe.sources.rows.slice import OfSlices, Slice
from xiaohe.sources.tally import RowClass

# A cost belongs to nobody: subject 0 is no person's id.
NOBODY = 0
LONGEST_WORD = 60
MINUTES_OF_AN_HOUR = 60


class What(StrEnum):
    """What money or time went into."""

    ADS = "ads"
    BAIT = "bait"
    PRINT = "print"
    STAFF = "staff"
    TOOLS = "tools"
    OTHER = "other"


# Words inside the table's own; the first that fits counts.
WORDS: Mapping[What, Sequence[str]] = MappingProxyType(
    {
        What.PRINT: ("印刷", "卡片", "打印", "物料", "print"),
        What.BAIT: (
            "诱饵",
            "赠品",
            "小样",
            "红包",
            "礼品",
            "奖品",
            "返现",
            "优惠券",
            "bait",
            "gift",
        ),
        What.STAFF: ("人工", "工时", "客服", "员工", "工资", "兼职", "staff", "labour", "labor"),
        What.TOOLS: ("软件", "工具", "系统", "服务费", "短信", "tool", "software"),
        What.ADS: (
            "广告",
            "推广",
            "投放",
            "直通车",
            "千川",
            "投流",
            "信息流",
            "达人",
            "佣金",
            "ads",
            "spend",
        ),
    }
)


class CostRows(OfSlices):
    """Parses tables of costs."""

    def parse(self, rows: Sequence[list[str]], start: int) -> tuple[pa.Table, NDArray[np.void]]:
        context = self._context
        slice_ = self._slice(rows, start)
        at = slice_.times("time")
        amount = slice_.money("amount")
        minutes, bad = self._minutes(slice_)
        told = amount.known | (minutes > 0)
        slice_.sift(at.known & told)
        slice_.reject(~at.known, Rejected.BAD_DATE)
        slice_.reject(amount.bad | ~told, Rejected.BAD_AMOUNT)
        slice_.reject(bad, Rejected.BAD_QUANTITY)
        chosen = np.flatnonzero(slice_.good)
        slice_.records["row_class"][chosen] = RowClass.COST
        set_money(slice_.records, slice_.is_class(RowClass.COST), amount, amounts.none(len(rows)))
        buffer = FactBuffer(context.source, context.currency)
        own = self._own(slice_, chosen)
        buffer.add(
            "cost.recorded",
            chosen + start,
            key=context.keys.of("cost.recorded", own),
            occurred=at.at[chosen],
            date_only=at.date_only[chosen],
            subject=np.full(len(chosen), NOBODY),
            amount=np.where(amount.known, amount.minor, NULL)[chosen],
            content=own,
            props=self._props(slice_, chosen, minutes),
            in_file_ordinal=True,
        )
        context.found.see_times(at.at[chosen])
        return buffer.table(), slice_.records

    def _own(self, slice_: Slice, chosen: Ints) -> Ints:
        hashed, source = self._context.hasher, self._context.source
        columns = [slice_.texts(name) for name in sorted(slice_.cells)]
        found = [
            hashed("cost", f"{source}:" + "\x1f".join(column[row] for column in columns))
            for row in chosen.tolist()
        ]
        return np.array(found, np.int64)

    def _minutes(self, slice_: Slice) -> tuple[Ints, NDArray[np.bool_]]:
        minutes, bad = slice_.pieces("minutes")
        hours, bad_hours = slice_.pieces("hours")
        whole = np.round(np.nan_to_num(minutes) + np.nan_to_num(hours) * MINUTES_OF_AN_HOUR)
        bad = bad | bad_hours | (whole < 0) | (whole > 1e7)
        return np.where(bad, 0, whole).astype(np.int64), bad

    def _props(self, slice_: Slice, chosen: Ints, minutes: Ints) -> list[str | None]:
        places, whats = slice_.texts("channel"), slice_.texts("what")
        platforms, entries = slice_.texts("platform"), slice_.texts("entry")
        codes, stores = slice_.texts("code"), slice_.texts("store")
        found = []
        for row in chosen.tolist():
            place = channels.place_of(platforms[row], entries[row], places[row])
            props: dict[str, Any] = {
                "what": what_of(whats[row] or places[row], minutes=int(minutes[row])).value,
                "source_type": place.source_type,
                "platform": place.platform,
                "entry": "" if place.entry == Entry.UNKNOWN else place.entry,
                "code": masked_text(codes[row])[:LONGEST_WORD],
                "store": stores[row][:LONGEST_WORD],
            }
            if minutes[row]:
                props["minutes"] = int(minutes[row])
            found.append(as_json({name: value for name, value in props.items() if value}))
        return found


def what_of(cell: str, *, minutes: int = 0) -> What:
    """What a cost is, by the table's own words; minutes without a word are somebody's work."""
    folded = fold(cell)
    for what, words in WORDS.items():
        if any(word in folded for word in words):
            return what
    return What.STAFF if minutes and not folded else What.OTHER
