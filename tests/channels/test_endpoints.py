"""Webhooks are added, changed and switched off by one door each; secrets are told once and never lie about."""

from __future__ import annotations

import base64
from collections.abc import Sequence
from datetime import timedelta

import pytest

from tests.channels.telling import NOW
from xiaohe.channels.models import Endpoint
from xiaohe.channels.webhook import announce, endpoints, events, schedule, signature
from xiaohe.channels.webhook.events import UnknownType
from xiaohe.kernel.errors import BadInput
from xiaohe.kernel.workspace import Workspace
from xiaohe.shop import audit

URL = "https://93.184.215.14/hook?key=word"


def test_secret_and_url_are_sealed_and_every_change_is_noted(any_place: Workspace) -> None:
    added = endpoints.add_outbound("crm", URL, ["order.*"], NOW)
    endpoints.rotate(added.id, NOW)
    endpoints.disable(added.id, NOW)
    endpoints.disable(added.id, NOW)
    endpoints.enable(added.id, NOW)

    row = Endpoint.objects.values().get()
    stored = b"".join(bytes(row[name]) for name in ("secret", "old_secret", "url"))
    assert added.secret.encode() not in stored
    assert b"93.184" not in stored
    assert endpoints.url_of(endpoints.one(added.id)) == URL
    acts = [(each.act, each.page) for each in reversed(audit.latest())]
    assert acts == [
        (act, f"webhook {added.id}") for act in ("added", "rotated", "disabled", "enabled")
    ]


def test_a_removed_endpoint_stops_is_hidden_and_comes_back_as_it_was(any_place: Workspace) -> None:
    told = endpoints.add_outbound("crm", URL, ["order.*"], NOW)
    off = endpoints.add_inbound("till", NOW)
    endpoints.disable(off.id, NOW)
    for each in (told, off):
        assert [endpoints.retire(each.id, NOW) for _twice in range(2)] == [True, False]

    assert (endpoints.listing(), endpoints.outbound()) == ([], [])
    assert not announce.is_asked(["order.paid"])
    assert {each.id for each in endpoints.removed()} == {told.id, off.id}
    for forbidden in (endpoints.enable, endpoints.rotate):
        with pytest.raises(endpoints.Removed):
            forbidden(told.id, NOW)
    # A new one may have its name.
    new = endpoints.add_outbound("crm", URL, ["order.*"], NOW)
    assert endpoints.named("crm").id == new.id

    for each in (told, off):
        assert [endpoints.bring_back(each.id, NOW) for _twice in range(2)] == [True, False]
    assert [endpoints.one(each.id).is_on for each in (told, off)] == [True, False]
    assert announce.is_asked(["order.paid"])


def test_a_new_secret_is_32_random_bytes_in_the_conventions_spelling(place: Workspace) -> None:
    one, other = (endpoints.add_inbound("shop", NOW).secret for _twice in range(2))

    assert one != other
    assert one.startswith("whsec_")
    assert len(base64.b64decode(one.removeprefix("whsec_"))) == 32


def test_a_secret_of_the_other_side_is_taken_in_any_spelling(place: Workspace) -> None:
    bare = signature.new_secret().removeprefix("whsec_").rstrip("=")

    assert endpoints.add_inbound("shop", NOW, secret=bare).secret == f"whsec_{bare}="


def test_the_old_secret_holds_until_the_grace_is_over(place: Workspace) -> None:
    added = endpoints.add_inbound("shop", NOW)
    new = endpoints.rotate(added.id, NOW, grace=timedelta(hours=2))
    one = endpoints.one(added.id)

    assert endpoints.secrets_of(one, NOW + timedelta(hours=1)) == [new, added.secret]
    assert endpoints.secrets_of(one, NOW + timedelta(hours=2)) == [new]


@pytest.mark.parametrize(
    ("types", "told", "not_told"),
    [
        (["order.paid"], ["order.paid"], ["order.item", "lake.committed"]),
        (["order.*"], ["order.paid", "order.item"], ["task.done"]),
        (["*"], ["order.paid", "custom:Quiz"], ["lake.committed", "import.undone"]),
        (["custom:*", "import.undone"], ["custom:Quiz", "import.undone"], ["order.paid"]),
        (["custom:Quiz"], ["custom:Quiz"], ["custom:Quizzes"]),
    ],
)
def test_who_asked_for_what_is_told(
    types: Sequence[str], told: Sequence[str], not_told: Sequence[str]
) -> None:
    wanted = events.checked(types)

    assert [each for each in [*told, *not_told] if events.wants(wanted, each)] == told


@pytest.mark.parametrize(
    "name", ["order", "order.unheard", "ord*", "nothing.*", "custom:", "lake.*", "**"]
)
def test_what_does_not_exist_cannot_be_asked_for(name: str) -> None:
    with pytest.raises(UnknownType):
        events.checked([name])


def test_an_endpoint_without_types_or_name_is_refused(place: Workspace) -> None:
    for name, types in (("crm", []), (" ", ["*"]), ("x" * 81, ["*"])):
        with pytest.raises(BadInput):
            endpoints.add_outbound(name, URL, types, NOW)
    with pytest.raises(BadInput):
        endpoints.add_inbound("shop", NOW, platform="Tao Bao")

    assert Endpoint.objects.count() == 0


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("Tue, 03 Nov 2026 12:01:00 GMT", 60),
        ("Tue, 03 Nov 2026 11:00:00 GMT", 0),
        ("9999999", 86400),
        ("", None),
        ("soon", None),
        ("-5", None),
    ],
)
def test_retry_after_is_read_as_seconds_or_a_date(said: str, seconds: int | None) -> None:
    asked = schedule.asked_for(said, NOW)

    assert (None if asked is None else asked.total_seconds()) == seconds
