"""One request for one address over HTTP, with a limit on bytes and on the time it takes in all."""

from __future__ import annotations

import http.client
import io
import socket
import ssl
import time
from collections.abc import Callable
from email.message import Message
from functools import cache, partial
from importlib.metadata import version
from typing import Any
from urllib.error import HTTPError
from urllib.request import (
    HTTPDefaultErrorHandler,
    HTTPErrorProcessor,
    HTTPHandler,
    HTTPSHandler,
    OpenerDirector,
    ProxyHandler,
    Request,
)

from aisle.catalog.images.unreadable import UnreadableImageError

_HEADERS = {"User-Agent": f"aisle/{version('aisle')}", "Accept": "image/*,*/*;q=0.5"}
_PIECE_BYTES = 2**16


class RefusedError(Exception):
    """The server answered with a status other than success.

    Parameters
    ----------
    status
        Such as 404.
    headers
        Of the answer.
    """

    def __init__(self, status: int, headers: Message) -> None:
        super().__init__(f"HTTP {status} {http.client.responses.get(status, '')}".rstrip())
        self.status = status
        self.headers = headers


def answer(address: str, *, timeout_seconds: float, until: float, limit_bytes: int) -> bytes:
    """Ask for an address and return the body of the answer.

    Redirects are not followed: they are refusals with a ``Location``. Proxies are taken from the
    environment (``http_proxy``, ``https_proxy``, ``no_proxy``).

    Parameters
    ----------
    address
        As `web_address` returns it.
    timeout_seconds
        How long to wait for a connection, and for each piece of the answer.
    until
        When to stop, on the clock of `time.monotonic`, even if pieces keep coming.
    limit_bytes
        The largest body to take.

    Raises
    ------
    RefusedError
        If the status is not success.
    UnreadableImageError
        If the body is too large, empty or cut short.
    OSError, http.client.HTTPException, ValueError
        If the connection or the protocol fails.
    """
    request = _Request(address, headers=_HEADERS)
    request.until = until
    try:
        response = _opener().open(request, timeout=_left(until, timeout_seconds))
    except HTTPError as refusal:
        with refusal:
            raise RefusedError(refusal.code, refusal.headers) from refusal
    with response:
        return _body(response, limit_bytes)


def _body(response: http.client.HTTPResponse, limit_bytes: int) -> bytes:
    announced = response.length
    if announced is not None and announced > limit_bytes:
        raise _too_large(limit_bytes)
    pieces: list[bytes] = []
    size = 0
    while piece := response.read(_PIECE_BYTES):
        pieces.append(piece)
        size += len(piece)
        if size > limit_bytes:
            raise _too_large(limit_bytes)
    if announced is not None and size < announced:
        raise http.client.IncompleteRead(b"", announced - size)
    if size == 0:
        raise UnreadableImageError("the answer is empty (0 bytes)")
    return b"".join(pieces)


def _too_large(limit_bytes: int) -> UnreadableImageError:
    return UnreadableImageError(f"too large: more than {limit_bytes:,} bytes")


class _Request(Request):
    until = 0.0


class _Http(HTTPHandler):
    def http_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_timed(http.client.HTTPConnection, req), req)


class _Https(HTTPSHandler):
    def https_open(self, req: Request) -> http.client.HTTPResponse:
        return self.do_open(_timed(http.client.HTTPSConnection, req), req, context=trusted())


def _opener() -> OpenerDirector:
    """Build an opener for HTTP alone: urllib's own opens files and FTP as well."""
    opener = OpenerDirector()
    https = _Https(context=trusted())
    for handler in (
        ProxyHandler(),
        _Http(),
        https,
        HTTPErrorProcessor(),
        HTTPDefaultErrorHandler(),
    ):
        opener.add_handler(handler)
    return opener


@cache
def trusted() -> ssl.SSLContext:
    """Return whose certificates are trusted: those that this machine trusts."""
    return ssl.create_default_context()


def _timed(connection: Callable[..., Any], request: Request) -> Callable[..., Any]:
    """Return a maker of connections whose answers end when the request's time is up."""
    until = request.until if isinstance(request, _Request) else 0.0

    def connect(host: str, **options: Any) -> Any:
        made = connection(host, **options)
        made.response_class = partial(_TimedResponse, until=until, patience=options["timeout"])
        return made

    return connect


class _TimedResponse(http.client.HTTPResponse):
    """An answer whose every read, of the headers too, is held to the time that is left."""

    def __init__(
        self, sock: socket.socket, *rest: Any, until: float, patience: float, **options: Any
    ) -> None:
        super().__init__(sock, *rest, **options)
        raw = self.fp.detach()
        self.fp = io.BufferedReader(_TimedReader(raw, sock, until, patience))


class _TimedReader(io.RawIOBase):
    def __init__(self, raw: Any, sock: socket.socket, until: float, patience: float) -> None:
        self._raw = raw
        self._sock = sock
        self._until = until
        self._patience = patience

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any) -> int | None:
        self._sock.settimeout(_left(self._until, self._patience))
        count: int | None = self._raw.readinto(buffer)
        return count

    def close(self) -> None:
        self._raw.close()
        super().close()


def _left(until: float, patience: float) -> float:
    left = until - time.monotonic()
    if left <= 0:
        raise TimeoutError("the answer took too long")
    return min(left, patience)
