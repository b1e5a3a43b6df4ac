"""The short way to what is asked most: past the framework's layers, through the same edge.

Routing, dependency injection and the handling of exceptions take more time than one small product
does. A route of the short way needs none of them: it reads its request itself, and the edge turns
its errors into answers.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from typing import Any

from fastapi import FastAPI
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Receive, Scope, Send

Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True)
class ShortRoute:
    """What is asked at `path` with POST, named in logs and numbers as the framework would."""

    path: str
    endpoint: Endpoint

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        scope["route"] = self
        response = await self.endpoint(Request(scope, receive))
        await response(scope, receive, send)


class Application(FastAPI):
    """A FastAPI application some of whose routes can be had in a shorter way.

    Attributes
    ----------
    short_ways : mapping of str to ASGI application
        By path; the framework answers there what is not asked with POST.
    """

    def __init__(self, **options: Any) -> None:
        super().__init__(**options)
        self.short_ways: Mapping[str, ASGIApp] = {}

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request, by the short way where there is one."""
        if scope["type"] == "http" and scope["method"] == "POST":
            short = self.short_ways.get(scope["path"])
            if short is not None:
                scope["app"] = self
                await short(scope, receive, send)
                return
        await super().__call__(scope, receive, send)
