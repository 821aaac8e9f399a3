"""Signatures: the specification's own example, the reference library in both directions, and every way to be refused."""

from __future__ import annotations

import base64
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from standardwebhooks.webhooks import Webhook, WebhookVerificationError

from xiaohe.channels.webhook import signature
from xiaohe.channels.webhook.signature import BadSecret, NotSigned, Signed

# The example that the specification's libraries are tested with.
SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID, BODY = "msg_p5jXN8AQM9LWM0D4loKWxJek", b'{"test": 2432232314}'
AT = datetime.fromtimestamp(1614265330, UTC)
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_example_is_reproduced() -> None:
    signed = signature.sign([SECRET], ID, BODY, AT)

    assert signed == Signed(ID, "1614265330", SIGNATURE)
    signature.verify([SECRET], signed, BODY, AT)


@settings(max_examples=50, deadline=None)
@given(st.text(max_size=200), st.binary(min_size=24, max_size=64))
def test_the_reference_library_agrees_in_both_directions(text: str, key: bytes) -> None:
    now = datetime.now(UTC)
    secret = "whsec_" + base64.b64encode(key).decode()
    ours = signature.sign([secret], ID, text.encode(), now)
    theirs = Webhook(secret).sign(ID, now, text)

    Webhook(secret).verify(text, ours.as_headers(), json_parse=False)
    signature.verify([secret], Signed(ID, ours.timestamp, theirs), text.encode(), now)
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(text + ".", ours.as_headers(), json_parse=False)


def test_while_a_secret_changes_either_holds() -> None:
    old, new = signature.new_secret(), signature.new_secret()
    now = datetime.now(UTC)
    both = signature.sign([new, old], ID, BODY, now)

    assert len(both.signature.split(" ")) == 2
    for secret in (old, new):
        signature.verify([secret], both, BODY, now)
        Webhook(secret).verify(BODY, both.as_headers())


def test_other_versions_and_rubbish_beside_a_good_signature_do_no_harm() -> None:
    many = f"v1a,AAAA v2,{SIGNATURE[3:]} v1,!!! v1 , {SIGNATURE}"

    signature.verify([SECRET], Signed(ID, "1614265330", many), BODY, AT)


@pytest.mark.parametrize(
    ("changed", "code"),
    [
        (Signed("", "1614265330", SIGNATURE), "headers_missing"),
        (Signed(ID, "", SIGNATURE), "headers_missing"),
        (Signed(ID, "1614265330", ""), "headers_missing"),
        (Signed("msg.1", "1614265330", SIGNATURE), "headers_unreadable"),
        (Signed(ID, "hello", SIGNATURE), "headers_unreadable"),
        (Signed(ID, "-1614265330", SIGNATURE), "headers_unreadable"),
        (Signed(ID, "१६१४२६५३३०", SIGNATURE), "headers_unreadable"),
        (Signed(ID, "1614265029", SIGNATURE), "timestamp_too_far"),
        (Signed(ID, "1614265631", SIGNATURE), "timestamp_too_far"),
        (Signed(ID, "1614265331", SIGNATURE), "signature_differs"),
        (Signed("msg_other", "1614265330", SIGNATURE), "signature_differs"),
        (Signed(ID, "1614265330", SIGNATURE.replace("v1,", "v2,")), "signature_differs"),
        (Signed(ID, "1614265330", "v1,"), "signature_differs"),
        (
            Signed(ID, "1614265330", "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OA="),
            "signature_differs",
        ),
        (Signed(ID, "1614265330", "v1,AA== " * 16 + SIGNATURE), "signature_differs"),
    ],
)
def test_everything_else_is_refused(changed: Signed, code: str) -> None:
    with pytest.raises(NotSigned) as refusal:
        signature.verify([SECRET], changed, BODY, AT)

    assert (refusal.value.code, refusal.value.status) == (code, 401)


def test_five_minutes_either_way_are_allowed() -> None:
    signed = Signed(ID, "1614265330", SIGNATURE)

    for off in (timedelta(minutes=5), -timedelta(minutes=5)):
        signature.verify([SECRET], signed, BODY, AT + off)


@pytest.mark.parametrize(
    "secret", ["", "whsec_", "whsec_AAAA", "whsec_" + "A" * 100, "whsec_not base64!"]
)
def test_a_secret_that_is_none_is_refused(secret: str) -> None:
    with pytest.raises(BadSecret):
        signature.key_of(secret)
