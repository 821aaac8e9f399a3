"""Where webhooks may go: public addresses by https; never into our own network, whatever a name resolves to."""

from __future__ import annotations

import datetime as dt
import socket
import ssl
from pathlib import Path
from typing import Any

import pytest

from tests.channels.receiver import Receiver
from tests.channels.telling import NOW
from xiaohe.channels.models import Endpoint
from xiaohe.channels.webhook import address, endpoints, post
from xiaohe.channels.webhook.address import BadUrl, Forbidden
from xiaohe.kernel.workspace import Workspace

FORBIDDEN = [
    "127.0.0.1",
    "127.8.8.8",
    "0.0.0.0",
    "10.1.2.3",
    "172.16.0.1",
    "192.168.1.1",
    "100.64.0.1",
    "169.254.169.254",
    "100.100.100.200",
    "192.0.0.192",
    "168.63.129.16",
    "224.0.0.1",
    "255.255.255.255",
    "240.0.0.1",
    "::",
    "::1",
    "fe80::1",
    "fe80::1%eth0",
    "fc00::1",
    "fd00:ec2::254",
    "ff02::1",
    "::ffff:127.0.0.1",
    "::ffff:169.254.169.254",
    "::10.0.0.1",
    "64:ff9b::7f00:1",
    "64:ff9b:1::a00:1",
    "2002:7f00:1::",
    "2002:a9fe:a9fe::1",
]


@pytest.mark.parametrize("ip", FORBIDDEN)
def test_addresses_of_our_own_network_are_refused(ip: str) -> None:
    assert not address.is_allowed(ip, private=False)


@pytest.mark.parametrize(
    "ip", ["8.8.8.8", "2001:4860:4860::8888", "::ffff:8.8.8.8", "64:ff9b::808:808"]
)
def test_public_addresses_are_allowed(ip: str) -> None:
    assert address.is_allowed(ip, private=False)


def test_even_a_private_endpoint_does_not_reach_metadata() -> None:
    allowed = {ip for ip in FORBIDDEN if address.is_allowed(ip, private=True)}

    assert {"127.0.0.1", "10.1.2.3", "192.168.1.1", "::1", "fc00::1", "::ffff:127.0.0.1"} <= allowed
    for ip in (
        "169.254.169.254",
        "100.100.100.200",
        "192.0.0.192",
        "168.63.129.16",
        "fd00:ec2::254",
    ):
        assert ip not in allowed
    assert "::ffff:169.254.169.254" not in allowed
    assert not {"0.0.0.0", "224.0.0.1", "fe80::1", "::"} & allowed


@pytest.mark.parametrize(
    "url",
    [
        "http://shop.example/",
        "ftp://shop.example/",
        "https://",
        "https://user:word@shop.example/",
        "https://shop.example/#part",
        "https://shop.example:99999/",
        "https://shop.example:0/",
        "https://shop.example/a b",
        "https://shop.example/\r\nHost: x",
        "https://höst.example/",
        "//shop.example/",
        "https://[::1/",
        "https://shop.example/" + "a" * 2000,
    ],
)
def test_other_urls_are_refused(url: str) -> None:
    with pytest.raises(BadUrl):
        address.target_of(url, private=False)


@pytest.mark.parametrize(
    "host",
    # Spellings of 127.0.0.1 that resolvers understand.
    ["127.0.0.1", "localhost", "127.1", "2130706433", "0x7f000001", "[::1]", "[::ffff:127.0.0.1]"],
)
def test_nothing_of_this_machine_can_be_added(place: Workspace, host: str) -> None:
    with pytest.raises((Forbidden, BadUrl)):
        endpoints.add_outbound("there", f"https://{host}/hook", ["*"], NOW)

    assert Endpoint.objects.count() == 0


def test_a_name_that_cannot_exist_is_taken_and_fails_when_it_is_called(place: Workspace) -> None:
    url = f"https://{'a' * 64}.example/hook"

    endpoints.add_outbound("there", url, ["*"], NOW)

    assert post.Post(url, {}, b"{}").run().status is None


def answering(addresses: list[str]) -> Any:
    def getaddrinfo(host: str, port: int, **_more: Any) -> list[Any]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (each, port)) for each in addresses]

    return getaddrinfo


def test_a_name_with_one_forbidden_address_is_refused_when_it_is_sent(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(socket, "getaddrinfo", answering(["93.184.215.14", "127.0.0.1"]))

    answer = post.Post("https://shop.example/hook", {}, b"{}").run()

    assert (answer.status, answer.why) == (None, "forbidden_address")


def test_the_connection_goes_to_the_judged_address_and_the_name_is_not_asked_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    with Receiver() as there:
        asked: list[str] = []
        real = socket.getaddrinfo

        def once(host: str, port: int, *args: Any, **more: Any) -> Any:
            asked.append(host)
            return real("127.0.0.1" if host == "shop.example" else host, port, *args, **more)

        monkeypatch.setattr(socket, "getaddrinfo", once)
        answer = post.Post(f"http://shop.example:{there.port}/x?y=1", {}, b"{}", private=True).run()

        assert answer.status == 200
        assert asked == ["shop.example", "127.0.0.1"]
        (told,) = there.told
        assert (told.headers["host"], told.path) == (f"shop.example:{there.port}", "/x?y=1")


def test_the_certificate_must_be_the_names_and_not_only_the_addresss(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    chain = certificate_of("shop.example", tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(chain))
    monkeypatch.setattr(post, "_tls", ssl.create_default_context)
    real = socket.getaddrinfo
    monkeypatch.setattr(
        socket, "getaddrinfo", lambda host, port, *a, **m: real("127.0.0.1", port, *a, **m)
    )
    with Receiver() as there:
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(chain)
        there._server.socket = context.wrap_socket(there._server.socket, server_side=True)
        answers = [
            post.Post(f"https://{name}:{there.port}/", {}, b"{}", private=True).run()
            for name in ("shop.example", "other.example")
        ]

    assert [(each.status, each.why) for each in answers] == [(200, ""), (None, "tls")]


def certificate_of(name: str, folder: Path) -> Path:
    """A certificate signed by itself, with its key, in one file."""
    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec
    from cryptography.x509.oid import NameOID

    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])
    made = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(subject)
        .public_key(key.public_key())
        .serial_number(1)
        .not_valid_before(dt.datetime(2020, 1, 1, tzinfo=dt.UTC))
        .not_valid_after(dt.datetime(2100, 1, 1, tzinfo=dt.UTC))
        .add_extension(x509.SubjectAlternativeName([x509.DNSName(name)]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / "chain.pem"
    path.write_bytes(
        key.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
        + made.public_bytes(serialization.Encoding.PEM)
    )
    return path
