"""Where customers' phones find the claim pages: `XIAOHE_PUBLIC_URL`, and whose word about addresses is believed.

    https://cards.example.com/c/K7Q2MX     that host serves /c/ and /claim/ and nothing else

`XIAOHE_PROXIES` lists reverse proxies by address; only they may say in X-Forwarded-For for whom they ask.
"""

from __future__ import annotations

import ipaddress
import os
from collections.abc import Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import urlsplit

from xiaohe.entries.rate import network_of

PREFIXES = ("/c/", "/claim/")


def url() -> str:
    """The address in front of every code, without a slash at its end; empty while nobody has said one."""
    return os.environ.get("XIAOHE_PUBLIC_URL", "").strip().rstrip("/")


def host() -> str:
    """The public host by name, lower case, without its port; empty if there is none of its own."""
    return (urlsplit(url()).hostname or "").lower()


def is_public_path(path: str) -> bool:
    return path.startswith(PREFIXES)


def is_shut(environ: Mapping[str, Any]) -> bool:
    """Whether this request came to the public host for something that is not public."""
    name = host()
    if not name or is_public_path(environ["PATH_INFO"]):
        return False
    return _name_of(environ.get("HTTP_HOST", "")) == name


def address_of(environ: Mapping[str, Any]) -> str:
    """Who asks, as far as it can be believed: the peer, or whom a proxy of ours names last."""
    peer = str(environ.get("REMOTE_ADDR", ""))
    if network_of(peer) in _proxies(os.environ.get("XIAOHE_PROXIES", "")):
        named = str(environ.get("HTTP_X_FORWARDED_FOR", "")).rpartition(",")[2]
        # Some proxies add the port.
        peer = _without_port(named.strip()) or peer
    return network_of(peer)


def is_reachable(address: str) -> bool:
    """Whether a phone that is not ours may find this address: none of this computer or of a home network."""
    name = urlsplit(address).hostname or ""
    if not name or name == "localhost" or name.endswith((".local", ".internal", ".lan")):
        return False
    try:
        return ipaddress.ip_address(name).is_global
    except ValueError:
        return "." in name


@lru_cache(maxsize=4)
def _proxies(listed: str) -> frozenset[str]:
    return frozenset(network_of(each) for each in listed.split(",") if each.strip())


def _name_of(host_header: str) -> str:
    try:
        return (urlsplit(f"//{host_header}").hostname or "").lower().rstrip(".")
    except ValueError:
        # Brackets around no address: Django refuses such a host.
        return ""


def _without_port(text: str) -> str:
    if text.startswith("["):
        return text[1:].partition("]")[0]
    return text.partition(":")[0] if text.count(":") == 1 else text
