"""The short way to predictions: the same answers, refusals, headers and numbers as the long one."""

from __future__ import annotations

from typing import Any

import pytest
from fastapi.testclient import TestClient

from aisle import ProductClassifier
from tests.unit.serving.conftest import Serve

Rows = list[dict[str, Any]]


@pytest.fixture
def ways(serve: Serve, model: ProductClassifier) -> tuple[TestClient, TestClient]:
    """Two servers, of which the second goes through the framework, as CORS needs."""
    short, long = serve(model), serve(model, cors_origins=["https://shop.example"])
    assert list(short.app.short_ways) == ["/v1/predict"]  # type: ignore[attr-defined]
    assert not long.app.short_ways  # type: ignore[attr-defined]
    return short, long


@pytest.mark.parametrize(
    "request_",
    [
        {"json": {"products": [{"title": "red mug", "price": "9,50 EUR"}, {"id": "7"}]}},
        {"data": {"title": "red mug"}, "files": {"image": b"no photograph"}},
        {"json": {"products": []}},
        {"content": b"{", "headers": {"Content-Type": "application/json"}},
        {"content": b"", "headers": {"Content-Type": "text/plain"}},
        {"json": {"products": [{"title": "mug"}]}, "headers": {"X-Deadline-Ms": "none"}},
    ],
)
def test_both_ways_answer_alike(
    ways: tuple[TestClient, TestClient], request_: dict[str, Any]
) -> None:
    headers = {"X-Request-ID": "one", **request_.pop("headers", {})}
    answers = [client.post("/v1/predict", headers=headers, **request_) for client in ways]
    for one in answers:
        one.headers.pop("vary", None)
        one.headers.pop("access-control-expose-headers", None)
    told = [(one.status_code, dict(one.headers), one.json()) for one in answers]
    assert told[0] == told[1]


def test_other_methods_and_paths_go_the_long_way(ways: tuple[TestClient, TestClient]) -> None:
    for client in ways:
        assert client.get("/v1/predict").status_code == 405
        assert client.get("/v1/model").status_code == 200


def test_requests_are_counted_under_their_route(ways: tuple[TestClient, TestClient]) -> None:
    for client in ways:
        client.post("/v1/predict", json={"products": [{"title": "mug"}]})
        assert 'route="/v1/predict",status="200"} 1.0' in client.get("/metrics").text
