"""The application: one model, its routes, and what every request passes."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from aisle import __version__
from aisle.models import ProductClassifier, ProductRegressor
from aisle.serving.documentation import explain_documentation, predict_documentation
from aisle.serving.edge import Edge
from aisle.serving.keys import read_keys
from aisle.serving.refusals import of_status
from aisle.serving.routes import explain, health, inference_protocol, mlflow, model, predict
from aisle.serving.service import Service
from aisle.serving.settings import ServingSettings

_LOG = logging.getLogger(__name__)
_METHODS = ["GET", "POST"]
_HEADERS = ["Authorization", "Content-Type", "X-API-Key", "X-Deadline-Ms", "X-Request-ID"]


def make_app(
    served: ProductClassifier | ProductRegressor, settings: ServingSettings | None = None
) -> FastAPI:
    """Return an ASGI application that serves a model.

    It is ready once it has answered for a made-up product, soon after it was started; until then
    it answers 503. When it is stopped, it finishes what was accepted.

    Parameters
    ----------
    served
        A fitted classifier or regressor.
    settings
        How to serve it; without, the defaults.

    Raises
    ------
    AisleError
        If the file of keys cannot be read.
    """
    settings = settings or ServingSettings()
    keys = read_keys(settings.keys_file)
    service = Service(served, settings)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        warming = asyncio.create_task(service.warm_up())
        warming.add_done_callback(_tell_of_failure)
        try:
            yield
        finally:
            with suppress(Exception):
                await warming
            await service.stop()

    app = FastAPI(
        title=f"Aisle: {served.schema_.target}",
        version=__version__,
        summary="Categories or values of products, with decisions.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.include_router(predict.router(predict_documentation(served)))
    app.include_router(explain.router(explain_documentation(served)))
    for routes in (model.routes, inference_protocol.routes, mlflow.routes, health.routes):
        app.include_router(routes)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Edge, metrics=service.metrics, keys=keys)
    if settings.cors_origins:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            expose_headers=["Retry-After", "X-Request-ID"],
        )
    return app


async def _refused(_: Request, error: Exception) -> Response:
    """Hand what the framework refuses to the edge, in our one shape."""
    assert isinstance(error, HTTPException)
    raise of_status(error.status_code, error.headers or {}) from error


def _tell_of_failure(warming: asyncio.Task[None]) -> None:
    if not warming.cancelled() and (error := warming.exception()) is not None:
        _LOG.critical("the model cannot answer; this process stays unready", exc_info=error)
