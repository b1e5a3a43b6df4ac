"""What OpenAPI tells of the routes that take products, with examples of the model's own columns."""

from __future__ import annotations

from copy import deepcopy
from typing import Any

from fastapi import FastAPI

from aisle.catalog import Role
from aisle.models import ProductClassifier, ProductRegressor

Model = ProductClassifier | ProductRegressor
Json = dict[str, Any]

_EXAMPLES: dict[Role, object] = {
    Role.ID: "B00123",
    Role.TEXT: "red ceramic mug",
    Role.CATEGORY: "acme",
    Role.NUMBER: 12.5,
    Role.IMAGE: "data:image/jpeg;base64,/9j/4AAQ...",
    Role.VECTOR: [0.1, -0.2],
}
_SHAPES: dict[Role, Json] = {
    Role.NUMBER: {"type": "number", "nullable": True},
    Role.IMAGE: {
        "type": "string",
        "description": "base64 text, a data URI, or (with --allow-urls) an address",
        "nullable": True,
    },
    Role.VECTOR: {"type": "array", "items": {"type": "number"}, "nullable": True},
}
_ERROR: Json = {
    "type": "object",
    "properties": {
        "error": {
            "type": "object",
            "properties": {
                "status": {"type": "integer"},
                "kind": {"type": "string"},
                "what": {"type": "string"},
                "where": {"type": "string", "nullable": True},
                "do": {"type": "string"},
                "request_id": {"type": "string"},
            },
        }
    },
}
_REFUSED = {
    400: "The request cannot be read",
    401: "No known key was presented",
    413: "Too large",
    415: "A type of body that is not taken",
    422: "The request asks for nothing sensible, or exceeds a limit",
    429: "No room: ask again after Retry-After seconds",
    503: "Not ready yet, or stopping",
    504: "The deadline passed",
}
_EXPLAINED = ("model", "target", "task", "recipe", "fusion", "unit")
_REASONS: Json = {
    name: {"type": kind, "description": words}
    for name, kind, words in (
        ("modalities", "object", "exact Shapley values: evidence, and points of what is answered"),
        (
            "text",
            "array",
            "by expert, the evidence of every word; 'start' is its place in the column's text, "
            "counted in Unicode code points, null where it does not stand there as it was read",
        ),
        (
            "image",
            "array",
            "by expert, maps of evidence as rows of a grid; its edges are frame.box: left, top, "
            "right and bottom in parts of the photograph's width and height, below 0 and above 1 "
            "where the network saw a margin",
        ),
        ("metadata", "array", "by expert, the SHAP values of columns"),
        ("neighbours", "array", "the nearest training products, where the server was given them"),
    )
}
_HEADERS: list[Json] = [
    {
        "name": name,
        "in": "header",
        "required": False,
        "schema": {"type": kind},
        "description": words,
    }
    for name, kind, words in (
        ("X-Request-ID", "string", "Stands in the log and in the answer; made if missing."),
        ("X-Deadline-Ms", "number", "Expired requests are answered 504 and not computed."),
    )
]


def describe_model(app: FastAPI) -> None:
    """Have ``/openapi.json`` describe the model in service, which a reload replaces.

    Parameters
    ----------
    app
        With all of its routes; its state holds the service.
    """
    plain = app.openapi
    known: dict[Model, Json] = {}

    def openapi() -> Json:
        model: Model = app.state.service.model
        if model not in known:
            known.clear()
            known[model] = _described(deepcopy(plain()), model)
        return known[model]

    app.openapi = openapi  # type: ignore[method-assign]


def _described(schema: Json, model: Model) -> Json:
    schema["info"]["title"] = f"Aisle: {model.schema_.target}"
    for path, documentation in _OF_MODEL.items():
        told, route = documentation(model), schema["paths"][path]["post"]
        route["requestBody"] = told["openapi_extra"]["requestBody"]
        route["responses"]["200"]["content"] = told["responses"][200]["content"]
    return schema


def predict_documentation(model: Model) -> Json:
    """Return what FastAPI is told of ``/v1/predict``."""
    answer = _value_answer() if isinstance(model, ProductRegressor) else _class_answer(model)
    shape = {
        "type": "object",
        "properties": {
            "model": {"type": "string"},
            "predictions": {"type": "array", "items": {"type": "object"}},
            "ignored": {
                "type": "array",
                "items": {"type": "string"},
                "description": "columns that the model does not read",
            },
        },
    }
    example = {"model": "model", "predictions": [answer], "ignored": []}
    return _route(model, shape, example, {})


def explain_documentation(model: Model) -> Json:
    """Return what FastAPI is told of ``/v1/explain``."""
    extra: Json = {
        "against": {
            "type": "string",
            "nullable": True,
            "description": "compare the answer with this category instead of all others",
        }
    }
    shape = {
        "type": "object",
        "properties": {
            **{name: {"type": "string"} for name in _EXPLAINED},
            "against": {"type": "string", "nullable": True},
            "seconds": {"type": "number"},
            "products": {
                "type": "array",
                "items": {"type": "object", "properties": _REASONS, "additionalProperties": True},
            },
        },
    }
    return _route(model, shape, {"model": "model", "products": []}, extra)


_OF_MODEL = {"/v1/predict": predict_documentation, "/v1/explain": explain_documentation}


def _route(model: Model, shape: Json, example: Json, extra: Json) -> Json:
    properties = {
        column.name: _SHAPES.get(column.role, {"type": "string", "nullable": True})
        for column in model.schema_
        if column.role is not Role.TARGET
    }
    product = {"type": "object", "properties": properties, "additionalProperties": True}
    sent = {
        column.name: _EXAMPLES[column.role]
        for column in model.schema_
        if column.role in _EXAMPLES and column.role is not Role.IMAGE
    }
    json_body = {
        "schema": {
            "type": "object",
            "required": ["products"],
            "properties": {"products": {"type": "array", "items": product}, **extra},
        },
        "examples": {"one product": {"value": {"products": [sent]}}},
    }
    form = {
        column.name: {"type": "string", "format": "binary"}
        if column.role is Role.IMAGE
        else {"type": "string"}
        for column in model.schema_
        if column.role is not Role.TARGET
    }
    form_body = {"schema": {"type": "object", "properties": form}}
    refused: dict[int, Json] = {
        status: {"description": words, "content": {"application/json": {"schema": _ERROR}}}
        for status, words in _REFUSED.items()
    }
    answered = {"application/json": {"schema": shape, "example": example}}
    return {
        "responses": {200: {"description": "Answered", "content": answered}, **refused},
        "openapi_extra": {
            "parameters": _HEADERS,
            "requestBody": {
                "required": True,
                "content": {"application/json": json_body, "multipart/form-data": form_body},
            },
        },
    }


def _class_answer(model: Model) -> Json:
    category = model.classes_[0] if isinstance(model, ProductClassifier) else ""
    return {
        "id": "B00123",
        "category": category,
        "confidence": 0.97,
        "decision": "accept",
        "alternatives": [{"category": category, "probability": 0.97}],
        "modalities": list(model.modalities_),
        "error": None,
    }


def _value_answer() -> Json:
    return {
        "id": "B00123",
        "value": 12.5,
        "low": 9.9,
        "high": 15.8,
        "modalities": ["text"],
        "error": None,
    }
