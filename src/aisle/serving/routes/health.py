"""Whether the server lives and is ready, and its numbers for Prometheus."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse, Response

from aisle.serving.asking import service_of

routes = APIRouter(tags=["operation"])


@routes.get("/v2/health/live")
async def live() -> JSONResponse:
    """Say that the process answers at all."""
    return JSONResponse({"live": True})


@routes.get("/v2/health/ready")
async def ready(request: Request) -> JSONResponse:
    """Say whether the model has answered for a made-up product (200), or not yet (503)."""
    return readiness(request)


@routes.get("/metrics", response_class=PlainTextResponse)
async def metrics(request: Request) -> Response:
    """Return the numbers that Prometheus scrapes."""
    found = service_of(request).metrics
    return Response(found.text(), media_type=found.content_type)


def readiness(request: Request) -> JSONResponse:
    """Return ``{"ready": true}`` with 200, or false with 503."""
    is_ready = service_of(request).is_ready
    headers = {} if is_ready else {"Retry-After": "1"}
    return JSONResponse({"ready": is_ready}, 200 if is_ready else 503, headers)
