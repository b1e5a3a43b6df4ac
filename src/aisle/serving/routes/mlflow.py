"""The routes of MLflow's scoring server, so that what calls one can call this."""

from __future__ import annotations

from collections.abc import Mapping

from fastapi import APIRouter, Request
from starlette.responses import JSONResponse, PlainTextResponse

from aisle import __version__
from aisle.serving.asking import asked, service_of
from aisle.serving.limits import a_list, an_object
from aisle.serving.refusals import not_valid
from aisle.serving.routes.health import readiness
from aisle.serving.routes.predict import told

routes = APIRouter(tags=["mlflow"])

_SHAPES = ("dataframe_split", "dataframe_records", "inputs", "instances")


@routes.get("/ping")
async def ping(request: Request) -> JSONResponse:
    """Say whether the model is ready."""
    return readiness(request)


@routes.get("/version", response_class=PlainTextResponse)
async def version() -> PlainTextResponse:
    """Return the version of Aisle."""
    return PlainTextResponse(__version__)


@routes.post("/invocations")
async def invocations(request: Request) -> JSONResponse:
    """Answer for the rows of a frame in one of MLflow's four JSON shapes."""
    service = service_of(request)
    async with asked(request) as given:
        answered = await service.predict(rows_of(given.content), given.call)
    request.scope["aisle.facts"] = {"products": len(answered.answers)}
    return JSONResponse({"predictions": told(service, answered)["predictions"]})


def rows_of(content: Mapping[str, object]) -> list[object]:
    """Return the rows of one of MLflow's shapes.

    Raises
    ------
    RequestError
        If none or several are there, or columns have different lengths.
    """
    found = [name for name in _SHAPES if name in content]
    if len(found) != 1:
        raise not_valid(
            f"expected one of {', '.join(_SHAPES)}, found {', '.join(found) or 'none'}",
            where="body",
            do='send {"dataframe_records": [{"title": "red mug"}]}',
        )
    name = found[0]
    if name == "dataframe_split":
        return _split(an_object(content[name], name))
    value = content[name]
    if name == "dataframe_records" or isinstance(value, list):
        return a_list(value, name)
    return by_column({k: _column(v) for k, v in an_object(value, name).items()}, name)


def by_column(columns: Mapping[str, list[object]], where: str) -> list[object]:
    """Turn columns of one length into rows; raises RequestError (422) if they differ in it."""
    lengths = {name: len(values) for name, values in columns.items()}
    if len(set(lengths.values())) > 1:
        told_lengths = ", ".join(f"{name[:60]!r} {length}" for name, length in lengths.items())
        raise not_valid(
            f"columns differ in length: {told_lengths[:400]}",
            where=where,
            do="give every column a value for every product, null where it is missing",
        )
    count = next(iter(lengths.values()), 0)
    return [{name: values[at] for name, values in columns.items()} for at in range(count)]


def _column(value: object) -> list[object]:
    """A single value stands for a frame of one row."""
    return value if isinstance(value, list) else [value]


def _split(frame: Mapping[str, object]) -> list[object]:
    names = [str(name) for name in a_list(frame.get("columns"), "dataframe_split.columns")]
    data = a_list(frame.get("data"), "dataframe_split.data")
    rows: list[object] = []
    for at, row in enumerate(data):
        values = a_list(row, f"dataframe_split.data[{at}]")
        if len(values) != len(names):
            raise not_valid(
                f"{len(values)} values for {len(names)} columns",
                where=f"dataframe_split.data[{at}]",
                do="give one value a column, null where it is missing",
            )
        rows.append(dict(zip(names, values, strict=True)))
    return rows
