"""`GET /v1/experiment`, and `POST /v1/feedback` with what products truly are."""

from __future__ import annotations

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from aisle.serving.asking import asked, service_of
from aisle.serving.experiment import no_experiment
from aisle.serving.finite import finite
from aisle.serving.limits import a_list, an_object
from aisle.serving.refusals import RequestError, not_valid

routes = APIRouter(tags=["experiment"])

_MOST = 10_000
_LISTED = 20


@routes.get("/v1/experiment")
async def experiment(request: Request) -> JSONResponse:
    """Return what the model in service and the challenger answered, and who is better so far."""
    service = service_of(request)
    if service.experiment is None:
        raise no_experiment()
    return JSONResponse(finite(service.experiment.describe(service.engine)))


@routes.post("/v1/feedback")
async def feedback(request: Request) -> JSONResponse:
    """Take the true category of products: {"id", "category"}, or a list under "feedback".

    A product that was sent without an id is known as the request's id, a slash and its position.
    """
    service = service_of(request)
    if service.experiment is None:
        raise no_experiment()
    async with asked(request) as given:
        content = given.content
        told = a_list(content["feedback"], "feedback") if "feedback" in content else [content]
    if not 0 < len(told) <= _MOST:
        raise not_valid(
            f"{len(told):,} entries", where="feedback", do=f"send from 1 to {_MOST:,} at once"
        )
    entries = [_entry(one, f"feedback[{at}]") for at, one in enumerate(told)]
    unknown = [id for id, category in entries if not service.experiment.judge(id, category)]
    if len(unknown) == len(entries):
        raise RequestError(
            404,
            "unknown-product",
            "no such product was answered in this experiment, or not lately",
            where="id",
            do="send the id that stood in the request, or the request's id, '/' and the position; "
            "in the shadow, the challenger answers a little later",
        )
    return JSONResponse(
        {"taken": len(entries) - len(unknown), "unknown": [id[:200] for id in unknown[:_LISTED]]}
    )


def _entry(value: object, where: str) -> tuple[str, str]:
    entry = an_object(value, where)
    id, category = entry.get("id"), entry.get("category")
    if isinstance(id, int) and not isinstance(id, bool):
        id = str(id)
    if not isinstance(id, str) or not isinstance(category, str):
        raise not_valid(
            "expected the texts 'id' and 'category'",
            where=where,
            do='send {"id": "B00123", "category": "mugs"}',
        )
    return id, category.strip()
