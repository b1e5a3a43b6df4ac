"""`POST /v1/explain`: why products got their answers."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from aisle.models import ProductClassifier
from aisle.serving.asking import asked, service_of
from aisle.serving.finite import finite
from aisle.serving.refusals import not_valid
from aisle.serving.service import Service


def router(documentation: dict[str, Any]) -> APIRouter:
    """Return the route, documented with the model's own columns."""
    routes = APIRouter(tags=["products"])

    @routes.post("/v1/explain", **documentation)
    async def explain(request: Request) -> JSONResponse:
        """Say by modality, word, region and column why each product got its answer."""
        service = service_of(request)
        async with asked(request, forms=True) as given:
            against = _against(service, given.content.get("against"))
            found = await service.explain(given.products(), given.call, against=against)
        return JSONResponse({"model": service.settings.name, "products": finite(found)})

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
