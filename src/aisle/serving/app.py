"""The application: one model, its routes, and what every request passes."""

from __future__ import annotations

import asyncio
import logging
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from pathlib import Path

from fastapi import FastAPI, Request
from starlette.exceptions import HTTPException
from starlette.middleware.cors import CORSMiddleware
from starlette.responses import Response

from aisle import __version__
from aisle.models import ProductClassifier, ProductRegressor, load_model
from aisle.serving.documentation import explain_documentation, predict_documentation
from aisle.serving.edge import Edge
from aisle.serving.engine import version_of
from aisle.serving.experiment import Experiment, check_challenger
from aisle.serving.jobs import JobRunner, JobStore
from aisle.serving.keys import read_keys
from aisle.serving.refusals import of_status
from aisle.serving.reloading import Reloader
from aisle.serving.routes import (
    experiment,
    explain,
    health,
    inference_protocol,
    jobs,
    mlflow,
    model,
    page,
    page_catalogue,
    predict,
)
from aisle.serving.service import Service
from aisle.serving.settings import ServingSettings
from aisle.serving.short_way import Application, ShortRoute

_LOG = logging.getLogger(__name__)
_METHODS = ["GET", "POST", "DELETE"]
_HEADERS = ["Authorization", "Content-Type", "X-API-Key", "X-Deadline-Ms", "X-Request-ID"]


def make_app(
    served: ProductClassifier | ProductRegressor,
    settings: ServingSettings | None = None,
    *,
    path: Path | None = None,
    version: str | None = None,
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
    path
        The bundle that the model came from; without, it cannot be loaded anew.
    version
        Of the bundle when it was read; without, it is taken to be the same now.

    Raises
    ------
    AisleError
        If the file of keys, the folder of jobs or the challenger cannot be read.
    """
    settings = settings or ServingSettings()
    keys = read_keys(settings.keys_file)
    if version is None and path is not None:
        version = version_of(path)
    service = Service(served, settings, version=version)
    if settings.challenger is not None:
        service.experiment = _experiment(service, settings.challenger)
    reloader = None if path is None else Reloader(path, service)
    runner = None if settings.jobs is None else JobRunner(JobStore(settings), service)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await service.start()
        warming = asyncio.create_task(service.warm_up())
        warming.add_done_callback(_tell_of_failure)
        if reloader is not None:
            _take_signals(reloader)
            reloader.start()
        if runner is not None:
            runner.start()
        try:
            yield
        finally:
            with suppress(Exception):
                await warming
            if reloader is not None:
                await reloader.stop()
            if runner is not None:
                await runner.stop()
            await service.stop()

    app = Application(
        title=f"Aisle: {served.schema_.target}",
        version=__version__,
        summary="Categories or values of products, with decisions.",
        lifespan=lifespan,
        docs_url=None,
        redoc_url=None,
    )
    app.state.service = service
    app.state.reloader = reloader
    app.state.runner = runner
    app.include_router(page.router(keyed=bool(keys)))
    app.include_router(page_catalogue.routes)
    app.include_router(predict.router(predict_documentation(served)))
    app.include_router(explain.router(explain_documentation(served)))
    for room in (model, jobs, experiment, inference_protocol, mlflow, health):
        app.include_router(room.routes)
    app.add_exception_handler(HTTPException, _refused)
    app.add_middleware(Edge, metrics=service.metrics, keys=keys)
    if not settings.cors_origins:
        short = ShortRoute(predict.PATH, predict.predict)
        app.short_ways = {predict.PATH: Edge(short, metrics=service.metrics, keys=keys)}
    else:
        app.add_middleware(
            CORSMiddleware,
            allow_origins=settings.cors_origins,
            allow_methods=_METHODS,
            allow_headers=_HEADERS,
            expose_headers=["Retry-After", "X-Request-ID"],
        )
    return app


def _experiment(service: Service, path: Path) -> Experiment:
    """Return the experiment with the challenger at `path`; raises AisleError."""
    model = load_model(path)
    check_challenger(service.model, model, path)
    name = path.stem if path.stem != service.settings.name else f"{path.stem}-challenger"
    engine = service.prepared(model, name=name, version=version_of(path))
    return Experiment(engine, service.settings)


def _take_signals(reloader: Reloader) -> None:
    """Load the model anew at SIGHUP, where this is the thread that gets signals."""
    with suppress(NotImplementedError, RuntimeError, ValueError, AttributeError):
        loop = asyncio.get_running_loop()
        loop.add_signal_handler(signal.SIGHUP, reloader.hung_up)


async def _refused(_: Request, error: Exception) -> Response:
    """Hand what the framework refuses to the edge, in our one shape."""
    assert isinstance(error, HTTPException)
    raise of_status(error.status_code, error.headers or {}) from error


def _tell_of_failure(warming: asyncio.Task[None]) -> None:
    if not warming.cancelled() and (error := warming.exception()) is not None:
        _LOG.critical("the model cannot answer; this process stays unready", exc_info=error)
