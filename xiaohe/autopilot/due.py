"""Everybody whose own rhythm says they are due on a day, with the decision and its rule; writes nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from xiaohe.autopilot.plan import Decided, plan
from xiaohe.autopilot.proposals import DUE_UNTIL, Proposal
from xiaohe.autopilot.sentences import why
from xiaohe.people import names
from xiaohe.shop import goods
from xiaohe.touch.governor import Kind, Rule


@dataclass(frozen=True, slots=True)
class Key:
    namespace: str
    value: str


@dataclass(frozen=True, slots=True)
class DueRow:
    """One person with 0.9 ≤ r < 1.5, linked or not, listed or not."""

    person: int
    keys: tuple[Key, ...]
    cycle: float
    ratio: float
    due_on: date
    gaps: int
    preset: bool
    ev: int | None
    chance: float | None
    chance_preset: bool
    value: int | None
    currency: str
    group: str | None
    reason: str
    decision: str
    rule: Rule
    until: str | None

    def as_json(self) -> dict[str, Any]:
        """The published shape: money in minor units, C and r to two decimals."""
        return {
            "person": str(self.person),
            "keys": [{"namespace": key.namespace, "value": key.value} for key in self.keys],
            "C": round(self.cycle, 2),
            "r": round(self.ratio, 2),
            "due_date": self.due_on.isoformat(),
            "n": self.gaps,
            "preset": self.preset,
            "ev": self.ev,
            "p": self.chance,
            "p_preset": self.chance_preset,
            "m": self.value,
            "currency": self.currency,
            "group": self.group,
            "reason": self.reason,
            "decision": self.decision,
            "rule": self.rule.value,
            "until": self.until,
        }


def evaluate(on: date) -> list[DueRow]:
    """The due band of shop day `on`, best expected value first, ties by person."""
    day = plan(on)
    due = [each for each in day.decided if _is_due(each.proposal)]
    keys = _keys(each.proposal.person for each in due)
    named = {group.pk: group.name for group in goods.groups()}
    rows = [_row(each, keys, day.state.currency, named) for each in due]
    return sorted(rows, key=lambda row: (-(row.ev or 0), row.person))


def _is_due(proposal: Proposal) -> bool:
    """In the band; who waited a week past its end is asked on the list, but not due."""
    ratio = proposal.rhythm.ratio if proposal.rhythm else None
    return proposal.program.asks and ratio is not None and ratio < DUE_UNTIL


def said(kind: Kind) -> str:
    """The decision's published name: what the governor allows and the day has room for is on the list."""
    return "list" if kind is Kind.ALLOW else kind.value


def _row(
    each: Decided, keys: dict[int, tuple[Key, ...]], currency: str, named: Mapping[int, str]
) -> DueRow:
    rhythm = each.proposal.rhythm
    if rhythm is None or rhythm.cycle is None or rhythm.ratio is None or rhythm.due_on is None:
        raise ValueError("a due person has a rhythm")
    until = each.decision.until
    return DueRow(
        person=rhythm.person,
        keys=keys.get(rhythm.person, ()),
        cycle=rhythm.cycle,
        ratio=rhythm.ratio,
        due_on=rhythm.due_on,
        gaps=rhythm.gaps,
        preset=rhythm.preset,
        ev=rhythm.ev,
        chance=rhythm.chance,
        chance_preset=rhythm.chance_preset,
        value=rhythm.value,
        currency=currency,
        group=named.get(rhythm.group_id) if rhythm.group_id else None,
        reason=why(each.proposal.program, known(each)),
        decision=said(each.decision.kind),
        rule=each.decision.rule,
        until=until.isoformat() if until else None,
    )


def _keys(people: Iterable[int]) -> dict[int, tuple[Key, ...]]:
    return {
        person: tuple(Key(str(key.namespace), key.value) for key in name.keys)
        for person, name in names.display(list(people)).items()
    }


def known(each: Decided) -> dict[str, Any]:
    """What the day knew of the person, as plain figures."""
    rhythm = each.proposal.rhythm
    facts: dict[str, Any] = {"days": each.proposal.days}
    if rhythm is not None:
        facts |= {
            "occasions": rhythm.occasions,
            "gaps": rhythm.gaps,
            "gap": rhythm.own_median,
            "cycle": rhythm.cycle,
            "ratio": rhythm.ratio,
            "preset": rhythm.preset,
            "value": rhythm.value,
            "chance": rhythm.chance,
            "ev": rhythm.ev,
        }
        if rhythm.group_id is not None:
            facts["group_id"] = rhythm.group_id
    return facts
