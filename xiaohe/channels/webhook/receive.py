"""A signed message from another program: verified, turned into facts, and answered once they are on disk.

401  not signed by who knows the secret, or not now      nothing is kept
400  signed, and no event can be read from it             kept as a letter
202  some of its events could not be read                 those are kept as letters, the others are facts
200  all of it is in the ledger, now or already
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal
from typing import Any, NoReturn

from django.utils.translation import gettext_lazy as _

from xiaohe.channels.models import Direction, Endpoint
from xiaohe.channels.webhook import endpoints, letters, mapping, signature
from xiaohe.channels.webhook.facts import Writer
from xiaohe.channels.webhook.mapping import Unreadable
from xiaohe.channels.webhook.signature import Signed
from xiaohe.kernel import counters
from xiaohe.kernel.errors import BadInput, Conflict
from xiaohe.kernel.store import write
from xiaohe.ledger import catalogue, stream
from xiaohe.ledger.catalogue import custom
from xiaohe.ledger.stream import Fact
from xiaohe.people import masking
from xiaohe.people.identifiers import Recorder
from xiaohe.shop.queries import the_shop

# What a sender says that will send no more, with DELETE.
REMOVE = "webhook.remove"
LARGEST_BODY = 256 * 1024
MOST_EVENTS = 1_000
# Custom names one endpoint may bring; what comes beyond is `custom:other`. A sender that puts an id into its types would
# else make a type of every event.
MOST_NAMES = 500

EVENTS = counters.Counter(
    "xiaohe_webhook_events_total",
    "Events of incoming webhooks by what became of them.",
    "endpoint",
    "outcome",
)


class NotReadable(BadInput):
    """Signed, and nothing in it can be read."""

    def __init__(self, why: str) -> None:
        super().__init__("not_readable", _("No event can be read from this message."), why=why)


class SwitchedOff(Conflict):
    """Tells a sender that follows the specification to stop."""

    status = 410

    def __init__(self) -> None:
        super().__init__("switched_off", _("This webhook is switched off."))


@dataclass(frozen=True)
class Received:
    """What became of a message: its events are new facts, known ones, or kept to be mended."""

    events: int
    new: int
    known: int
    kept: int

    @property
    def status(self) -> int:
        return 202 if self.kept else 200


def receive(endpoint_id: str, given: Signed, body: bytes, now: datetime) -> Received:
    """Take one message in; what returns is on disk. Sent again, it changes nothing."""
    one = _signed_for(endpoint_id, given, body, now)
    if not one.is_on:
        raise SwitchedOff
    try:
        events = parsed(body)
    except Unreadable as error:
        with write():
            letters.keep(one, given.id, error.why, body, now)
        raise NotReadable(error.why) from None
    return record(one, given.id, events, now)


def retire(endpoint_id: str, given: Signed, body: bytes, now: datetime) -> None:
    """Remove a door because its own sender says so; sent again, it changes nothing.

    The signature is of the body, not of the method: the body says it too, so that no other message of this sender can be
    turned into this one.
    """
    one = _signed_for(endpoint_id, given, body, now)
    try:
        (event,) = parsed(body)
    except (Unreadable, ValueError):
        event = None
    if not isinstance(event, dict) or event.get("type") != REMOVE:
        raise NotReadable("type")
    endpoints.retire(one.id, now)


def _signed_for(endpoint_id: str, given: Signed, body: bytes, now: datetime) -> Endpoint:
    """The door a message is for, if it is signed for it."""
    one = endpoints.one(endpoint_id)
    if one.direction != Direction.IN:
        raise endpoints.NoSuchEndpoint(endpoint_id)
    signature.verify(endpoints.secrets_of(one, now), given, body, now)
    return one


def parsed(body: bytes) -> list[Any]:
    """The events in a body, one or a list of them; raises Unreadable."""
    try:
        whole = json.loads(body, parse_float=Decimal, parse_constant=_refuse)
        # Half of a surrogate pair is JSON and no text: nothing could keep it.
        json.dumps(whole, ensure_ascii=False, default=str).encode()
    except (ValueError, RecursionError):
        raise Unreadable("not_json") from None
    events = whole if isinstance(whole, list) else [whole]
    if not 0 < len(events) <= MOST_EVENTS:
        raise Unreadable("number_of_events")
    return events


def record(one: Endpoint, key: str, events: Sequence[Any], now: datetime) -> Received:
    """Facts of the readable events and letters of the others, in one commit; `key` is the message's id."""
    recorder = Recorder()
    writer = Writer(one, the_shop().currency, recorder)
    names = set(one.names)
    facts: list[Fact] = []
    stated: list[int] = []
    unreadable: list[tuple[str, str, Any]] = []
    for number, event in enumerate(events):
        own_key = key if len(events) == 1 else f"{key}#{number}"
        try:
            own = writer.facts(_bounded(read(event), names), own_key)
        except Unreadable as error:
            unreadable.append((own_key, error.why, event))
            continue
        stated.append(len(facts))
        facts += own
    with write():
        recorder.flush()
        if names - set(one.names):
            endpoints.learn_names(one.id, names)
        new = stream.record(facts, now).new if facts else ()
        for own_key, why, event in unreadable:
            text = json.dumps(event, ensure_ascii=False, default=str)
            letters.keep(one, own_key, why, text.encode(), now)
    fresh = sum(bool(new[index]) for index in stated)
    done = Received(len(events), fresh, len(stated) - fresh, len(unreadable))
    for outcome, count in (("new", done.new), ("known", done.known), ("kept", done.kept)):
        EVENTS.add(count, one.id, outcome)
    return done


def read(event: Any) -> mapping.Read:
    """One event by the declared table; raises Unreadable."""
    found = mapping.read(
        event,
        catalogued=catalogue.TYPES.__contains__,
        props_of=lambda name: catalogue.TYPES[name].props,
        masked=masking.masked,
    )
    try:
        catalogue.checked_json(found.type, found.props)
    except (catalogue.UnknownFactType, catalogue.UnknownProps):
        raise Unreadable("type") from None
    except (TypeError, ValueError):
        raise Unreadable("data") from None
    return found


def _bounded(event: mapping.Read, names: set[str]) -> mapping.Read:
    """The event under a custom name there is still room for; names that are new are added."""
    if not custom.is_custom(event.type):
        return event
    name = event.type.removeprefix(custom.PREFIX)
    if name not in names and len(names) >= MOST_NAMES:
        return replace(event, type=custom.OTHER, props={**event.props, "name": name})
    names.add(name)
    return event


def _refuse(constant: str) -> NoReturn:
    raise ValueError(constant)
