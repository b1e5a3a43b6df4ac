"""Photographs at addresses that strangers name: public hosts alone, in bounded time and size.

The name is resolved once, every address that it resolves to must be public, and the connection goes
to that address and no other, so that a second answer of the name server changes nothing. Redirects
go through the same gate. Proxies of the environment are not asked: behind one, the gate would judge
the wrong host.
"""

from __future__ import annotations

import http.client
import ipaddress
import socket
import ssl
import threading
import time
from collections.abc import Callable
from importlib.metadata import version
from urllib.parse import urlsplit

from aisle.catalog.images import UnreadableImageError
from aisle.catalog.images.addresses import web_address
from aisle.catalog.images.answers import trusted
from aisle.catalog.images.failures import FAILURES, in_words

MOST_REDIRECTS = 3
PORTS = {"http": 80, "https": 443}
"""Other ports are refused: photographs of shops are nowhere else, inner services are."""

_REDIRECTS = frozenset({301, 302, 303, 307, 308})
_PIECE_BYTES = 2**16
_NAT64 = ipaddress.ip_network("64:ff9b::/96")

Resolve = Callable[[str, int], list[str]]
Connect = Callable[[str, int, float], socket.socket]


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host; raises OSError if its name is not known."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(one[4][0]).partition("%")[0] for one in found))


def connect(address: str, port: int, seconds: float) -> socket.socket:
    """Open a connection to an address that is a number already."""
    return socket.create_connection((address, port), timeout=seconds)


def is_public(address: str) -> bool:
    """Say whether an address is one of the public internet.

    IPv4 addresses inside IPv6 ones (mapped, 6to4, Teredo, NAT64) are judged by themselves.

    Examples
    --------
    >>> is_public("8.8.8.8"), is_public("127.0.0.1"), is_public("::ffff:10.0.0.1")
    (True, False, False)
    """
    try:
        found = ipaddress.ip_address(address)
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = [found.ipv4_mapped, found.sixtofour, *(found.teredo or ())]
        if found in _NAT64:
            inner.append(ipaddress.IPv4Address(int(found) & 0xFFFFFFFF))
        if any(one is not None and not is_public(str(one)) for one in inner):
            return False
        if found.ipv4_mapped is not None:
            return True
    special = found.is_multicast or found.is_reserved or found.is_unspecified
    return found.is_global and not special


class GuardedFetcher:
    """Fetches photographs for requests; called from several threads.

    Parameters
    ----------
    seconds
        How long one photograph may take, with redirects.
    limit_bytes
        The largest one to take.
    resolve, connect
        How names become addresses and addresses connections.
    """

    def __init__(
        self,
        *,
        seconds: float,
        limit_bytes: int,
        resolve: Resolve = resolve,
        connect: Connect = connect,
    ) -> None:
        self._seconds = seconds
        self._limit_bytes = limit_bytes
        self._resolve = resolve
        self._connect = connect

    def __call__(self, address: str) -> bytes:
        """Return what lies at an address, which need not be an image.

        Raises
        ------
        UnreadableImageError
            Whatever goes wrong, a host that is not public for one.
        """
        until = time.monotonic() + self._seconds
        wanted = web_address(address)
        for _ in range(MOST_REDIRECTS + 1):
            try:
                content = self._asked(wanted, until)
            except FAILURES as failure:
                raise UnreadableImageError(in_words(failure)) from failure
            if isinstance(content, bytes):
                return content
            wanted = web_address(content, seen_from=wanted)
        raise UnreadableImageError(f"more than {MOST_REDIRECTS} redirects")

    def _asked(self, address: str, until: float) -> bytes | str:
        """Return the body of the answer, or the address to which it points."""
        parts = urlsplit(address)
        host, port = parts.hostname or "", parts.port or PORTS[parts.scheme]
        if port != PORTS[parts.scheme]:
            raise UnreadableImageError(f"port {port} is not asked, only {PORTS[parts.scheme]}")
        connection = self._opened(host, port, parts.scheme == "https", until)
        # A server that sends a letter a second would keep every single read within its time.
        alarm = threading.Timer(max(until - time.monotonic(), 0.0), _cut, [connection])
        alarm.daemon = True
        alarm.start()
        try:
            path = parts.path + (f"?{parts.query}" if parts.query else "")
            connection.request("GET", path, headers=_headers())
            with connection.getresponse() as response:
                return self._read(response)
        except FAILURES as failure:
            if time.monotonic() >= until:
                raise TimeoutError("the answer took too long") from failure
            raise
        finally:
            alarm.cancel()
            connection.close()

    def _opened(
        self, host: str, port: int, secure: bool, until: float
    ) -> http.client.HTTPConnection:
        addresses = self._resolve(host, port)
        if not addresses or not all(map(is_public, addresses)):
            raise UnreadableImageError(
                f"the host {host} is not on the public internet, and no other is asked"
            )
        left = until - time.monotonic()
        if left <= 0:
            raise TimeoutError("the answer took too long")
        opened = self._connect(addresses[0], port, left)
        try:
            if secure:
                opened = _secured(opened, host)
        except BaseException:
            opened.close()
            raise
        connection = http.client.HTTPConnection(host, port, timeout=left)
        connection.sock = opened
        return connection

    def _read(self, response: http.client.HTTPResponse) -> bytes | str:
        target = response.headers.get("Location")
        if response.status in _REDIRECTS and target:
            return target
        if response.status != 200:
            raise UnreadableImageError(f"HTTP {response.status} {response.reason}".rstrip())
        pieces: list[bytes] = []
        size = 0
        while piece := response.read(_PIECE_BYTES):
            pieces.append(piece)
            size += len(piece)
            if size > self._limit_bytes:
                raise UnreadableImageError(f"too large: more than {self._limit_bytes:,} bytes")
        if response.length:
            raise http.client.IncompleteRead(b"", response.length)
        if not size:
            raise UnreadableImageError("the answer is empty (0 bytes)")
        return b"".join(pieces)


def _headers() -> dict[str, str]:
    return {
        "User-Agent": f"aisle/{version('aisle')}",
        "Accept": "image/*,*/*;q=0.5",
        "Accept-Encoding": "identity",
        "Connection": "close",
    }


def _secured(opened: socket.socket, host: str) -> ssl.SSLSocket:
    return trusted().wrap_socket(opened, server_hostname=host)


def _cut(connection: http.client.HTTPConnection) -> None:
    """End a connection from another thread: whoever reads from it gets an error."""
    if connection.sock is not None:
        try:
            connection.sock.shutdown(socket.SHUT_RDWR)
        except OSError:
            return
