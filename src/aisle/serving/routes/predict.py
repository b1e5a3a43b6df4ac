"""`POST /v1/predict`: a category and a decision, or a value, for every product."""

from __future__ import annotations

from typing import Any

import orjson
from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from aisle.serving.asking import asked, service_of
from aisle.serving.service import Answered, Service

PATH = "/v1/predict"


def router(documentation: dict[str, Any]) -> APIRouter:
    """Return the route, documented with the model's own columns."""
    routes = APIRouter(tags=["products"])
    routes.add_api_route(PATH, predict, methods=["POST"], **documentation)
    return routes


class _Answer(JSONResponse):
    """JSON that is written eight times as fast; what that cannot write, as ever."""

    def render(self, content: Any) -> bytes:
        """Return the bytes of an answer."""
        try:
            return orjson.dumps(content)
        except TypeError:
            return super().render(content)


async def predict(request: Request) -> JSONResponse:
    """Answer for products: JSON, or a multipart form with photographs as files."""
    service = service_of(request)
    async with asked(request, forms=True) as given:
        answered = await service.predict(given.products(), given.call)
    request.scope["aisle.facts"] = {"products": len(answered.answers)}
    return _Answer(told(service, answered))


def told(service: Service, answered: Answered) -> dict[str, Any]:
    """Return answers in the JSON shape of ``/v1/predict``."""
    predictions: list[dict[str, Any]] = [
        {"id": id, **answer} for id, answer in zip(answered.read.ids, answered.answers, strict=True)
    ]
    if service.experiment is not None:
        for one, engine in zip(predictions, answered.engines, strict=True):
            one["model"] = engine.name
    return {
        "model": service.settings.name,
        "version": answered.engine.version,
        "predictions": predictions,
        "ignored": list(answered.read.ignored),
    }
