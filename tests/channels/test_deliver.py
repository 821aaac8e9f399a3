"""Outgoing webhooks against real servers on this machine: signed, once per occurrence, tried again, never in the way."""

from __future__ import annotations

import json
import threading
import time
from datetime import timedelta

import pytest
from standardwebhooks.webhooks import Webhook

from tests.channels.other_process import Sender
from tests.channels.receiver import Receiver, Told, nobody
from tests.channels.telling import NOW, endpoint, record, send, states, told_again, tries
from tests.ledger.facts import Line, import_lines
from tests.processes import until
from xiaohe import jobs
from xiaohe.channels.models import Attempt, Delivery, Endpoint
from xiaohe.channels.webhook import announce, deliver, endpoints, payload, post, schedule, signature
from xiaohe.channels.webhook.signature import Signed
from xiaohe.jobs.worker import Worker
from xiaohe.kernel.clock import utc_now
from xiaohe.kernel.store import connection
from xiaohe.kernel.workspace import Workspace
from xiaohe.ledger import drain, imports, stream
from xiaohe.ledger.stream import Fact

Reply = tuple[int, dict[str, str], bytes]


def test_a_fact_reaches_who_asked_for_it_and_nobody_else(any_place: Workspace) -> None:
    with Receiver() as there, Receiver() as elsewhere:
        added = endpoint(there.url, ["task.*"])
        endpoint(elsewhere.url, ["order.paid"])
        record()

        send()

        (told,) = there.told
        assert elsewhere.told == []
        said = json.loads(told.body)
        assert (said["type"], said["timestamp"]) == ("task.done", "2026-11-03T11:00:00Z")
        assert said["data"] == {
            "fact": said["data"]["fact"],
            "subject": "1000",
            "person": "1000",
            "source": "xiaohe",
            "occurred_at": "2026-11-03T11:00:00Z",
            "date_only": False,
            "recorded_at": "2026-11-03T12:00:00Z",
        }
        signed = Signed(
            told.id, *(told.headers[f"webhook-{x}"] for x in ("timestamp", "signature"))
        )
        signature.verify([added.secret], signed, told.body, NOW)
        assert states() == [("delivered", 1)]


def test_the_reference_library_verifies_what_we_send(place: Workspace) -> None:
    with Receiver() as there:
        added = endpoint(there.url)
        answer = deliver.test(added.id, utc_now)

        (told,) = there.told
        assert Webhook(added.secret).verify(told.body, told.headers)["type"] == "webhook.test"
        assert (answer.status, answer.response) == (200, b"thanks")


def test_told_twice_by_the_ledger_it_is_sent_once(any_place: Workspace) -> None:
    with Receiver() as there:
        endpoint(there.url)
        record(3)
        send()
        told_again()
        drain.drain(NOW, force=True)
        told_again()
        send()

        assert len(there.told) == len({each.id for each in there.told}) == 3


def test_nobody_asked_so_no_job_is_made(any_place: Workspace) -> None:
    endpoint(nobody(), ["order.paid", "lake.committed"])
    record()
    assert jobs.latest("webhook.facts") is None

    record(type_="order.paid", first=1)
    assert jobs.latest("webhook.facts") is not None
    assert states() == [("waiting", 0)]


def test_batches_carry_many_facts_in_one_message(place: Workspace) -> None:
    with Receiver() as there:
        endpoint(there.url, batched=True)
        record(payload.BATCH + 5)
        send()

        said = [json.loads(each.body) for each in there.told]
        assert [each["type"] for each in said] == ["facts.recorded"] * 2
        assert sorted(len(each["data"]["facts"]) for each in said) == [5, payload.BATCH]


def test_an_import_and_its_undo_are_told_but_not_its_facts(place: Workspace) -> None:
    with Receiver() as there:
        endpoint(there.url, ["*", "lake.committed", "import.committed", "import.undone"])
        number, _rows = import_lines([Line(key=1), Line(key=2)])
        jobs.run_pending(names=["webhook.lake", "webhook.facts"])
        imports.undo(number, now=NOW)
        jobs.run_pending(names=["webhook.lake", "webhook.facts"])
        jobs.run_pending(names=["webhook.deliver"])

        said = [json.loads(each.body) for each in there.told]
        assert sorted(each["type"] for each in said) == [
            "import.committed",
            "import.undone",
            "lake.committed",
            "lake.committed",
        ]
        assert {each["data"].get("import", number) for each in said} == {number}


