"""One POST to somebody's URL: judged address, no redirects, a bound on time and on what is read of the answer."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache

from xiaohe import __version__
from xiaohe.channels.webhook import address
from xiaohe.channels.webhook.address import Forbidden, Target

# Connecting, and each silence of theirs, may last so long (Standard Webhooks recommends 15 to 30 s) …
TIMEOUT_SECONDS = 15.0
# … and the whole of it so long: a receiver that drips a byte now and then is cut off by `cut`.
DEADLINE_SECONDS = 30.0
RESPONSE_BYTES = 1024


@dataclass(frozen=True)
class Answer:
    """What came of one try; `why` is empty for an answer of theirs, else a published reason code."""

    status: int | None
    why: str
    ms: int
    response: bytes = b""
    retry_after: str = ""

    @property
    def is_success(self) -> bool:
        return self.status is not None and 200 <= self.status <= 299


class Post:
    """One request; `run` in a thread of its own, `cut` from another when it takes too long."""

    def __init__(
        self,
        url: str,
        headers: Mapping[str, str],
        body: bytes,
        *,
        private: bool = False,
        timeout: float = TIMEOUT_SECONDS,
    ) -> None:
        self._url, self._body, self._private, self._timeout = url, body, private, timeout
        self._headers = {
            "Content-Type": "application/json",
            "User-Agent": f"Xiaohe/{__version__}",
            "Connection": "close",
            **headers,
        }
        self._connection: http.client.HTTPConnection | None = None
        self._cut = threading.Event()
        self.began = time.monotonic()

    def run(self) -> Answer:
        """Send and tell; never raises for what the other side or the way does."""
        self.began = time.monotonic()
        try:
            return self._sent()
        except Forbidden:
            return self._failed("forbidden_address")
        except address.BadUrl:
            return self._failed("bad_url")
        except socket.gaierror:
            return self._failed("no_such_host")
        except ssl.SSLError:
            return self._failed("tls")
        except TimeoutError:
            return self._failed("timeout")
        except ConnectionRefusedError:
            return self._failed("refused")
        except (OSError, http.client.HTTPException, ValueError, AttributeError):
            # AttributeError: http.client meeting a socket that `cut` has taken away.
            return self._failed("timeout" if self._cut.is_set() else "connection")
        finally:
            self._close()

    def cut(self) -> None:
        """End it now: the thread in `run` comes back with a timeout."""
        self._cut.set()
        connection = self._connection
        if connection is not None and connection.sock is not None:
            try:
                connection.sock.shutdown(socket.SHUT_RDWR)
            except OSError:
                pass

    @property
    def is_overdue(self) -> bool:
        return time.monotonic() - self.began > DEADLINE_SECONDS

    def _sent(self) -> Answer:
        target = address.target_of(self._url, private=self._private)
        addresses = address.resolve(target, private=self._private)
        self._connection = connection = _Pinned(target, addresses, self._timeout)
        connection.request(
            "POST", target.path, self._body, {"Host": target.authority, **self._headers}
        )
        answered = connection.getresponse()
        response = answered.read(RESPONSE_BYTES)
        return Answer(
            answered.status,
            "",
            self._ms(),
            response,
            answered.getheader("Retry-After", ""),
        )

    def _failed(self, why: str) -> Answer:
        return Answer(None, why, self._ms())

    def _ms(self) -> int:
        return int((time.monotonic() - self.began) * 1000)

    def _close(self) -> None:
        if self._connection is not None:
            self._connection.close()


class _Pinned(http.client.HTTPConnection):
    """A connection to one of the judged addresses, and to nothing else; TLS still asks for the name's certificate."""

    def __init__(self, target: Target, addresses: list[str], timeout: float) -> None:
        super().__init__(target.host, target.port, timeout=timeout)
        self._target, self._addresses = target, addresses

    def connect(self) -> None:
        plain = self._connected()
        if self._target.scheme == "https":
            try:
                self.sock = _tls().wrap_socket(plain, server_hostname=self._target.host)
            except BaseException:
                plain.close()
                raise
        else:
            self.sock = plain

    def _connected(self) -> socket.socket:
        # Two addresses share the patience: one dead way of two does not cost the message.
        tried = self._addresses[:2]
        for index, each in enumerate(tried):
            patience = (self.timeout or TIMEOUT_SECONDS) / len(tried)
            try:
                plain = socket.create_connection((each, self._target.port), patience)
            except OSError:
                if index == len(tried) - 1:
                    raise
                continue
            plain.settimeout(self.timeout)
            return plain
        raise ConnectionError("no address")


@cache
def _tls() -> ssl.SSLContext:
    return ssl.create_default_context()
