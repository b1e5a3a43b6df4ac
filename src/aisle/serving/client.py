"""A client of the server, with nothing but the standard library."""

from __future__ import annotations

import base64
import http.client
import json
import math
import ssl
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any, Self
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


@dataclass(frozen=True)
class Alternative:
    """A category and how likely it is."""

    category: str
    probability: float


@dataclass(frozen=True)
class Prediction:
    """The answer for one product: of a classifier, or of a regressor.

    Parameters
    ----------
    id
        As it was sent; the position where none was.
    category, confidence, decision, alternatives
        Of a classifier.
    value, low, high
        Of a regressor.
    modalities
        Which were present.
    error
        What could not be read.
    """

    id: str | None
    category: str | None = None
    confidence: float | None = None
    decision: str | None = None
    alternatives: tuple[Alternative, ...] = ()
    value: float | None = None
    low: float | None = None
    high: float | None = None
    modalities: tuple[str, ...] = ()
    error: str | None = None

    @classmethod
    def of(cls, told: Mapping[str, Any]) -> Prediction:
        """Build an answer from its JSON shape."""
        others = tuple(Alternative(**one) for one in told.get("alternatives", ()))
        kept = {name: told[name] for name in cls.__dataclass_fields__ if name in told}
        return cls(**kept | {"alternatives": others, "modalities": tuple(told["modalities"])})


@dataclass(frozen=True)
class Predictions:
    """The answers of one request, in order, and the columns that the model does not read."""

    model: str
    predictions: tuple[Prediction, ...]
    ignored: tuple[str, ...]


class Client:
    """Asks a server; a connection is kept between requests, so use one client a thread.

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

    Examples
    --------
    >>> client = Client("http://127.0.0.1:8000")
    >>> client.predict([{"title": "red mug"}]).predictions[0].category  # doctest: +SKIP
    'Mugs'
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
        self._pause = pause
        self._url = url
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

    def predict(
        self, products: Iterable[Mapping[str, object]], *, deadline_ms: float | None = None
    ) -> Predictions:
        """Return the answers for products.

        Parameters
        ----------
        products
            Column to value; a photograph is bytes, a `pathlib.Path` of a file here, or text.
        deadline_ms
            How long the answer is of use.

        Raises
        ------
        ServerError
            If the server refuses or cannot be reached.
        """
        sent = {"products": [_sendable(product) for product in products]}
        told = self._ask("POST", "/v1/predict", sent, deadline_ms)
        return Predictions(
            told["model"],
            tuple(map(Prediction.of, told["predictions"])),
            tuple(told["ignored"]),
        )

    def explain(
        self, products: Iterable[Mapping[str, object]], *, against: str | None = None
    ) -> list[dict[str, Any]]:
        """Return why products get their answers, in the JSON shape of ``aisle explain``."""
        sent = {"products": [_sendable(product) for product in products], "against": against}
        told: list[dict[str, Any]] = self._ask("POST", "/v1/explain", sent)["products"]
        return told

    def model(self) -> dict[str, Any]:
        """Return what the server tells of its model."""
        return self._ask("GET", "/v1/model")

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

    def _ask(
        self, method: str, path: str, content: object = None, deadline_ms: float | None = None
    ) -> dict[str, Any]:
        body = None if content is None else json.dumps(content, allow_nan=False).encode()
        headers = {"Content-Type": "application/json"}
        if self._key is not None:
            headers["Authorization"] = f"Bearer {self._key}"
        if deadline_ms is not None:
            headers["X-Deadline-Ms"] = f"{deadline_ms:g}"
        for attempt in range(self._retries + 1):
            last = attempt == self._retries
            try:
                status, answered, wait = self._exchange(method, path, body, headers)
            except (OSError, http.client.HTTPException) as error:
                if last or not isinstance(error, _BROKEN):
                    raise ServerError(f"{self._url}: cannot be reached ({error})") from error
                self._pause(min(0.1 * 2**attempt, _LONGEST_PAUSE_SECONDS))
                continue
            if status in _BUSY and not last:
                self._pause(min(wait, _LONGEST_PAUSE_SECONDS))
                continue
            break
        return _content(status, answered, self._url)

    def _exchange(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes, float]:
        """Return status, body and the seconds that the server wants to be left alone."""
        kept = self._connection.sock is not None
        try:
            return self._exchange_once(method, path, body, headers)
        except _BROKEN:
            if not kept:
                raise
            # The server had closed a connection that was idle.
            return self._exchange_once(method, path, body, headers)

    def _exchange_once(
        self, method: str, path: str, body: bytes | None, headers: Mapping[str, str]
    ) -> tuple[int, bytes, float]:
        try:
            self._connection.request(method, self._base + path, body, dict(headers))
            response = self._connection.getresponse()
            return response.status, response.read(), _seconds(response.headers.get("Retry-After"))
        except BaseException:
            self._connection.close()
            raise


def _sendable(product: Mapping[str, object]) -> dict[str, object]:
    return {name: _value(value) for name, value in product.items()}


def _value(value: object) -> object:
    if isinstance(value, Path):
        value = value.read_bytes()
    if isinstance(value, bytes | bytearray | memoryview):
        return f"data:image/unknown;base64,{base64.b64encode(value).decode('ascii')}"
    if isinstance(value, list | tuple):
        return [_value(one) for one in value]
    return None if isinstance(value, float) and math.isnan(value) else value


def _seconds(told: str | None) -> float:
    return float(told) if told is not None and told.strip().isdecimal() else 1.0


def _content(status: int, body: bytes, url: str) -> dict[str, Any]:
    try:
        found = json.loads(body)
    except ValueError:
        found = None
    if status == 200 and isinstance(found, dict):
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
