"""What every request passes: an id, a log line, numbers, keys, safe headers, no bare failure."""

from __future__ import annotations

import asyncio
import json
import logging
from time import perf_counter
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import ClientDisconnect
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from aisle.serving.keys import OPEN, Keys, presented
from aisle.serving.logs import ACCESS, REQUEST_ID, request_id
from aisle.serving.metrics import Metrics
from aisle.serving.refusals import RequestError
from aisle.serving.service import GoneError

_LOG = logging.getLogger(__name__)
_CALLER_LEFT = 499
_SAFE = {
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
    "Content-Security-Policy": "default-src 'none'; frame-ancestors 'none'",
}


class Edge:
    """The outermost layer of the application.

    Parameters
    ----------
    app
        What answers.
    metrics
        Told of every request.
    keys
        Who may ask; none for everybody.
    """

    def __init__(self, app: ASGIApp, *, metrics: Metrics, keys: Keys) -> None:
        self._app = app
        self._metrics = metrics
        self._keys = keys

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; other kinds of connections pass through."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        exchange = _Exchange(send, request_id(headers.get("x-request-id")))
        token = REQUEST_ID.set(exchange.request_id)
        start = perf_counter()
        caller: str | None = None
        try:
            caller = scope["aisle.caller"] = self._admitted(scope, headers)
            await self._app(scope, receive, exchange.send)
        except RequestError as error:
            await self.refuse(exchange, error)
        except (GoneError, ClientDisconnect, asyncio.CancelledError) as error:
            exchange.status = exchange.status or _CALLER_LEFT
            self._metrics.refused("gone")
            if isinstance(error, asyncio.CancelledError):
                raise
        except Exception:  # noqa: BLE001 - the one place where a bug becomes an answer
            _LOG.exception("a request failed")
            await self.refuse(exchange, _bug())
        finally:
            self._note(scope, exchange, caller, perf_counter() - start)
            REQUEST_ID.reset(token)

    async def refuse(self, exchange: _Exchange, error: RequestError) -> None:
        """Answer with an error, unless an answer has begun."""
        self._metrics.refused(error.kind)
        if exchange.status:
            return
        told = json.dumps(error.to_dict(exchange.request_id), ensure_ascii=False)
        body = told.encode("utf-8", "replace")
        headers = [(b"content-type", b"application/json")]
        headers += [(n.lower().encode(), v.encode()) for n, v in error.headers.items()]
        headers.append((b"content-length", str(len(body)).encode()))
        start = {"type": "http.response.start", "status": error.status, "headers": headers}
        await exchange.send(start)
        await exchange.send({"type": "http.response.body", "body": body})

    def _admitted(self, scope: Scope, headers: Headers) -> str | None:
        """Return the caller's name; raises RequestError (401) for a stranger."""
        if not self._keys or scope["path"] in OPEN or scope["method"] == "OPTIONS":
            return None
        caller = self._keys.caller(presented(headers))
        if caller is None:
            raise RequestError(
                401,
                "unknown-key",
                "no known key was presented",
                do="send the header 'Authorization: Bearer KEY' or 'X-API-Key: KEY'",
            )
        return caller

    def _note(self, scope: Scope, exchange: _Exchange, caller: str | None, seconds: float) -> None:
        route = getattr(scope.get("route"), "path", "other")
        self._metrics.requested(route, exchange.status, seconds)
        facts: dict[str, Any] = {
            "method": scope["method"],
            "path": scope["path"],
            "status": exchange.status,
            "milliseconds": round(seconds * 1e3, 2),
            "caller": caller,
            **scope.get("aisle.facts", {}),
        }
        ACCESS.info("request", extra={"facts": facts})


class _Exchange:
    """One answer on its way: its status, and the headers that all have."""

    def __init__(self, send: Send, request_id: str) -> None:
        self._send = send
        self.request_id = request_id
        self.status = 0

    async def send(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]
            headers = MutableHeaders(scope=message)
            headers["X-Request-ID"] = self.request_id
            for name, value in _SAFE.items():
                headers.setdefault(name, value)
        await self._send(message)


def _bug() -> RequestError:
    return RequestError(
        500,
        "bug",
        "the server failed",
        do="report it with this request's id; the server's log has the details",
    )