def test_a_failure_is_tried_again_by_the_schedule_under_the_same_id(any_place: Workspace) -> None:
    with Receiver(lambda _told, _number: (500, {}, b"no")) as there:
        endpoint(there.url)
        record()
        seen = []
        for _attempt in range(schedule.ATTEMPTS):
            at = Delivery.objects.get().due_us / 1e6 - NOW.timestamp()
            seen.append(at)
            assert send(timedelta(seconds=at - 1)).failed == 0 or at == 0
            send(timedelta(seconds=at))

        assert len({each.id for each in there.told}) == 1
        assert len(there.told) == schedule.ATTEMPTS
        assert states() == [("given_up", schedule.ATTEMPTS)]
        planned = [sum((d.total_seconds() for d in schedule.DELAYS[:n]), 0.0) for n in range(10)]
        for got, wanted in zip(seen, planned, strict=True):
            assert wanted <= got <= wanted * (1 + schedule.JITTER) + 1
        assert send(timedelta(days=30)).failed == 0


def test_a_signature_is_of_the_time_it_is_sent_at(place: Workspace) -> None:
    with Receiver(lambda _told, number: (503 if number == 1 else 200, {}, b"")) as there:
        endpoint(there.url)
        record()
        send()
        send(timedelta(minutes=1))

        stamps = [int(each.headers["webhook-timestamp"]) for each in there.told]
        assert stamps == [int(NOW.timestamp()), int(NOW.timestamp()) + 60]
        assert len({each.headers["webhook-signature"] for each in there.told}) == 2


def test_retry_after_is_honoured_for_all_that_waits_there(place: Workspace) -> None:
    def busy_once(_told: Told, number: int) -> Reply:
        return (429, {"Retry-After": "3600"}, b"") if number == 1 else (200, {}, b"")

    with Receiver(busy_once) as there:
        endpoint(there.url)
        record()
        send()
        record(2, first=5)
        send(timedelta(minutes=30))
        assert len(there.told) == 1
        send(timedelta(minutes=61))
        send(timedelta(minutes=62))

        assert len(there.told) == 4
        assert {state for state, _attempts in states()} == {"delivered"}


def test_gone_switches_the_endpoint_off_and_nothing_more_is_sent(place: Workspace) -> None:
    with Receiver(lambda _told, _number: (410, {}, b"")) as there:
        added = endpoint(there.url)
        record()
        send()
        record(first=1)
        send(timedelta(days=1))

        assert len(there.told) == 1
        assert endpoints.one(added.id).off_reason == "gone"


def test_what_waits_for_a_removed_endpoint_goes_out_when_it_is_back(any_place: Workspace) -> None:
    with Receiver() as there:
        added = endpoint(there.url)
        record()
        endpoints.retire(added.id, NOW)
        record(first=1)
        send()
        assert there.told == []

        endpoints.bring_back(added.id, NOW)
        send()
        assert len(there.told) == 1


def test_five_days_of_failure_switch_it_off_and_a_success_before_that_does_not(
    place: Workspace,
) -> None:
    added = endpoint(nobody())
    for day in range(6):
        assert endpoints.one(added.id).is_on
        record(first=day)
        Delivery.objects.filter(attempts=0).update(
            due_us=int((NOW.timestamp() + day * 86400) * 1e6)
        )
        send(timedelta(days=day))

    assert endpoints.one(added.id).off_reason == "failing"
    assert set(tries()) == {(None, "refused")}
    endpoints.enable(added.id, NOW)
    assert endpoints.one(added.id).failing_since is None


def test_a_redirect_is_a_failure_and_is_not_followed(place: Workspace) -> None:
    with Receiver() as away, Receiver(lambda _t, _n: (302, {"Location": away.url}, b"")) as there:
        endpoint(there.url)
        record()
        send()

        assert (tries(), away.told) == ([(302, "")], [])


def test_a_slow_receiver_keeps_nobody_waiting_and_gets_few_at_once(place: Workspace) -> None:
    served: list[bool] = []

    def after_the_others(_told: Told, _number: int) -> Reply:
        served.append(until(lambda: len(quick.told) == 6, post.DEADLINE_SECONDS / 2))
        return 200, {}, b""

    with Receiver(after_the_others) as slow, Receiver() as quick:
        endpoint(slow.url)
        endpoint(quick.url)
        record(6)
        send()

        assert all(served)
        assert len(slow.told) == len(quick.told) == 6
        assert slow.most_at_once <= deliver.PER_ENDPOINT


