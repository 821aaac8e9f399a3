"""The delivery table's written SQL, on SQLite and PostgreSQL.

    waiting ──claim──► sending ──settle──► delivered
      ▲                  │  └────────────► waiting (later) or given_up
      └──claim── unknown ◄┘ claim ran out: it may have arrived

A claim raises `token`; what became of the try is noted only under that token, so a sender that slept through its
claim changes nothing.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from xiaohe.kernel import store

# Rows of one statement.
CHUNK = 200
NewDelivery = tuple[str, str, str, str]  # endpoint, message id, type, body

_ON = "e.off_reason = '' AND e.retired_at IS NULL"
_OPEN = "state IN ('waiting', 'unknown')"
_CLAIMED = "id, endpoint_id, message_id, body, attempts, token"


@dataclass(frozen=True)
class Claimed:
    id: int
    endpoint_id: str
    message_id: str
    body: str
    attempts: int
    token: int


@dataclass(frozen=True)
class Row:
    """A delivery with how its last try went."""

    id: int
    endpoint: str
    message_id: str
    type: str
    state: str
    attempts: int
    created_us: int
    due_us: int
    finished_us: int | None
    status: int | None
    why: str | None
    ms: int | None


def add(many: Sequence[NewDelivery], now_us: int) -> int:
    """Put deliveries down; one that stands there already is left as it is. How many were new."""
    added = 0
    for start in range(0, len(many), CHUNK):
        part = many[start : start + CHUNK]
        slots = ", ".join(["(%s, %s, %s, %s, %s, 'waiting', 0, 0, %s)"] * len(part))
        sql = f"""
            INSERT INTO channels_delivery
                   (endpoint_id, message_id, type, body, created_us, state, attempts, token, due_us)
            VALUES {slots} ON CONFLICT (message_id) DO NOTHING"""
        added += store.execute(sql, [value for each in part for value in (*each, now_us, now_us)])
    return added


def ids_of(message_ids: Sequence[str]) -> list[int]:
    slots = ", ".join(["%s"] * len(message_ids))
    sql = f"SELECT id FROM channels_delivery WHERE message_id IN ({slots}) ORDER BY id"
    return [row[0] for row in store.rows(sql, message_ids)]


def asked_types() -> list[str]:
    """What endpoints that are on ask for, as each keeps it: one JSON list apiece."""
    sql = f"SELECT types FROM channels_endpoint e WHERE direction = 'out' AND {_ON}"
    return [row[0] for row in store.rows(sql)]


def endpoints_due(now_us: int) -> list[str]:
    """Endpoints that are on and have something due or abandoned; one cheap look before any lock is taken."""
    sql = f"""
        SELECT e.id FROM channels_endpoint e
         WHERE e.direction = 'out' AND {_ON} AND e.quiet_until_us <= %s
           AND EXISTS (SELECT 1 FROM channels_delivery d WHERE d.endpoint_id = e.id
                        AND ((d.{_OPEN} AND d.due_us <= %s)
                             OR (d.state = 'sending' AND d.claimed_until_us <= %s)))
         ORDER BY e.id"""
    return [row[0] for row in store.rows(sql, [now_us, now_us, now_us])]


def next_due_us(after_us: int) -> int | None:
    """When something is due next at an endpoint that is on."""
    sql = f"""
        SELECT min(CASE WHEN d.state = 'sending' THEN d.claimed_until_us
                        WHEN d.due_us < e.quiet_until_us THEN e.quiet_until_us ELSE d.due_us END)
          FROM channels_delivery d JOIN channels_endpoint e ON e.id = d.endpoint_id
         WHERE {_ON} AND (d.{_OPEN} OR d.state = 'sending')"""
    found = store.rows(sql)[0][0]
    return None if found is None else max(int(found), after_us)


def abandon(endpoint_id: str, now_us: int) -> list[tuple[int, int]]:
    """Call unknown what was claimed and never settled: (delivery, attempts)."""
    sql = """
        UPDATE channels_delivery SET state = 'unknown', claimed_until_us = NULL, due_us = %s
         WHERE endpoint_id = %s AND state = 'sending' AND claimed_until_us <= %s RETURNING id, attempts"""
    return [(row[0], row[1]) for row in store.rows(sql, [now_us, endpoint_id, now_us])]


def in_flight(endpoint_id: str, now_us: int) -> int:
    sql = """
        SELECT count(*) FROM channels_delivery
         WHERE endpoint_id = %s AND state = 'sending' AND claimed_until_us > %s"""
    return int(store.rows(sql, [endpoint_id, now_us])[0][0])


def claim(endpoint_id: str, now_us: int, *, until_us: int, most: int) -> list[Claimed]:
    """Take what is due longest, at most so many; nobody else has these until the claim runs out."""
    skip = "FOR UPDATE SKIP LOCKED" if store.is_postgres() else ""
    sql = f"""
        UPDATE channels_delivery
           SET state = 'sending', attempts = attempts + 1, token = token + 1, claimed_until_us = %s
         WHERE id IN (SELECT id FROM channels_delivery
                       WHERE endpoint_id = %s AND {_OPEN} AND due_us <= %s
                       ORDER BY due_us, id LIMIT %s {skip})
        RETURNING {_CLAIMED}"""
    found = store.rows(sql, [until_us, endpoint_id, now_us, most])
    return sorted((Claimed(*row) for row in found), key=lambda each: each.id)


def claim_one(delivery_id: int, *, until_us: int) -> Claimed | None:
    """Take this very one, whatever became of it before, unless somebody is sending it."""
    sql = f"""
        UPDATE channels_delivery
           SET state = 'sending', attempts = attempts + 1, token = token + 1, claimed_until_us = %s
         WHERE id = %s AND state <> 'sending' RETURNING {_CLAIMED}"""
    found = store.rows(sql, [until_us, delivery_id])
    return Claimed(*found[0]) if found else None


def settle(claimed: Claimed, *, state: str, due_us: int, finished_us: int | None) -> bool:
    """Note what became of a claim; False if it is not ours any more."""
    sql = """
        UPDATE channels_delivery SET state = %s, due_us = %s, finished_us = %s, claimed_until_us = NULL
         WHERE id = %s AND token = %s AND state = 'sending'"""
    return store.execute(sql, [state, due_us, finished_us, claimed.id, claimed.token]) == 1


def note_attempt(
    delivery_id: int,
    number: int,
    at_us: int,
    *,
    status: int | None,
    why: str,
    ms: int | None,
    response: bytes | None,
) -> None:
    sql = """
        INSERT INTO channels_attempt (delivery_id, number, at_us, status, why, ms, response)
        VALUES (%s, %s, %s, %s, %s, %s, %s)"""
    store.execute(sql, [delivery_id, number, at_us, status, why, ms, response])


def again(delivery_ids: Sequence[int], now_us: int) -> int:
    """Let deliveries that ended start their schedule anew; how many."""
    slots = ", ".join(["%s"] * len(delivery_ids))
    sql = f"""
        UPDATE channels_delivery SET state = 'waiting', attempts = 0, due_us = %s, finished_us = NULL
         WHERE id IN ({slots}) AND state <> 'sending'"""
    return store.execute(sql, [now_us, *delivery_ids]) if delivery_ids else 0


def failed_ids(endpoint_id: str, since_us: int) -> list[int]:
    sql = """
        SELECT id FROM channels_delivery
         WHERE endpoint_id = %s AND state = 'given_up' AND created_us >= %s ORDER BY id"""
    return [row[0] for row in store.rows(sql, [endpoint_id, since_us])]


def waiting(endpoint_id: str) -> int:
    sql = f"SELECT count(*) FROM channels_delivery WHERE endpoint_id = %s AND ({_OPEN} OR state = 'sending')"
    return int(store.rows(sql, [endpoint_id])[0][0])


def listed(endpoint_id: str | None, state: str | None, limit: int) -> list[Row]:
    """Deliveries, newest first."""
    wanted: list[tuple[str, Any]] = [("d.endpoint_id", endpoint_id), ("d.state", state)]
    given = [(column, value) for column, value in wanted if value is not None]
    where = " AND ".join(f"{column} = %s" for column, _value in given) or "1 = 1"
    sql = f"""
        SELECT d.id, d.endpoint_id, d.message_id, d.type, d.state, d.attempts, d.created_us, d.due_us,
               d.finished_us, a.status, a.why, a.ms
          FROM channels_delivery d
          LEFT JOIN channels_attempt a
            ON a.id = (SELECT max(l.id) FROM channels_attempt l WHERE l.delivery_id = d.id)
         WHERE {where} ORDER BY d.id DESC LIMIT %s"""
    return [Row(*row) for row in store.rows(sql, [*(value for _name, value in given), limit])]


def counts() -> dict[tuple[str, str], int]:
    """How many deliveries of each endpoint are in each state."""
    sql = "SELECT endpoint_id, state, count(*) FROM channels_delivery GROUP BY endpoint_id, state"
    return {(row[0], row[1]): row[2] for row in store.rows(sql)}


def forget_before(created_us: int) -> int:
    """Drop deliveries put down before then, with their attempts."""
    attempts = """
        DELETE FROM channels_attempt
         WHERE delivery_id IN (SELECT id FROM channels_delivery WHERE created_us < %s)"""
    store.execute(attempts, [created_us])
    return store.execute("DELETE FROM channels_delivery WHERE created_us < %s", [created_us])
