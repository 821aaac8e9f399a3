"""Leases: who alone may do one thing now."""

from __future__ import annotations

from xiaohe.kernel import store


def lease(name: str) -> tuple[str, int, int]:
    """`holder, fence, expires_us` of a lease, made free on first use; locked until the transaction ends."""
    store.execute(
        "INSERT INTO ledger_lease (name, holder, fence, expires_us) VALUES (%s, '', 0, 0) ON CONFLICT DO NOTHING",
        [name],
    )
    lock = " FOR UPDATE" if store.is_postgres() else ""
    return store.rows(
        f"SELECT holder, fence, expires_us FROM ledger_lease WHERE name = %s{lock}", [name]
    )[0]


def hold_lease(name: str, holder: str, expires_us: int) -> int:
    """Make `holder` the holder and return the new fence."""
    sql = "UPDATE ledger_lease SET holder = %s, fence = fence + 1, expires_us = %s WHERE name = %s RETURNING fence"
    return int(store.rows(sql, [holder, expires_us, name])[0][0])


def renew_lease(name: str, fence: int, expires_us: int) -> bool:
    """False if somebody else holds it by now."""
    sql = "UPDATE ledger_lease SET expires_us = %s WHERE name = %s AND fence = %s AND holder <> ''"
    return store.execute(sql, [expires_us, name, fence]) == 1


def free_lease(name: str, fence: int) -> bool:
    sql = "UPDATE ledger_lease SET holder = '', expires_us = 0 WHERE name = %s AND fence = %s AND holder <> ''"
    return store.execute(sql, [name, fence]) == 1


def lease_holder(name: str) -> tuple[str, int]:
    """`holder, expires_us` without locking; ("", 0) if free."""
    found = store.rows("SELECT holder, expires_us FROM ledger_lease WHERE name = %s", [name])
    return (str(found[0][0]), int(found[0][1])) if found else ("", 0)
