"""Facts of a kind as records: their columns, their properties as stated, our account by its name."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import TYPE_CHECKING, Any

import ibis
import ibis.expr.types as ir
import pyarrow as pa

from xiaohe.ledger.engine import prop, prop_inside
from xiaohe.segments.records.registry import PLACE, WEEKDAYS
from xiaohe.segments.records.stated import bounded
from xiaohe.segments.records.told import REST, inside
from xiaohe.segments.rules.vocabulary import RecordKind
from xiaohe.shop.accounts import register

if TYPE_CHECKING:
    from xiaohe.segments.query.world import World

ACCOUNTS = pa.schema([("account_id", pa.int64()), ("account", pa.string())])


def records(world: World, kind: RecordKind, fields: list[str], since: date | None) -> ir.Table:
    """Facts of `kind.types` with `fields`; see `tables.table`."""
    begin = None if since is None else world.midnight(since)
    facts = world.of_people(world.seen(kind.types, begin))
    if "account" in fields:
        facts = with_account(world, facts)
    clock = world.clock(facts)
    columns = {name: _column(world, facts, kind, name, clock) for name in fields if name != "on"}
    return facts.select("person", on=clock.date(), **place(facts), **columns)


def place(facts: ir.Table) -> dict[str, Any]:
    """What orders records of one person: instant, row, key; as in `ledger.timeline`, no row comes first."""
    return dict(
        zip(PLACE, (facts.occurred_at, facts.row_no.fill_null(-1), facts.key_hash), strict=True)
    )


def _column(world: World, facts: ir.Table, kind: RecordKind, name: str, clock: Any) -> Any:
    match name:
        case "amount":
            return home_amount(world, facts)
        case "account":
            return facts.account
        case "hour" | "weekday":
            return of_clock(world, clock, facts.date_only)[name]
        case "quantity":
            return bounded(facts.quantity)
        case "source":
            return facts.source
    if name in tuple(kind.fields):
        return prop(facts.props, name)
    return prop_inside(facts.props, REST, inside(name))


def home_amount(world: World, facts: ir.Table) -> Any:
    """Amounts in the shop's currency; another's are none."""
    at_home = facts.currency.isnull() | (facts.currency == world.currency)
    return ibis.ifelse(at_home, facts.amount, ibis.null("int64"))


def of_clock(world: World, clock: Any, date_only: Any) -> dict[str, Any]:
    """Hour of the shop's clock, unknown for a day without a time, and weekday of the shop day."""
    shift = int(world.calendar.start_shift.total_seconds() // 60)
    minutes = clock.hour().cast("int64") * 60 + clock.minute().cast("int64") + shift
    hour = (minutes // 60) % 24
    # By difference to a Monday: engines number weekdays each in their own way.
    behind = clock.date().delta(ibis.literal(_MONDAY), unit="day").cast("int64")
    number = ((behind % 7) + 7) % 7
    weekday = ibis.cases(*((number == at, name) for at, name in enumerate(WEEKDAYS)))
    return {
        "hour": ibis.ifelse(date_only, ibis.null("int64"), hour.cast("int64")),
        "weekday": weekday,
    }


_MONDAY = date(2001, 1, 1)


def with_account(world: World, rows: ir.Table) -> ir.Table:
    """`rows` with `account`, the name of the account their `account_id` is."""
    known = register()
    told = pa.table([[each.id for each in known], [each.name for each in known]], schema=ACCOUNTS)
    accounts = world.read.register("accounts_named", told)
    return rows.left_join(accounts, "account_id").drop("account_id_right")


def wanting(fields: Iterable[str], known: dict[str, Any]) -> dict[str, Any]:
    """The columns of `known` that are asked for."""
    return {name: known[name] for name in fields if name in known}
