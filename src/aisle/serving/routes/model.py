"""`GET /v1/model`: what the model is and how good it was found to be; and loading it anew."""

from __future__ import annotations

import ipaddress
import os
import signal
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse

from aisle.serving.asking import asked, service_of
from aisle.serving.documentation import describe_model
from aisle.serving.finite import finite
from aisle.serving.refusals import RequestError
from aisle.serving.reloading import Reloader

_FORWARDED = ("forwarded", "x-forwarded-for", "x-real-ip", "via", "origin")


@asynccontextmanager
async def _describing(app: FastAPI) -> AsyncIterator[None]:
    """Describe the model as soon as all routes are there."""
    describe_model(app)
    yield


routes = APIRouter(tags=["model"], lifespan=_describing)


@routes.get("/v1/model")
async def model(request: Request) -> JSONResponse:
    """Return the model's card, columns with roles and reasons, classes and scores."""
    reloader: Reloader | None = request.app.state.reloader
    last = None if reloader is None or reloader.last is None else reloader.last.to_dict()
    return JSONResponse(finite({**service_of(request).description, "reload": last}))


@routes.post("/v1/model/reload")
async def reload(request: Request) -> JSONResponse:
    """Load the bundle anew from its file; {"whatever": true} takes one of another target too.

    Only who presented a key may ask, or, where the server knows no keys, whoever is on its machine.
    """
    _check_may_reload(request)
    reloader: Reloader | None = request.app.state.reloader
    if reloader is None:
        raise RequestError(
            501,
            "no-bundle",
            "the model came from no file",
            do="start the server with 'aisle serve MODEL.aisle'",
        )
    whatever = False
    if int(request.headers.get("content-length") or 0):
        async with asked(request) as given:
            whatever = given.content.get("whatever") is True
    done = await reloader.reload("request", whatever=whatever)
    if done.outcome == "failed":
        raise RequestError(
            409,
            "not-reloaded",
            done.error or "the model could not be loaded",
            do="mend the file; the model in service is the one that was",
        )
    if done.outcome == "swapped" and service_of(request).settings.workers > 1:
        # The supervisor passes it on to all workers; this one finds nothing new.
        os.kill(os.getppid(), signal.SIGHUP)
    return JSONResponse(done.to_dict())


def _check_may_reload(request: Request) -> None:
    if request.scope.get("aisle.caller") is not None:
        return
    host = request.client.host if request.client is not None else ""
    if _is_local(host) and not any(name in request.headers for name in _FORWARDED):
        return
    raise RequestError(
        403,
        "not-local",
        "a model is loaded anew at the word of a known caller, or of the server's own machine",
        do="start the server with --keys FILE and present one, ask from its machine itself, or "
        "send the process a SIGHUP",
    )


def _is_local(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False
