"""`POST /v1/explain`: why products got their answers."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any

from fastapi import APIRouter, FastAPI, Request
from starlette.responses import JSONResponse

from aisle.models import ProductClassifier
from aisle.serving.asking import asked, service_of
from aisle.serving.calls import Call
from aisle.serving.engine import Engine
from aisle.serving.finite import finite
from aisle.serving.page.completing import Explained, completed, unit_of
from aisle.serving.page.nearest import Nearest
from aisle.serving.refusals import not_valid
from aisle.serving.service import Service

_LARGE = 2**62


@dataclass(frozen=True, eq=False)
class Explanation:
    """Why products got their answers, and from which model.

    Parameters
    ----------
    engine
        The model that was asked.
    against
        The category that answers are compared with; None for all others together.
    products
        In the order asked for.
    seconds
        How long it took.
    """

    engine: Engine
    against: str | None
    products: tuple[Explained, ...]
    seconds: float

    def to_dict(self) -> dict[str, Any]:
        """Return the JSON shape of ``aisle explain``, with the model's name and version."""
        model = self.engine.model
        return {
            "model": self.engine.name,
            "version": self.engine.version,
            "target": model.schema_.target,
            "task": model.task.value,
            "recipe": model.recipe_.name,
            "fusion": str(model.metrics_["fusion"]),
            "against": self.against,
            "unit": unit_of(model),
            "seconds": self.seconds,
            "products": [one.told for one in self.products],
        }


@asynccontextmanager
async def _looking_around(app: FastAPI) -> AsyncIterator[None]:
    """Read the training products while the server answers already."""
    nearest = app.state.nearest = Nearest.of_environment()
    await nearest.prepare(app.state.service.engine)
    try:
        yield
    finally:
        nearest.stop()


async def explained(
    request: Request, rows: Sequence[object], call: Call, *, against: str | None = None
) -> Explanation:
    """Say why products got their answers, with all that it takes to draw it.

    Raises
    ------
    RequestError
        As `Service.explain` does.
    """
    service, nearest = service_of(request), request.app.state.nearest
    # No other task runs between this and the service's own look at the engine.
    start, engine = time.perf_counter(), service.engine
    told = await service.explain(rows, call, against=against)
    await nearest.prepare(engine)
    checked = engine.reader.check(rows, most=len(rows))
    work = partial(completed, engine, nearest, checked, told)
    found = await service.run(work, size=_LARGE)
    return Explanation(engine, against, tuple(found), time.perf_counter() - start)


def router(documentation: dict[str, Any]) -> APIRouter:
    """Return the route, documented with the model's own columns."""
    routes = APIRouter(tags=["products"], lifespan=_looking_around)

    @routes.post("/v1/explain", **documentation)
    async def explain(request: Request) -> JSONResponse:
        """Say by modality, word, region and column why each product got its answer."""
        service = service_of(request)
        async with asked(request, forms=True) as given:
            against = _against(service, given.content.get("against"))
            found = await explained(request, given.products(), given.call, against=against)
        return JSONResponse(finite(found.to_dict()))

    return routes


def _against(service: Service, given: object) -> str | None:
    """Return the category to compare with; raises RequestError (422) for one that is unknown."""
    if given is None:
        return None
    model = service.model
    if not isinstance(model, ProductClassifier):
        raise not_valid(
            "a value is not compared with a category", where="against", do="leave it out"
        )
    if given not in model.classes_:
        raise not_valid(
            f"the model knows no category {str(given)[:80]!r}",
            where="against",
            do="name one that /v1/model lists under 'classes'",
        )
    return str(given)
