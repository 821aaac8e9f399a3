"""Where a message may go: https to a public address; never into the network that we stand in.

Whoever may name a URL could otherwise make us call what only we can reach (server-side request forgery). The name is
resolved once, every address behind it is judged, and the connection is made to the judged address, so a name that
answers differently the second time gains nothing. Redirects are not followed.

An endpoint with `private` may lie in this network, and be plain http: for a program on the same machine. Addresses
of cloud metadata and link-local ones stay refused: nobody's receiver lives there.
"""

from __future__ import annotations

import ipaddress
import socket
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit

from django.utils.translation import gettext_lazy as _

from xiaohe.kernel.errors import BadInput

LONGEST_URL = 2_000
PORTS = {"https": 443, "http": 80}
Address = IPv4Address | IPv6Address
# Metadata that stands at an address which looks public: Azure's wire server.
METADATA = frozenset({ipaddress.ip_address("168.63.129.16")})
# Metadata inside private ranges, refused even where private addresses are allowed: Alibaba, Oracle, AWS on IPv6.
PRIVATE_METADATA = frozenset(
    ipaddress.ip_address(each) for each in ("100.100.100.200", "192.0.0.192", "fd00:ec2::254")
)
_TRANSLATED = ipaddress.ip_network("64:ff9b::/96")
_TRANSLATED_LOCALLY = ipaddress.ip_network("64:ff9b:1::/48")
_COMPATIBLE = ipaddress.ip_network("::/96")


class BadUrl(BadInput):
    def __init__(self) -> None:
        super().__init__(
            "bad_url",
            _("A webhook goes to a whole address like https://shop.example/hook."),
        )


class Forbidden(BadInput):
    """The address is one that we do not call."""

    def __init__(self, host: str) -> None:
        super().__init__(
            "forbidden_address",
            _(
                "%(host)s lies in a network of our own, where webhooks do not go unless the endpoint is added with"
                " --allow-private."
            ),
            host=host,
        )


@dataclass(frozen=True)
class Target:
    """A URL taken apart; `host` is what the certificate must name."""

    scheme: str
    host: str
    port: int
    path: str

    @property
    def is_default_port(self) -> bool:
        return self.port == PORTS[self.scheme]

    @property
    def authority(self) -> str:
        """For the Host header."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return host if self.is_default_port else f"{host}:{self.port}"


def target_of(url: str, *, private: bool) -> Target:
    """The parts of a URL that may be called; raises BadUrl."""
    if len(url) > LONGEST_URL or not url.isascii() or any(each <= " " for each in url):
        raise BadUrl
    try:
        parts = urlsplit(url)
        port = parts.port
    except ValueError:
        raise BadUrl from None
    allowed = ("https", "http") if private else ("https",)
    if parts.scheme not in allowed or not parts.hostname or parts.fragment:
        raise BadUrl
    if parts.username is not None or parts.password is not None or port == 0:
        raise BadUrl
    path = parts.path or "/"
    return Target(
        parts.scheme,
        parts.hostname,
        port or PORTS[parts.scheme],
        f"{path}?{parts.query}" if parts.query else path,
    )


def resolve(target: Target, *, private: bool) -> list[str]:
    """The addresses behind a target, all of them allowed; raises Forbidden, or OSError if there are none."""
    found = socket.getaddrinfo(target.host, target.port, type=socket.SOCK_STREAM)
    addresses = list(dict.fromkeys(str(each[4][0]) for each in found))
    # One forbidden address among public ones is a trap, not an accident.
    if not all(is_allowed(each, private=private) for each in addresses):
        raise Forbidden(target.host)
    return addresses


def is_allowed(address: str, *, private: bool) -> bool:
    ip = _meant(ipaddress.ip_address(address.partition("%")[0]))
    if ip in METADATA or ip in PRIVATE_METADATA:
        return False
    if ip.is_multicast or ip.is_unspecified or ip.is_link_local:
        return False
    if private:
        return not (isinstance(ip, IPv4Address) and ip.is_reserved)
    return ip.is_global


def _meant(ip: Address) -> Address:
    """The IPv4 address inside an IPv6 one that only wraps it."""
    if isinstance(ip, IPv4Address):
        return ip
    if ip.ipv4_mapped:
        return ip.ipv4_mapped
    if ip.sixtofour:
        return ip.sixtofour
    if ip.teredo:
        return ip.teredo[1]
    if ip in _TRANSLATED or ip in _TRANSLATED_LOCALLY:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    # ::127.0.0.1, the old way of wrapping; :: and ::1 are themselves.
    if ip in _COMPATIBLE and int(ip) > 0xFFFF:
        return IPv4Address(int(ip) & 0xFFFFFFFF)
    return ip