def test_one_that_never_answers_is_cut_off(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(post, "DEADLINE_SECONDS", 0.3)
    with Receiver(delay=60.0) as there:
        endpoint(there.url)
        record()
        began = time.monotonic()
        send()

        assert time.monotonic() - began < 30
        assert tries() == [(None, "timeout")]


@pytest.mark.parametrize("point", ["webhook_claimed", "webhook_sent"])
def test_killed_between_claim_and_effect_it_is_unknown_then_sent_under_the_same_id(
    any_place: Workspace, point: str
) -> None:
    with Receiver() as there, Sender() as sender:
        added = endpoint(there.url)
        record()
        assert sender.ask(point) == -9

        assert states() == [("sending", 1)]
        assert sender.ask() == 0  # the claim still holds: nobody takes it over
        assert states() == [("sending", 1)]
        later = utc_now() + deliver.CLAIM
        deliver.send_due(lambda: later)

        assert states() == [("delivered", 2)]
        assert tries() == [(None, "unknown"), (200, "")]
        # Killed before the request left or after it was answered: at most once more, and they can tell.
        assert len(there.told) == (1 if point == "webhook_claimed" else 2)
        assert len({each.id for each in there.told}) == 1
        assert endpoints.one(added.id).is_on


def test_while_a_secret_changes_messages_carry_both_signatures(place: Workspace) -> None:
    with Receiver() as there:
        added = endpoint(there.url)
        new = endpoints.rotate(added.id, NOW, grace=timedelta(hours=1))
        record(2)
        Delivery.objects.filter(pk=Delivery.objects.latest("pk").pk).update(
            due_us=int((NOW + timedelta(hours=2)).timestamp() * 1e6)
        )
        send()
        send(timedelta(hours=2))

        first, second = there.told
        assert len(first.headers["webhook-signature"].split()) == 2
        assert len(second.headers["webhook-signature"].split()) == 1
        signed = Signed(
            second.id, *(second.headers[f"webhook-{x}"] for x in ("timestamp", "signature"))
        )
        signature.verify([new], signed, second.body, NOW + timedelta(hours=2))


def test_what_they_answered_is_kept_sealed_and_short(place: Workspace) -> None:
    with Receiver(lambda _t, _n: (400, {}, b"unknown phone 13800138000 " * 200)) as there:
        endpoint(there.url)
        record()
        send()

        kept = bytes(Attempt.objects.get().response)
        assert b"13800138000" not in kept
        assert len(kept) < 1200


def test_far_too_much_waiting_switches_an_endpoint_off(
    place: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(announce, "MOST_WAITING", 5)
    added = endpoint(nobody())
    record(6)

    assert endpoints.one(added.id).off_reason == "overrun"
    assert send().failed == 0


def test_two_senders_at_once_send_each_message_once(any_place: Workspace) -> None:
    with Receiver(delay=0.02) as there:
        endpoint(there.url)
        record(20)

        def sender() -> None:
            send()
            connection().close()

        senders = [threading.Thread(target=sender) for _each in range(2)]
        for each in senders:
            each.start()
        for each in senders:
            each.join(30)
        send(timedelta(seconds=1))

        assert len(there.told) == len({each.id for each in there.told}) == 20
        assert set(states()) == {("delivered", 1)}


def test_an_endpoint_whose_secret_is_of_another_key_fails_alone(place: Workspace) -> None:
    with Receiver() as there:
        broken = endpoint(there.url)
        endpoint(there.url, ["task.done"])
        Endpoint.objects.filter(pk=broken.id).update(secret=b"\x01" + b"0" * 60)
        record()
        send()

        assert len(there.told) == 1
        assert sorted(tries(), key=str) == [(200, ""), (None, "unsealable")]


def test_a_running_worker_brings_a_fact_to_a_receiver_in_seconds(any_place: Workspace) -> None:
    with Receiver() as there:
        endpoint(there.url, ["task.done"])
        worker = Worker()
        worker.start()
        try:
            stream.record([Fact("xiaohe", "k", "task.done", NOW, 7)], utc_now())
            assert until(lambda: bool(there.told))
        finally:
            worker.stop()

        assert [json.loads(each.body)["data"]["subject"] for each in there.told] == ["7"]


def test_a_stopping_worker_ends_what_is_under_way_and_begins_nothing(place: Workspace) -> None:
    stopping = False

    def slow_then_stop(_told: Told, _number: int) -> Reply:
        nonlocal stopping
        stopping = True
        return 200, {}, b""

    with Receiver(slow_then_stop, delay=0.3) as there:
        endpoint(there.url)
        record(10)
        deliver.send_due(lambda: NOW, is_stopping=lambda: stopping)

        done = [state for state, _attempts in states()]
        assert done.count("delivered") == len(there.told) < 10
        assert set(done) == {"delivered", "waiting"}
