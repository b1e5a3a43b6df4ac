"""A client's connection to a server, with nothing but the standard library."""

from __future__ import annotations

import http.client
import json
import math
import shutil
import ssl
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Self
from urllib.parse import urlsplit

from aisle.errors import AisleError

_BUSY = frozenset({429, 503})
_LONGEST_PAUSE_SECONDS = 60.0
_BROKEN = (ConnectionError, http.client.BadStatusLine, http.client.CannotSendRequest)


class ServerError(AisleError):
    """The server refused a request, or cannot be reached.

    Parameters
    ----------
    message
        What is wrong and what to do.
    status
        Of the HTTP answer; 0 where there was none.
    kind
        The server's short name for it.
    request_id
        Under which it stands in the server's log.
    """

    def __init__(
        self, message: str, *, status: int = 0, kind: str = "unreachable", request_id: str = ""
    ) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.request_id = request_id


class Connection:
    """Asks a server, and asks again where it has no room; kept open between requests.

    Parameters
    ----------
    url
        Where the server is, such as ``http://127.0.0.1:8000``.
    key
        To present, if the server wants one.
    timeout_seconds
        For a connection, and for each piece of an answer.
    retries
        How often to ask again where the server has no room (429), is not ready (503) or cannot be
        reached; after as long as it says.
    pause
        Waits for so many seconds.
    """

    def __init__(
        self,
        url: str = "http://127.0.0.1:8000",
        *,
        key: str | None = None,
        timeout_seconds: float = 60.0,
        retries: int = 3,
        pause: Callable[[float], None] = time.sleep,
    ) -> None:
        parts = urlsplit(url)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise AisleError(
                f"{url!r} is no address of a server; expected one such as http://127.0.0.1:8000"
            )
        self._base = parts.path.rstrip("/")
        self._key = key
        self._retries = retries
        self.pause = pause
        self.url = url
        self._connection: http.client.HTTPConnection = (
            http.client.HTTPSConnection(
                parts.hostname,
                parts.port,
                timeout=timeout_seconds,
                context=ssl.create_default_context(),
            )
            if parts.scheme == "https"
            else http.client.HTTPConnection(parts.hostname, parts.port, timeout=timeout_seconds)
        )

    def is_ready(self) -> bool:
        """Say whether the server answers."""
        try:
            status, _, _ = self._exchange("GET", "/v2/health/ready", None, {})
        except (OSError, http.client.HTTPException):
            return False
        return status == 200

    def close(self) -> None:
        """Close the connection; the next request opens another."""
        self._connection.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.close()

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Path | None,
        kind: str,
        *,
        deadline_ms: float | None = None,
        save: BinaryIO | None = None,
        once: bool = False,
    ) -> tuple[int, bytes]:
        """Ask an address of the server, again where it has no room or is not ready.

        Parameters
        ----------
        method, path
            What to ask.
        body, kind
            What to send, a file piece by piece, and its media type.
        deadline_ms
            How long the answer is of use; no pause is longer than what is left.
        save
            Where the body of an answer without error goes, piece by piece.
        once
            Whether a connection that breaks leaves open what the server did: then it is not asked
            again.

        Returns
        -------
        int, bytes
            Status, and body where it was not saved.

        Raises
        ------
        ServerError
            If the server cannot be reached.
        """
        headers = {"Content-Type": kind}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        until = math.inf if deadline_ms is None else time.monotonic() + deadline_ms / 1e3
        for attempt in range(self._retries + 1):
            if deadline_ms is not None:
                # The first attempt is told what was asked for, later ones what is left of it.
                left = until - time.monotonic() if attempt else deadline_ms / 1e3
                headers["X-Deadline-Ms"] = f"{max(left * 1e3, 1e-3):.6g}"
            try:
                status, answered, wait = self._exchange(method, path, body, headers, save)
            except (OSError, http.client.HTTPException) as error:
                wait = min(0.1 * 2**attempt, _LONGEST_PAUSE_SECONDS)
                last = attempt == self._retries or time.monotonic() + wait > until
                lost = once and not isinstance(error, ConnectionRefusedError)
                if last or lost or not isinstance(error, _BROKEN):
                    raise ServerError(f"{self.url}: cannot be reached ({error})") from error
            else:
                last = attempt == self._retries or time.monotonic() + wait > until
                if status not in _BUSY or last:
                    return status, answered
            self.pause(min(wait, _LONGEST_PAUSE_SECONDS))
        raise AssertionError("the last attempt returns or raises")

    def _exchange(
        self,
        method: str,
        path: str,
        body: bytes | Path | None,
        headers: Mapping[str, str],
        save: BinaryIO | None = None,
    ) -> tuple[int, bytes, float]:
        """Return status, body and the seconds that the server wants to be left alone."""
        kept = self._connection.sock is not None
        try:
            return self._exchange_once(method, path, body, headers, save)
        except _BROKEN:
            if not kept:
                raise
            # The server had closed a connection that was idle.
            return self._exchange_once(method, path, body, headers, save)

    def _exchange_once(
        self,
        method: str,
        path: str,
        body: bytes | Path | None,
        headers: Mapping[str, str],
        save: BinaryIO | None,
    ) -> tuple[int, bytes, float]:
        connection, sent = self._connection, dict(headers)
        try:
            if isinstance(body, Path):
                with body.open("rb") as file:
                    sent["Content-Length"] = str(body.stat().st_size)
                    connection.request(method, self._base + path, file, sent)
            else:
                connection.request(method, self._base + path, body, sent)
            response = connection.getresponse()
            told = b""
            if save is not None and response.status == 200:
                save.seek(0)
                save.truncate()  # an attempt before may have broken off
                shutil.copyfileobj(response, save)
                if response.length:
                    raise http.client.IncompleteRead(b"", response.length)
            else:
                told = response.read()
            return response.status, told, _seconds(response.headers.get("Retry-After"))
        except BaseException:
            connection.close()
            raise


def _seconds(told: str | None) -> float:
    return float(told) if told is not None and told.strip().isdecimal() else 1.0


def content_of(status: int, body: bytes, url: str) -> dict[str, Any]:
    """Return the JSON object of an answer; raises ServerError for a refusal."""
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if 200 <= status < 300 and isinstance(found, dict):
        return found
    error = found.get("error") if isinstance(found, dict) else None
    if not isinstance(error, dict):
        raise ServerError(
            f"{url}: answered {status} without saying why", status=status, kind="http"
        )
    where = f"{error.get('where')}: " if error.get("where") else ""
    raise ServerError(
        f"{url}: {where}{error.get('what')}; {error.get('do')}",
        status=status,
        kind=str(error.get("kind")),
        request_id=str(error.get("request_id")),
    )
