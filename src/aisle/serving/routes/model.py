"""`GET /v1/model`: what the model is, what it reads, and how good it was found to be."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from aisle.serving.asking import service_of
from aisle.serving.finite import finite

routes = APIRouter(tags=["model"])


@routes.get("/v1/model")
async def model(request: Request) -> JSONResponse:
    """Return the model's card, columns with roles and reasons, classes and scores."""
    return JSONResponse(finite(service_of(request).description))
