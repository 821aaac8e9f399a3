"""The sample shop: one seed, one believable small shop, as files a merchant could have exported.

    plan (who buys when) ─► orders, friends ─► files with the traps of real exports ─► counted again: truth.json

Files: `taobao_orders.csv`, `wecom_contacts.csv`, `taobao_orders_day4.csv` (the same shop three days later),
`rough_orders.csv` and `rough_contacts.csv` (everything an import must refuse, repeat or leave out); beside them what is
in no count of `truth.json`: `taobao_items.csv` and its later twin (articles of the orders), `pos_visits.csv` (three
stores), `wecom_contacts_newest.csv` (friends a join must ask about).
"""

from __future__ import annotations

import json
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import Any

from xiaohe.simulator import (
    newest_friends,
    orders,
    rough_files,
    taobao_file,
    truth,
    visits_file,
    wecom_file,
)
from xiaohe.simulator.orders import FIRST_EXPORT_AT, LATER_EXPORT_AT, Placed
from xiaohe.simulator.plan import (
    DEFAULT_BUYERS,
    DEFAULT_SEED,
    FIRST_DAY,
    LAST_DAY,
    TODAY,
    Plan,
    make,
)

# The second export goes back this far, so most of its rows are known already.
OVERLAP_FROM = date(2025, 5, 1)
LATER_ON = TODAY + timedelta(days=3)


@dataclass(frozen=True)
class SampleFiles:
    """Where everything was written."""

    orders: Path
    contacts: Path
    later_orders: Path
    rough_orders: Path
    rough_contacts: Path
    truth: Path | None
    items: Path
    later_items: Path
    visits: Path
    newest_contacts: Path


def write(
    out_dir: Path | str,
    seed: int = DEFAULT_SEED,
    buyers: int = DEFAULT_BUYERS,
    *,
    count_again: bool = True,
) -> SampleFiles:
    """Write the sample shop's files; the same seed and size give the same bytes on every machine.

    `count_again` reads the files back and writes `truth.json`; large sizes for benchmarks go without.
    """
    folder = Path(out_dir)
    folder.mkdir(parents=True, exist_ok=True)
    files = SampleFiles(
        orders=folder / "taobao_orders.csv",
        contacts=folder / "wecom_contacts.csv",
        later_orders=folder / "taobao_orders_day4.csv",
        rough_orders=folder / "rough_orders.csv",
        rough_contacts=folder / "rough_contacts.csv",
        truth=folder / "truth.json" if count_again else None,
        items=folder / "taobao_items.csv",
        later_items=folder / "taobao_items_day4.csv",
        visits=folder / "pos_visits.csv",
        newest_contacts=folder / "wecom_contacts_newest.csv",
    )
    plan = make(seed, buyers)
    placed = orders.placed(plan)
    taobao_file.write(files.orders, seed, placed, FIRST_EXPORT_AT, items=files.items)
    wecom_file.write(
        files.contacts, wecom_file.friends(plan, wecom_file.quoted_orders(plan, placed))
    )
    later = _later(plan, placed)
    taobao_file.write(files.later_orders, seed, later, LATER_EXPORT_AT, items=files.later_items)
    visits_file.write(files.visits, plan)
    newest = newest_friends.friends(plan, newest_friends.chosen(plan, placed))
    wecom_file.write(files.newest_contacts, newest)
    rough = {
        "rough_orders": rough_files.write_orders(files.rough_orders, seed),
        "rough_contacts": rough_files.write_contacts(files.rough_contacts, seed),
    }
    if files.truth is not None:
        counted = {"seed": seed, "asked_buyers": buyers, **_count(files), **rough}
        files.truth.write_text(json.dumps(counted, ensure_ascii=False, indent=1), encoding="utf-8")
    return files


def newest_of(
    seed: int = DEFAULT_SEED, buyers: int = DEFAULT_BUYERS
) -> tuple[Plan, newest_friends.Chosen]:
    """The plan of these files, and of whose orders its newest friends speak."""
    plan = make(seed, buyers)
    return plan, newest_friends.chosen(plan, orders.placed(plan))


def _later(plan: Plan, placed: Iterable[Placed]) -> list[Placed]:
    """The second export: what is new, then what it repeats."""
    from_minute = (OVERLAP_FROM - FIRST_DAY).days * 1440
    due_soon = [
        person for person, chain in plan.chains.items() if chain.bucket in ("week", "overdue")
    ]
    new = orders.later(plan, due_soon, set(plan.linked))
    return [*new, *(one for one in placed if one.minute >= from_minute)]


def _count(files: SampleFiles) -> dict[str, Any]:
    contacts, recognised = truth.contacts_of(files.contacts, files.orders)
    return {
        "orders": truth.orders_of(files.orders),
        "contacts": contacts,
        "rhythm": truth.rhythm_of(files.orders, recognised, TODAY),
        "orders_day4": truth.later_of(files.later_orders, files.orders),
    }


__all__ = [
    "DEFAULT_BUYERS",
    "DEFAULT_SEED",
    "LAST_DAY",
    "LATER_ON",
    "TODAY",
    "SampleFiles",
    "write",
]
