"""The Open Inference Protocol, version 2, as KServe, Triton and Seldon speak it.

A column is an input tensor of the shape [products]; texts, categories and photographs (base64) are
BYTES. Answers are tensors too: alternatives as JSON in BYTES.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse

from aisle import __version__
from aisle.catalog import Role
from aisle.models import ProductRegressor
from aisle.serving.asking import asked, service_of
from aisle.serving.limits import a_list, an_object
from aisle.serving.refusals import RequestError, bad_request, not_valid
from aisle.serving.routes.health import readiness
from aisle.serving.routes.mlflow import by_column
from aisle.serving.service import Answered, Service

routes = APIRouter(tags=["open inference protocol"])

_DATATYPES = frozenset(
    {"BYTES", "BOOL", "FP16", "FP32", "FP64"}
    | {f"{sign}INT{bits}" for sign in ("", "U") for bits in (8, 16, 32, 64)}
)
_CLASS_OUTPUTS = {
    "id": "BYTES",
    "category": "BYTES",
    "confidence": "FP64",
    "decision": "BYTES",
    "alternatives": "BYTES",
    "error": "BYTES",
}
_VALUE_OUTPUTS = {"id": "BYTES", "value": "FP64", "low": "FP64", "high": "FP64", "error": "BYTES"}


@routes.get("/v2")
async def server() -> JSONResponse:
    """Return the server's name and version."""
    return JSONResponse({"name": "aisle", "version": __version__, "extensions": []})


@routes.get("/v2/models/{name}")
async def model(name: str, request: Request) -> JSONResponse:
    """Return the tensors that the model reads and answers with."""
    service = _named(name, request)
    kinds = {Role.NUMBER: "FP64", Role.VECTOR: "FP64"}
    inputs = [
        {
            "name": column.name,
            "datatype": kinds.get(column.role, "BYTES"),
            "shape": [-1, -1] if column.role is Role.VECTOR else [-1],
        }
        for column in service.model.schema_
        if column.role is not Role.TARGET
    ]
    outputs = [
        {"name": name, "datatype": datatype, "shape": [-1]}
        for name, datatype in _outputs(service).items()
    ]
    return JSONResponse(
        {
            "name": service.settings.name,
            "versions": ["1"],
            "platform": "aisle",
            "inputs": inputs,
            "outputs": outputs,
        }
    )


@routes.get("/v2/models/{name}/ready")
async def model_ready(name: str, request: Request) -> JSONResponse:
    """Say whether the model is ready."""
    _named(name, request)
    return readiness(request)


@routes.post("/v2/models/{name}/infer")
async def infer(name: str, request: Request) -> JSONResponse:
    """Answer for the products whose columns the input tensors hold."""
    service = _named(name, request)
    if "inference-header-content-length" in request.headers:
        raise RequestError(
            415,
            "content-type",
            "tensors in binary form are not taken",
            do="send them as JSON, without Inference-Header-Content-Length",
        )
    async with asked(request) as given:
        rows = _rows(a_list(given.content.get("inputs"), "inputs"))
        wanted = _wanted(service, given.content.get("outputs"))
        answered = await service.predict(rows, given.call)
        id = given.content.get("id")
    request.scope["aisle.facts"] = {"products": len(answered.answers)}
    tensors = [_tensor(one, _outputs(service)[one], answered) for one in wanted]
    told: dict[str, Any] = {"model_name": service.settings.name, "model_version": "1"}
    return JSONResponse({**told, **({"id": id} if isinstance(id, str) else {}), "outputs": tensors})


def _named(name: str, request: Request) -> Service:
    service = service_of(request)
    if name != service.settings.name:
        raise RequestError(
            404,
            "no-such-model",
            f"there is no model {name[:100]!r}",
            do=f"ask for {service.settings.name!r}",
        )
    return service


def _outputs(service: Service) -> Mapping[str, str]:
    return _VALUE_OUTPUTS if isinstance(service.model, ProductRegressor) else _CLASS_OUTPUTS


def _wanted(service: Service, asked_for: object) -> list[str]:
    known = list(_outputs(service))
    if asked_for is None:
        return known
    names = [
        an_object(one, f"outputs[{at}]").get("name")
        for at, one in enumerate(a_list(asked_for, "outputs"))
    ]
    for name in names:
        if name not in known:
            raise not_valid(
                f"there is no output {str(name)[:60]!r}",
                where="outputs",
                do=f"ask for {', '.join(known)}",
            )
    return [str(name) for name in names]


def _rows(inputs: Sequence[object]) -> list[object]:
    columns: dict[str, list[object]] = {}
    for at, one in enumerate(inputs):
        where = f"inputs[{at}]"
        tensor = an_object(one, where)
        name = tensor.get("name")
        if not isinstance(name, str) or name in columns:
            what = "stands there twice" if isinstance(name, str) else "has no name"
            raise bad_request(f"the tensor {what}", where=where, do="name each column once")
        if str(tensor.get("datatype")) not in _DATATYPES:
            raise bad_request(
                f"the datatype {str(tensor.get('datatype'))[:40]!r} is unknown",
                where=f"{where}.datatype",
                do=f"use one of {', '.join(sorted(_DATATYPES))}",
            )
        columns[name] = _shaped(
            a_list(tensor.get("data"), f"{where}.data"),
            a_list(tensor.get("shape"), f"{where}.shape"),
            where,
        )
    return by_column(columns, "inputs")


def _shaped(data: list[object], shape: list[object], where: str) -> list[object]:
    """Return one value a product; a second dimension of more than 1 holds vectors."""
    sizes = [size for size in shape if isinstance(size, int) and not isinstance(size, bool)]
    if len(sizes) != len(shape) or not 1 <= len(sizes) <= 2 or min(sizes) < 0:
        raise bad_request(
            "the shape is no list of one or two sizes", where=f"{where}.shape", do="send [products]"
        )
    rows, width = sizes[0], sizes[1] if len(sizes) > 1 else 1
    if len(data) == rows and width > 1:
        return data
    if len(data) != rows * width:
        raise bad_request(
            f"{len(data)} values for the shape {sizes}", where=where, do="send as many as it says"
        )
    if width == 1:
        return [one[0] if isinstance(one, list) and len(one) == 1 else one for one in data]
    return [data[at : at + width] for at in range(0, len(data), width)]


def _tensor(name: str, datatype: str, answered: Answered) -> dict[str, Any]:
    values: list[Any] = (
        list(answered.read.ids) if name == "id" else [one[name] for one in answered.answers]
    )
    if name == "alternatives":
        values = [json.dumps(one, ensure_ascii=False) for one in values]
    elif datatype == "BYTES":
        values = ["" if one is None else one for one in values]
    return {"name": name, "datatype": datatype, "shape": [len(values)], "data": values}
